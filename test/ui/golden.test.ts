import { afterEach, describe, expect, it } from 'vitest';
import type { BatchView, SlotView } from '../../src/bench/view.ts';
import { FakeBench } from './fake-bench.ts';
import { adapter, earlier, FakeServices, file, job, onAir, radioFlow } from './fake-services.ts';
import { closeScreens, openScreen } from './open-screen.ts';
import { actPrompt, batch, runningSlot, settledSlot, slot, START, twelve } from './slots.ts';

/** The screens as a person sees them, read and found good. A change here is a change of the product. */
const SIZES = [
  [60, 20],
  [80, 24],
  [100, 30],
  [140, 40],
] as const;

interface Scene {
  readonly batches?: readonly BatchView[];
  readonly services?: (services: FakeServices) => void;
  readonly keys?: readonly string[];
}

afterEach(closeScreens);

const bench12 = [batch(twelve())];
const RADIO = { device: 'LYWSD03MMC', flowTitle: 'LYWSD03MMC by Bluetooth', jobName: 'thermometers' };
const thermometers = (): SlotView[] =>
  twelve()
    .slice(0, 10)
    .map((each, index) => ({
      ...each,
      label: `therm#${index + 1}`,
      ...(index !== 6 && { vitals: { batteryPercent: 100 - index * 11, rssiDbm: -52 - index * 5 } }),
    }));
const question = actPrompt('q', {
  kind: 'question',
  text: 'The lamp needs GND twice: for GND and for GPIO0. How will you hold GPIO0 to GND?',
  finding: undefined,
  canPerform: false,
  choices: [
    { value: 'breadboard', title: 'breadboard' },
    { value: 'button', title: 'push button' },
  ],
});

const FLASH_MAP = [
  { name: 'boot', offset: 0, size: 0x4_0000, holds: 'erased', good: false, becomes: 'stock U-Boot, 128 MB' },
  { name: 'kernel', offset: 0x4_0000, size: 0x20_0000, holds: 'uImage Linux-3.10.14', good: true },
  { name: 'root', offset: 0x24_0000, size: 0x35_0000, holds: 'does not begin as it should', good: false },
  { name: 'para', offset: 0xfb_0000, size: 0x4_0000, holds: 'jffs2, 1 files', good: true },
] as const;

const full = (services: FakeServices): void => {
  services.savedJobs = [
    job({ last: { batchId: 'B-0140', at: START - 86_400_000, good: 12, units: 12 } }),
    job({ name: 'lamp-tasmota', problem: 'missing file tasmota32.bin' }),
  ];
  services.batches = [earlier({ id: 'B-0141', unfinished: true }), earlier()];
  services.files = [
    file('firmware/bedside-lamp.bin'),
    file('firmware/plug.bin', { chip: 'ESP8266', title: 'Tasmota 14.2.0 for ESP8266' }),
  ];
  services.plugged = [
    adapter(0),
    adapter(1, { chip: 'CP2102N' }),
    adapter(2, {
      usable: false,
      advice: 'This user may not open it: join the group dialout, then log in again.',
    }),
  ];
};

const onTheAir = (services: FakeServices): void => {
  services.flows = [radioFlow];
  services.hear(
    Array.from({ length: 30 }, (_, index) =>
      onAir(index + 1, {
        rssiDbm: -45 - index * 2,
        batteryPercent: 100 - index * 3,
        ...(index === 4 && { ageSeconds: 75 }),
        ...(index % 5 === 2 && { firmware: 'pvvx 4.7', name: 'ATC_001103', bound: undefined }),
        ...(index % 7 === 3 && { bound: true }),
      }),
    ),
  );
};

