import type { AnyFlow, WiringPage } from '../../flows/flow.ts';
import { BenchError } from '../../src/core/errors.ts';
import { parseLinks } from '../../src/core/link.ts';
import { OUTCOMES } from '../../src/core/outcome.ts';
import type { Outcome } from '../../src/core/outcome.ts';
import type { InspectedFile } from '../../src/firmware/inspect.ts';
import type {
  AdapterView,
  EarlierBatch,
  HeardNow,
  HeardView,
  NetworkNow,
  NetworkView,
  SavedJob,
  ScreenPreferences,
  ScreenServices,
} from '../../src/ui/services.ts';
import { START } from './slots.ts';

const WIRES: WiringPage = {
  id: 'wires',
  title: 'Four wires',
  drawing: ` USB-TTL 3.3V        ESP32 lamp
  TXD o---------------o RX pad
  RXD o---------------o TX pad
  GND o---------------o GND pad
  GND o---------------o GPIO0  BEFORE power`,
  notes: [
    "Power comes from the lamp's own supply, never from the 3.3 V pad.",
    'Let go of GPIO0 only when the screen says so.',
  ],
};

const never = () => Promise.reject(new Error('a screen must not run a flow'));

export const lampFlow: AnyFlow = {
  id: 'test-lamp',
  title: 'Mijia Bedside Lamp 2 by wire',
  device: 'Mijia Bedside Lamp 2',
  summary: 'ESP32 lamp: ESPHome or any ESP32 image over four wires.',
  linkKinds: ['serial', 'socket', 'rfc2217', 'virtual'],
  virtualDevice: 'lamp',
  abilities: { readsBack: 'always', operatorPowers: true, cancelWhileWriting: true, cycle: true },
  firmwareSlots: [
    {
      id: 'app',
      title: 'application',
      required: true,
      refuses: ({ chip }) => (chip === 'ESP32' ? undefined : 'It was built for another chip.'),
    },
  ],
  settings: [
    {
      key: 'baud',
      title: 'Baud rate',
      help: 'The fastest that is tried.',
      kind: 'number',
      default: '460800',
      min: 9600,
      max: 2_000_000,
    },
    {
      key: 'gpio0',
      title: 'How GPIO0 is held',
      help: 'Asked once per batch otherwise.',
      kind: 'choice',
      default: 'ask',
      choices: [
        { value: 'ask', title: 'ask at the first lamp' },
        { value: 'hand', title: 'by hand' },
      ],
    },
    {
      key: 'wifi-password',
      title: 'Wi-Fi password',
      help: 'Written into the firmware; never shown.',
      kind: 'secret',
    },
  ],
  wiringPages: () => [WIRES],
  plan: never,
  warnings: () => [],
  open: never,
  close: () => Promise.resolve(),
  steps: { detect: never, 'wire-check': never, backup: never, flash: never, verify: never, reboot: never },
  lookAgain: never,
  awaitNextUnit: never,
};

export const radioFlow: AnyFlow = {
  ...lampFlow,
  id: 'test-thermometer',
  title: 'LYWSD03MMC by Bluetooth',
  device: 'LYWSD03MMC',
  summary: 'Thermometer: pvvx over the air.',
  linkKinds: ['ble', 'virtual'],
  virtualDevice: 'thermometer',
};

/** A unit on the air; its MAC ends in its number. */
export const onAir = (number: number, changes: Partial<HeardView> = {}): HeardView => {
  const mac = `a4:c1:38:00:11:${number.toString(16).padStart(2, '0')}`;
  return {
    address: mac,
    mac,
    link: `ble:${mac}`,
    name: 'LYWSD03MMC',
    model: 'LYWSD03MMC',
    firmware: 'stock',
    bound: false,
    batteryPercent: 87,
    rssiDbm: -58,
    ageSeconds: 1,
    ...changes,
  };
};

export const plugFlow: AnyFlow = {
  ...lampFlow,
  id: 'test-plug',
  title: 'Shelly Plug S by network',
  device: 'Shelly Plug S',
  summary: 'From stock firmware to Tasmota.',
  linkKinds: ['http', 'virtual'],
  virtualDevice: 'shelly-plug-s',
};

/** A plug on the network; its MAC and its address end in its number. */
export const onNetwork = (number: number, changes: Partial<NetworkView> = {}): NetworkView => {
  const mac = `84:cc:a8:00:22:${number.toString(16).padStart(2, '0')}`;
  return {
    place: `http://192.168.1.${number}`,
    host: `192.168.1.${number}`,
    link: `http://192.168.1.${number}`,
    mac,
    last6: mac.slice(-8).replaceAll(':', ''),
    what: 'Shelly stock firmware 1.12.2 on a SHPLG-S',
    answers: true,
    locked: false,
    ...changes,
  };
};

export const file = (path: string, changes: Partial<InspectedFile> = {}): InspectedFile => ({
  path,
  kind: 'esp32-app',
  chip: 'ESP32',
  title: 'ESP32 application bedside-lamp 2026.8.1',
  facts: [],
  problems: [],
  parts: [],
  sha256: '77c01d'.padEnd(64, '0'),
  sizeBytes: 917_504,
  content: new Uint8Array(),
  compressed: false,
  ...changes,
});

export const adapter = (number: number, changes: Partial<AdapterView> = {}): AdapterView => ({
  key: `usb-${number}`,
  link: `/dev/ttyUSB${number}`,
  label: `ttyUSB${number}`,
  chip: 'CH340',
  location: `hub 1-2.${number}`,
  usable: true,
  ...changes,
});

export const counts = (some: Partial<Record<Outcome, number>>): Record<Outcome, number> =>
  Object.fromEntries(OUTCOMES.map((outcome) => [outcome, some[outcome] ?? 0])) as Record<Outcome, number>;

