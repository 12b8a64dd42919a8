import { EventEmitter } from 'node:events';
import type { AnyFlow } from '../../flows/flow.ts';
import type {
  BatchRequest,
  BatchView,
  Bench,
  BenchEvent,
  SettledView,
  SlotView,
} from '../../src/bench/view.ts';
import { runCommandLine } from '../../src/cli/command-line.ts';
import type { Host, HostSignal } from '../../src/cli/host.ts';
import type { TextStream } from '../../src/cli/line-writer.ts';
import type {
  BluetoothState,
  CommandServices,
  HeardDevice,
  FollowedNetwork,
  NetworkDevice,
  NetworkState,
  ServeRequest,
} from '../../src/cli/services.ts';
import type { Job } from '../../src/config/jobs.ts';
import type { BenchSettings } from '../../src/config/settings.ts';
import { systemClock } from '../../src/core/clock.ts';
import { BenchError } from '../../src/core/errors.ts';
import type { Link } from '../../src/core/link.ts';
import { OUTCOMES, type Outcome } from '../../src/core/outcome.ts';
import { STEP_IDS } from '../../src/core/steps.ts';
import type { InspectedFile } from '../../src/firmware/inspect.ts';

export const TIME = Date.UTC(2026, 0, 2, 3, 4, 5);

/** A stream that keeps what was written; it can be slow, or its reader can go away. */
export class FakeStream extends EventEmitter implements TextStream {
  isTTY = false;
  columns = 80;
  text = '';
  slow = false;
  write(text: string, done?: (error?: Error | null) => void): boolean {
    this.text += text;
    done?.();
    return !this.slow;
  }
  get lines(): string[] {
    return this.text.split('\n').filter((line) => line !== '');
  }
  get json(): Record<string, unknown>[] {
    return this.lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  }
}

export class FakeHost implements Host {
  env: Record<string, string | undefined> = {};
  stdin = { isTTY: false };
  stdout = new FakeStream();
  stderr = new FakeStream();
  exits: number[] = [];
  askSecret?: (question: string) => Promise<string>;
  readonly #signals = new EventEmitter();
  onSignal(signal: HostSignal, listener: () => void): () => void {
    this.#signals.on(signal, listener);
    return () => this.#signals.off(signal, listener);
  }
  signal(signal: HostSignal): void {
    this.#signals.emit(signal);
  }
  listeners(): number {
    return this.#signals.eventNames().reduce((sum, name) => sum + this.#signals.listenerCount(name), 0);
  }
  exit(code: number): void {
    this.exits.push(code);
  }
}

const counted = (outcomes: readonly Outcome[]) =>
  Object.fromEntries(
    OUTCOMES.map((outcome) => [outcome, outcomes.filter((each) => each === outcome).length]),
  ) as Record<Outcome, number>;

export const settled = (facts: Partial<SettledView> = {}): SettledView => ({
  run: 1,
  outcome: 'PASS',
  message: 'Flashed and proved.',
  proof: ['read back', 'banner'],
  step: 'reboot',
  identity: { mac: '24:6f:28:10:aa:01' },
  firmware: [{ slot: 'app', file: 'lamp.bin', sha256: 'ab'.repeat(32) }],
  bytesWritten: 1024,
  seconds: 12.5,
  tries: 1,
  warnings: [],
  ...facts,
});

/** A bench whose slots end as the test says, one outcome a link; without a script they wait to be settled. */
export class FakeBench implements Bench {
  requests: BatchRequest[] = [];
  planned: BatchRequest[] = [];
  notes: [string, number, string][] = [];
  cancelled: string[][] = [];
  finished: string[] = [];
  isShutDown = false;
  writing = false;
  refuses: BenchError | undefined;
  /** Called when the batch has started and is waited for. */
  whenWaiting: () => void = () => {};
  readonly #script: readonly Partial<SettledView>[] | undefined;
  readonly #listeners = new Set<(event: BenchEvent) => void>();
  #links: readonly Link[] = [];
  #end: () => void = () => {};

  constructor(script?: readonly Partial<SettledView>[]) {
    this.#script = script;
  }

