import type { BatchView, SettledView, SlotView } from '../../src/bench/view.ts';
import { parseLinks } from '../../src/core/link.ts';
import { isGood, OUTCOMES } from '../../src/core/outcome.ts';
import type { Outcome } from '../../src/core/outcome.ts';
import { STEP_IDS } from '../../src/core/steps.ts';
import type { StepId } from '../../src/core/steps.ts';

/** 2026-11-21 14:30:00 UTC: when the batches of the fixtures began. */
export const START = Date.UTC(2026, 10, 21, 14, 30, 0);

export const macOf = (unit: number): string => `24:6f:28:10:aa:${unit.toString(16).padStart(2, '0')}`;

export const stepsUpTo = (
  step: StepId,
  state: 'active' | 'failed' | 'done' = 'active',
): SlotView['steps'] => {
  const at = STEP_IDS.indexOf(step);
  return Object.fromEntries(
    STEP_IDS.map((id, index) => [id, index < at ? 'done' : index === at ? state : 'todo']),
  ) as SlotView['steps'];
};

export function slot(number: number, changes: Partial<SlotView> = {}, batchId = 'B-0143'): SlotView {
  return {
    id: `${batchId}/${number}`,
    batchId,
    number,
    link: parseLinks(`virtual:lamp?unit=${number}`)[0]!,
    label: `lamp#${number}`,
    state: 'waiting',
    ...((changes.state ?? 'waiting') === 'waiting' && {
      waitReason: 'all places in parallel are taken (4 of 4)',
    }),
    steps: stepsUpTo('detect', 'done'),
    identity: {},
    tries: 0,
    writing: false,
    warnings: [],
    earlier: [],
    ...changes,
  };
}

const unit = (number: number): SlotView['identity'] => ({
  mac: macOf(number),
  chip: 'ESP32-D0WD (revision v1.0)',
  flashId: 'c84016',
  flashSizeBytes: 4 * 2 ** 20,
});

export const FIRMWARE = [
  {
    slot: 'app',
    file: '/home/bench/firmware/esphome-bedside-lamp.bin',
    sha256: '77c01d'.padEnd(64, '0'),
    title: 'ESP32 application bedside-lamp 2026.8.1',
  },
] as const;

export function settledSlot(
  number: number,
  outcome: Outcome,
  changes: Partial<SettledView> = {},
  batchId = 'B-0143',
): SlotView {
  const step = changes.step ?? 'reboot';
  const settled: SettledView = {
    run: 300 + number,
    outcome,
    message: 'The new firmware answered.',
    proof: outcome === 'PASS' ? ['read back', 'banner'] : outcome === 'CURRENT' ? ['read back'] : [],
    step,
    identity: unit(number),
    backup: {
      file: `/home/bench/.local/share/benchflash/batches/${batchId}/backups/246f2810aa${number.toString(16).padStart(2, '0')}/2026-11-21T143100-full-flash.bin`,
      sha256: '8c1e77'.padEnd(64, 'a'),
      bytes: 4 * 2 ** 20,
    },
    firmware: FIRMWARE.map(({ slot: name, file, sha256 }) => ({ slot: name, file, sha256 })),
    bytesWritten: outcome === 'CURRENT' ? 0 : 917_504,
    seconds: 123 + number,
    tries: 1,
    warnings: [],
    ...changes,
  };
  return slot(
    number,
    {
      state: 'settled',
      identity: settled.identity,
      settled,
      step,
      steps: stepsUpTo(step, isGood(outcome) ? 'done' : 'failed'),
      startedAt: START,
      settledAt: START + settled.seconds * 1000,
      tries: settled.tries,
      run: settled.run,
    },
    batchId,
  );
}

export function runningSlot(
  number: number,
  step: StepId,
  changes: Partial<SlotView> = {},
  batchId = 'B-0143',
): SlotView {
  return slot(
    number,
    {
      state: 'running',
      step,
      steps: stepsUpTo(step),
      identity: step === 'detect' ? {} : unit(number),
      startedAt: START + 60_000,
      tries: 1,
      run: 300 + number,
      writing: step === 'flash',
      ...changes,
    },
    batchId,
  );
}