export const job = (changes: Partial<SavedJob> = {}): SavedJob => ({
  name: 'lamp-esphome',
  flowId: 'test-lamp',
  task: 'flash',
  files: [{ path: 'firmware/esphome-bedside-lamp.bin' }],
  settings: {},
  links: [],
  assume: [],
  ...changes,
});

export const earlier = (changes: Partial<EarlierBatch> = {}): EarlierBatch => ({
  id: 'B-0142',
  flowId: 'test-lamp',
  flowTitle: 'Mijia Bedside Lamp 2 by wire',
  task: 'flash',
  startedAt: START - 86_400_000,
  endedAt: START - 86_000_000,
  outcomes: counts({ PASS: 11, FAIL: 1 }),
  unfinished: false,
  ...changes,
});

/** Services that answer from their fields and remember what was asked. */
export class FakeServices implements ScreenServices {
  readonly calls: string[] = [];
  version = '0.1.0';
  dataDirectory = '/home/bench/.local/share/benchflash';
  readOnlyBecause?: string;
  flows: readonly AnyFlow[] = [lampFlow];
  savedJobs: readonly SavedJob[] = [];
  batches: readonly EarlierBatch[] = [];
  plugged: readonly AdapterView[] = [];
  files: readonly InspectedFile[] = [];
  history: Awaited<ReturnType<ScreenServices['unitHistory']>>;
  records: Awaited<ReturnType<ScreenServices['runs']>> = [];
  settings: ScreenPreferences = { operatorName: 'M.Ruiz', bell: 'once', symbols: 'auto' };
  readonly #listeners = new Set<() => void>();

  jobs = async () => this.savedJobs;
  async saveJob(saved: SavedJob): Promise<void> {
    this.calls.push(`save ${JSON.stringify(saved)}`);
  }
  async deleteJob(name: string): Promise<void> {
    this.calls.push(`delete ${name}`);
    this.savedJobs = this.savedJobs.filter((each) => each.name !== name);
  }
  /** How often a screen began to follow the adapters: each time costs a look at every port. */
  subscriptions = 0;
  readonly adapters = {
    list: () => this.plugged,
    subscribe: (listener: () => void) => {
      this.subscriptions += 1;
      this.#listeners.add(listener);
      return () => this.#listeners.delete(listener);
    },
    rename: (key: string, label: string) =>
      this.plug(...this.plugged.map((each) => (each.key === key ? { ...each, label } : each))),
  };
  /** What is on the air. */
  onAir: HeardNow = { units: [], listenedSeconds: 0 };
  heardSubscriptions = 0;
  readonly #heardListeners = new Set<() => void>();
  readonly heard = {
    now: () => this.onAir,
    subscribe: (listener: () => void) => {
      this.heardSubscriptions += 1;
      this.#heardListeners.add(listener);
      return () => this.#heardListeners.delete(listener);
    },
  };
  /** What is on the network. */
  onNetwork: NetworkNow = { devices: [], sweep: 'not-yet' };
  networkSubscriptions = 0;
  readonly #networkListeners = new Set<() => void>();
  readonly network = {
    now: () => this.onNetwork,
    subscribe: (listener: () => void) => {
      this.networkSubscriptions += 1;
      this.#networkListeners.add(listener);
      return () => this.#networkListeners.delete(listener);
    },
    sweep: () => void this.calls.push('sweep'),
    ask: (link: string) => void this.calls.push(`ask ${link}`),
  };
  find(devices: readonly NetworkView[], changes: Partial<NetworkNow> = {}): void {
    this.onNetwork = { devices, sweep: 'not-yet', ...changes };
    for (const listener of this.#networkListeners) listener();
  }
  hear(units: readonly HeardView[], changes: Partial<HeardNow> = {}): void {
    this.onAir = { units, listenedSeconds: 30, ...changes };
    for (const listener of this.#heardListeners) listener();
  }
  plug(...adapters: readonly AdapterView[]): void {
    this.plugged = adapters;
    for (const listener of this.#listeners) listener();
  }
  demo = async () => ({
    flowId: 'test-lamp',
    task: 'flash' as const,
    links: parseLinks('virtual:lamp?n=2'),
    files: [{ path: '/tmp/practice.bin' }],
    settings: {},
    assume: [],
  });
  earlierBatches = async () => this.batches;
  async closeBatch(batchId: string): Promise<void> {
    this.calls.push(`close ${batchId}`);
    this.batches = this.batches.map((each) => (each.id === batchId ? { ...each, unfinished: false } : each));
  }
  runs = async () => this.records;
  async note(batchId: string, run: number, text: string): Promise<void> {
    this.calls.push(`note ${batchId} ${run} ${text}`);
  }
  exportCsv = async (batchId: string) => `${this.batchFolder(batchId)}/results.csv`;
  async saveLog(batchId: string, slot: string): Promise<string> {
    this.calls.push(`save log ${batchId} ${slot}`);
    return `${this.batchFolder(batchId)}/log-1.txt`;
  }
  batchFolder = (batchId: string) => `${this.dataDirectory}/batches/${batchId}`;
  unitHistory = async () => this.history;
  async inspect(path: string): Promise<InspectedFile> {
    const found = this.files.find((each) => each.path === path);
    if (found === undefined) throw new BenchError('FILE_NOT_FOUND');
    return found;
  }
  fittingFiles = async () => this.files.filter(({ chip }) => chip === 'ESP32');
  preferences = () => this.settings;
  setPreferences(changes: Partial<ScreenPreferences>): void {
    this.settings = { ...this.settings, ...changes };
  }
}