  emit(event: BenchEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
  /** Ends the slots with these outcomes, and the batch with its summary. */
  end(results: readonly Partial<SettledView>[]): void {
    const views = results.map((facts, index) => settled({ run: index + 1, ...facts }));
    views.forEach((view, index) =>
      this.emit({
        type: 'outcome',
        time: TIME,
        batch: 'B-0001',
        slot: this.#links[index]?.text ?? 'virtual:lamp#1',
        ...view,
      }),
    );
    const counts = counted(views.map((view) => view.outcome));
    this.emit({ type: 'summary', time: TIME, batch: 'B-0001', counts, units: views.length, seconds: 20 });
    this.#end();
  }
  async start(request: BatchRequest): Promise<string> {
    if (this.refuses) throw this.refuses;
    this.requests.push(request);
    this.#links = request.links;
    this.emit({
      type: 'batch',
      time: TIME,
      batch: 'B-0001',
      flow: request.flowId,
      task: request.task,
      slots: request.links.map((link) => link.text),
      warnings: [],
    });
    return 'B-0001';
  }
  whenDone(): Promise<void> {
    const ended = new Promise<void>((resolve) => (this.#end = resolve));
    if (this.#script) this.end(this.#script);
    this.whenWaiting();
    return ended;
  }
  async plan(request: BatchRequest) {
    if (this.refuses) throw this.refuses;
    this.planned.push(request);
    return {
      flowId: request.flowId,
      task: request.task,
      slots: request.links.map((link) => link.text),
      firmware: [],
      warnings: ['The image is meant for another flash mode.'],
    };
  }
  view() {
    const slots = this.#links.map((link, index): SlotView => ({
      id: `B-0001/${index + 1}`,
      batchId: 'B-0001',
      number: index + 1,
      link,
      label: link.text,
      state: 'running',
      steps: Object.fromEntries(STEP_IDS.map((step) => [step, 'todo'])) as SlotView['steps'],
      identity: {},
      tries: 1,
      writing: this.writing,
      warnings: [],
      earlier: [],
    }));
    return { batches: [{ id: 'B-0001', slots } as unknown as BatchView] };
  }
  breakOff(): void {}
  waivePilot(): void {}
  cancel(slotIds: readonly string[]): void {
    this.cancelled.push([...slotIds]);
  }
  async note(batchId: string, run: number, text: string): Promise<void> {
    this.notes.push([batchId, run, text]);
  }
  finishCycle(batchId: string): void {
    this.finished.push(batchId);
  }
  onEvent(listener: (event: BenchEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
  async shutdown(): Promise<void> {
    this.isShutDown = true;
  }
  subscribe = () => () => {};
  log = () => [];
  subscribeLog = () => () => {};
  retry = () => {};
  lookAgain = () => {};
  skip = () => {};
  answer = () => {};
  perform = () => {};
  clockJumped = () => {};
}

/** What the command line reads of a flow. */
export const lampFlow = {
  id: 'lamp-flow',
  title: 'Lamp to ESPHome',
  device: 'Lamp',
  summary: 'By wire.',
  linkKinds: ['serial', 'virtual'],
  virtualDevice: 'lamp',
  abilities: { readsBack: 'always', operatorPowers: true, cancelWhileWriting: true, cycle: true },
  firmwareSlots: [
    { id: 'app', title: 'Application', required: true, refuses: () => undefined },
    { id: 'bootloader', title: 'Boot loader', required: false, refuses: () => undefined },
  ],
  settings: [
    { key: 'baud', title: 'Rate', help: 'A number.', kind: 'number', default: '460800' },
    {
      key: 'speed',
      title: 'Speed',
      help: 'Fast or slow.',
      kind: 'choice',
      default: 'fast',
      choices: [
        { value: 'fast', title: 'Fast' },
        { value: 'slow', title: 'Slow' },
      ],
    },
    { key: 'wifi-password', title: 'Wi-Fi password', help: 'As on the router.', kind: 'secret' },
  ],
} as unknown as AnyFlow;

export class FakeServices implements CommandServices {
  readonly version = '1.2.3';
  /** Moved by the test; signals are told apart by it. */
  monotonicMs = 0;
  readonly clock = {
    ...systemClock,
    now: () => TIME,
    monotonicMs: () => this.monotonicMs,
    sleep: async () => {},
  };
  readonly fakeBench: FakeBench;
  savedJobs: Job[] = [];
  operatorName = '';
  served: ServeRequest[] = [];
  inspected: InspectedFile | undefined;
  screens: unknown[] = [];
  closed = 0;
  benchAccess: string[] = [];
  portsNow: Awaited<ReturnType<CommandServices['ports']>> = [];

  constructor(bench = new FakeBench([{}])) {
    this.fakeBench = bench;
  }
  flows = async () => [lampFlow];
  jobs = async () => ({
    list: () => ({ jobs: this.savedJobs, damaged: [] }),
    get: (name: string) => {
      const job = this.savedJobs.find((each) => each.name === name);
      if (!job) throw new BenchError('USAGE', { message: `There is no job "${name}".` });
      return job;
    },
    save: () => {},
    remove: () => {},
  });
  settings = async () => ({
    get: () => ({ operatorName: this.operatorName }) as BenchSettings,
    set: () => {},
  });
  records = async (): Promise<never> => {
    throw new BenchError('DATA_DIR_UNUSABLE');
  };
  dataDirectory = async () => 'data';
  bench: CommandServices['bench'] = async (_options, access) => {
    this.benchAccess.push(access);
    return {
      bench: this.fakeBench,
      records: { virtualFolder: 'virtual' } as never,
      close: async () => void this.closed++,
    };
  };
  inspectFile = async (path: string) => {
    if (!this.inspected) throw new BenchError('FILE_NOT_FOUND', { message: `${path} is not there.` });
    return this.inspected;
  };
  ports = async () => this.portsNow;
  /** Plugs and unplugs; set while a command watches. */
  replug: Parameters<CommandServices['watchPorts']>[1] | undefined;
  watchPorts: CommandServices['watchPorts'] = async (_options, onChange) => {
    this.replug = onChange;
    onChange({ added: this.portsNow, removed: [] });
    return () => (this.replug = undefined);
  };
  bluetoothNow: BluetoothState = { state: 'usable', radio: 'Bluetooth adapter 00:11:22:33:44:55' };
  bluetooth = async () => this.bluetoothNow;
  /** What is on the air; without it there is no radio. */
  air: HeardDevice[] | undefined;
  hears: ((device: HeardDevice) => void) | undefined;
  hear: CommandServices['hear'] = async (onHeard) => {
    if (!this.air) throw new BenchError('BLUETOOTH_UNAVAILABLE');
    this.hears = onHeard;
    for (const device of this.air) onHeard(device);
    return { radio: 'Bluetooth adapter 00:11:22:33:44:55', stop: async () => (this.hears = undefined) };
  };
  /** What announces itself on the network. */
  lan: NetworkDevice[] = [];
  /** What only a sweep finds. */
  silentLan: NetworkDevice[] = [];
  announces: ((device: NetworkDevice) => void) | undefined;
  sweep: FollowedNetwork['sweep'] = async () => {
    for (const device of this.silentLan) this.announces?.(device);
    return { answered: this.silentLan.length + 1 };
  };
  networkDevices: CommandServices['networkDevices'] = async (onFound) => {
    this.announces = onFound;
    for (const device of this.lan) onFound(device);
    return {
      sweep: () => this.sweep(),
      ask: async () => {},
      idle: async () => {},
      stop: () => (this.announces = undefined),
    };
  };
  networkNow: NetworkState = { addresses: [], wifi: { state: 'no-nmcli' } };
  network = async () => this.networkNow;
  virtual = async () => ({
    devices: [],
    serve: async (request: ServeRequest) => {
      this.served.push(request);
      return {
        url: `${request.scheme}://${request.host}:${request.port === 0 ? 43_210 : request.port}`,
        close: async () => void this.closed++,
      };
    },
    makePracticeImages: async (_device: string, folder: string) => [
      { path: `${folder}/lamp.bin`, bytes: 2048, title: 'Practice image' },
    ],
  });
  keepsAwake = async () => ({ by: 'systemd-inhibit' });
  screen: CommandServices['screen'] = async (options, start) => {
    this.screens.push({ options, start });
    return 0;
  };
}

/** Runs one command line against the fakes. */
export async function command(
  words: readonly string[],
  services = new FakeServices(),
  host = new FakeHost(),
): Promise<{ code: number; host: FakeHost; services: FakeServices }> {
  const code = await runCommandLine(words, host, services);
  return { code, host, services };
}