export const actPrompt = (
  id: string,
  changes: Partial<NonNullable<SlotView['prompt']>> = {},
): NonNullable<SlotView['prompt']> => ({
  id,
  kind: 'act',
  text: "Hold GPIO0 to GND, then plug in the lamp's own power supply",
  finding: 'normal boot text: GPIO0 was not low',
  wiringPage: 'wires',
  askedAt: START + 79_000,
  canPerform: true,
  ...changes,
});

/** Twelve places, one of each state a person meets. */
export const twelve = (): SlotView[] => [
  settledSlot(1, 'PASS'),
  settledSlot(2, 'PASS'),
  settledSlot(3, 'CURRENT', { message: 'Held exactly this firmware already.', step: 'verify', seconds: 9 }),
  settledSlot(4, 'FAIL', {
    code: 'VERIFY_MISMATCH',
    step: 'verify',
    message:
      'What is in flash is not what was written (MD5 differs at 0x1a000): weak supply, wrong flash mode, or a bad flash chip.',
    advice: 'Power the unit from its own supply (never the 3.3 V pad) and retry.',
    blame: 'device',
    retry: 'A retry starts again at detect; backups that were checked are kept.',
    tries: 2,
    evidence: 'md5 of 0x10000..0xf0000: 5d41402a, wanted 7d793037',
    warnings: ['MAC CRC in efuse is invalid; the custom MAC is used.'],
  }),
  runningSlot(5, 'wire-check', { state: 'needs-operator', identity: {}, prompt: actPrompt('p5') }),
  runningSlot(6, 'flash', {
    progress: {
      label: 'writing app at 0x10000',
      done: 559_678,
      total: 917_504,
      unit: 'bytes',
      perSecond: 78_000,
      etaMs: 31_000,
    },
  }),
  settledSlot(7, 'ERROR', {
    code: 'NOTHING_HEARD',
    step: 'detect',
    message: 'Nothing at all was heard: no power, no common ground, TX and RX swapped, or the wrong port.',
    advice: 'Check power and GND, then swap TX and RX.',
    blame: 'bench',
    retry: 'A retry starts again at detect; nothing has been written.',
    identity: {},
    backup: undefined,
    bytesWritten: 0,
    seconds: 300,
  }),
  runningSlot(8, 'backup', {
    progress: {
      label: 'reading flash',
      done: 1_426_063,
      total: 4 * 2 ** 20,
      unit: 'bytes',
      perSecond: 11_000,
      etaMs: 52_000,
    },
  }),
  runningSlot(9, 'verify', {
    progress: {
      label: 'comparing app',
      done: 880,
      total: 1000,
      unit: 'bytes',
      perSecond: 640_000,
      etaMs: 4000,
    },
  }),
  runningSlot(10, 'detect', { progress: { label: 'listening for the loader', done: 3, unit: 'tries' } }),
  slot(11),
  slot(12),
];

export function batch(slots: readonly SlotView[], changes: Partial<BatchView> = {}): BatchView {
  const outcomes = Object.fromEntries(
    OUTCOMES.map((outcome) => [outcome, slots.filter(({ settled }) => settled?.outcome === outcome).length]),
  ) as Record<Outcome, number>;
  const inState = (...states: SlotView['state'][]) =>
    slots.filter(({ state }) => states.includes(state)).length;
  return {
    id: 'B-0143',
    flowId: 'test-lamp',
    flowTitle: 'Mijia Bedside Lamp 2 by wire',
    device: 'Mijia Bedside Lamp 2',
    task: 'flash',
    startedAt: START,
    cycle: false,
    practice: true,
    firmware: [...FIRMWARE],
    warnings: [],
    pilots: [],
    slots,
    counts: {
      outcomes,
      running: inState('running', 'cancelling'),
      needsOperator: inState('needs-operator', 'take-out'),
      waiting: inState('waiting'),
    },
    ...changes,
  };
}