const SCENES: Readonly<Record<string, Scene>> = {
  start: { services: full },
  'start-nothing': {},
  bench: { batches: bench12, keys: ['j', 'j', 'j', 'j', 'j'] },
  'bench-two-batches': {
    batches: [
      batch(twelve().slice(0, 5)),
      batch(
        [settledSlot(1, 'PASS', {}, 'B-0144'), runningSlot(2, 'backup', {}, 'B-0144'), slot(3, {}, 'B-0144')],
        { id: 'B-0144', jobName: 'lamp-tasmota' },
      ),
    ],
    keys: ['Tab'],
  },
  'device-prompt': { batches: bench12, keys: ['j', 'j', 'j', 'j', 'Enter'] },
  'device-question': {
    batches: [batch([runningSlot(1, 'wire-check', { state: 'needs-operator', prompt: question }), slot(2)])],
    keys: ['Enter'],
  },
  thermometers: { batches: [batch(thermometers(), RADIO)], keys: ['j', 'j', 'j'] },
  'device-thermometer': { batches: [batch(thermometers(), RADIO)], keys: ['j', 'j', 'j', 'Enter'] },
  'device-countdown': {
    batches: [
      batch([
        runningSlot(1, 'detect', {
          state: 'needs-operator',
          prompt: actPrompt('c', {
            text: 'Take the battery out, and put it in when it says IN',
            finding: 'battery out, in again in 3 s',
            countdown: { word: 'OUT', secondsLeft: 3 },
          }),
        }),
        slot(2),
      ]),
    ],
    keys: ['Enter'],
  },
  'device-next-in': {
    batches: [
      batch(
        [
          {
            ...settledSlot(1, 'PASS'),
            state: 'take-out',
            label: 'jig',
            prompt: {
              id: 'n',
              kind: 'question',
              text: 'Nothing comes back over these wires: say when the next unit is in.',
              choices: [{ value: 'in', title: 'next one is in' }],
              askedAt: START + 100_000,
              canPerform: false,
            },
          },
        ],
        { cycle: true },
      ),
    ],
  },
  'device-map': {
    batches: [batch([runningSlot(1, 'flash', { flashMap: FLASH_MAP, holdsWrite: true, writing: true })])],
    keys: ['Enter'],
  },
  'device-failed': { batches: bench12, keys: ['j', 'j', 'j', 'Enter'] },
  'device-jig': {
    batches: [batch([{ ...settledSlot(1, 'PASS'), state: 'take-out', label: 'jig' }], { cycle: true })],
  },
  results: { batches: bench12, keys: ['e'] },
  quit: { batches: bench12, keys: ['q'] },
  help: { batches: bench12, keys: ['?'] },
  'new-places': { services: full, keys: ['+', 'Enter', 'Enter'] },
  'new-heard': {
    services: onTheAir,
    keys: ['+', 'Enter', 'Enter', ' ', 'j', 'j', ' ', 'j'],
  },
  'new-no-bluetooth': {
    services: (services) => {
      services.flows = [radioFlow];
      services.hear([], {
        listenedSeconds: 0,
        problem:
          'This computer has no Bluetooth adapter. Plug a Bluetooth adapter in, then retry; flows by wire need none.',
      });
    },
    keys: ['+', 'Enter', 'Enter'],
  },
  'new-firmware': { services: full, keys: ['+', 'Enter', 'Enter', ' ', 'Enter', ' '] },
  'new-review': { services: full, keys: ['+', 'Enter', 'Enter', ' ', 'Enter', ' ', 'Enter', 'Enter'] },
  settings: { keys: [','] },
  adapters: { services: full, keys: ['A', 'j', 'j'] },
};

async function shown(
  scene: Scene,
  size: readonly [number, number],
  looks: { ascii?: boolean; colour?: boolean } = {},
) {
  const services = new FakeServices();
  scene.services?.(services);
  const screen = await openScreen({ bench: new FakeBench(scene.batches), services, size, ...looks });
  screen.bench.addLog('B-0143/6', 'block 224 of 368 written and acknowledged');
  screen.bench.addLog('B-0143/6', 'ets Jun  8 2016 00:22:57 rst:0x1 (POWERON_RESET)', 'device');
  screen.bench.planned = {
    flowId: 'test-lamp',
    task: 'flash',
    slots: ['/dev/ttyUSB0'],
    firmware: batch([]).firmware,
    warnings: [
      'The boot loader in this job reads flash in quad mode; if a lamp does not start with it, use the DOUT set.',
    ],
  };
  for (const key of scene.keys ?? []) await screen.press(key);
  // The answer to the last key goes; ages stand still on their seconds.
  await screen.tick(200);
  return screen;
}

describe('screens, as they are seen', () => {
  for (const [name, scene] of Object.entries(SCENES))
    for (const [columns, rows] of SIZES)
      it(`${name} at ${columns}x${rows}`, async () => {
        const screen = await shown(scene, [columns, rows]);
        const text = await screen.text();
        for (const line of text.split('\n')) expect([...line].length).toBeLessThanOrEqual(columns);
        // One row is always left free: a frame as tall as the terminal scrolls it.
        expect(text.split('\n').length).toBeLessThan(rows);
        await expect(`${text}\n`).toMatchFileSnapshot(`golden/${name}-${columns}x${rows}.txt`);
      });

  for (const name of ['bench', 'thermometers', 'device-countdown', 'device-prompt', 'device-jig', 'start'])
    it(`${name} in ASCII at 80x24`, async () => {
      const screen = await shown(SCENES[name]!, [80, 24], { ascii: true });
      const text = await screen.text();
      expect(text).toMatch(/^[\x20-\x7e\n]*$/);
      await expect(`${text}\n`).toMatchFileSnapshot(`golden/${name}-ascii-80x24.txt`);
    });

  it('says with colour no more than without: the text is the same', async () => {
    const plain = await shown(SCENES['bench']!, [100, 30]);
    const coloured = await shown(SCENES['bench']!, [100, 30], { colour: true });
    expect(await coloured.text()).toBe(await plain.text());
    expect(coloured.tty.written).toContain('\u001b[38;5;');
    // eslint-disable-next-line no-control-regex -- SGR colours begin with ESC
    expect(plain.tty.written).not.toMatch(/\u001b\[(3|4|9|10)\d/);
  });
});
