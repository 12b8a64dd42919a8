import { isBenchError } from '../../src/core/errors.ts';
import {
  type ActivationEvent,
  type ChipIdentity,
  type FullWire,
  type TxOnlyWire,
} from '../../src/protocols/telink/sws/index.ts';
import type { ActPrompt, Countdown } from '../flow.ts';
import type { WireRun, WireSession } from './session.ts';
import { WIRES_PAGE } from './wiring.ts';

/** For the hands, before each window. */
const BATTERY_OUT_MS = 3000;
/** Lines that are wired catch the chip at the start of the window; most adapters have them and nobody wired them. */
const LINES_WINDOW_MS = 1000;
/** Rounds in a row whose echo was bad: then it is the adapter, not the firmware that happens to drive the pin. */
const GARBLED_ROUNDS = 3;
/** TX only: nobody says whether the operator kept time, so the countdown comes twice. */
const TX_ONLY_WINDOWS = 2;

const TITLE = 'Take the battery out and put it in again, with the countdown';

/** What the screen says while a unit is waited for. */
export function countdownText(event: ActivationEvent): string | undefined {
  switch (event.kind) {
    case 'battery-out':
      return `Battery OUT now (or GND off): it goes in again in ${event.secondsLeft} s`;
    case 'battery-in':
      return `Battery IN now, and leave it in: calling the chip for ${event.secondsLeft} s`;
    default:
      return undefined;
  }
}

/** The same to be read from across the bench. */
function countdownOf(event: ActivationEvent): Countdown | undefined {
  if (event.kind !== 'battery-out' && event.kind !== 'battery-in') return undefined;
  return { word: event.kind === 'battery-out' ? 'OUT' : 'IN', secondsLeft: event.secondsLeft };
}

/** A chip that answers, stopped and ready: by the lines where they are wired, else led by the countdown. */
export async function catchChip(session: WireSession, wire: FullWire, run: WireRun): Promise<ChipIdentity> {
  const chip =
    (await alreadyCaught(wire, run)) ?? (await byLines(session, wire, run)) ?? (await byHands(wire, run));
  session.caught = true;
  return chip;
}

/** A chip that was stopped before needs nobody's hands. */
async function alreadyCaught(wire: FullWire, run: WireRun): Promise<ChipIdentity | undefined> {
  return orSilent(() => wire.activate({ signal: run.signal, windows: 0 }));
}

async function byLines(
  { port }: WireSession,
  wire: FullWire,
  run: WireRun,
): Promise<ChipIdentity | undefined> {
  if (!port.hasControlLines) return undefined;
  run.progress({ label: 'restarting the chip by DTR and RTS', done: 0, unit: 'tries' });
  return orSilent(() =>
    wire.activate({ signal: run.signal, resetBy: 'lines', windows: 1, windowMs: LINES_WINDOW_MS }),
  );
}

/** A bad echo says nothing yet: the firmware that runs may drive the pin until it is restarted. */
async function orSilent(activate: () => Promise<ChipIdentity>): Promise<ChipIdentity | undefined> {
  try {
    return await activate();
  } catch (error) {
    if (isBenchError(error, 'SWS_NO_ANSWER', 'ECHO_GARBLED')) return undefined;
    throw error;
  }
}

async function byHands(wire: FullWire, run: WireRun): Promise<ChipIdentity> {
  const prompt = run.operator.act({ act: 'cycle-battery', title: TITLE, wiringPage: WIRES_PAGE });
  let garbled = 0;
  for (;;) {
    try {
      const chip = await wire.activate({ ...handsWindow(run, prompt), windows: 1 });
      prompt.done('The chip is caught. Leave the battery in.');
      return chip;
    } catch (error) {
      garbled = isBenchError(error, 'ECHO_GARBLED') ? garbled + 1 : 0;
      const isOver = prompt.limitMs != null || garbled >= GARBLED_ROUNDS;
      if (isOver || !isBenchError(error, 'SWS_NO_ANSWER', 'ECHO_GARBLED')) {
        prompt.done('The chip was not caught.');
        throw error;
      }
      prompt.update('Not caught yet. Check power, GND and pad P14; once more.');
    }
  }
}

/** TX only: to the end of the last window; whether a chip was caught is not known. */
export async function callBlindly(session: WireSession, wire: TxOnlyWire, run: WireRun): Promise<void> {
  const prompt = run.operator.act({ act: 'cycle-battery', title: TITLE, wiringPage: WIRES_PAGE });
  try {
    await wire.activate({
      ...handsWindow(run, prompt),
      windows: prompt.limitMs == null ? TX_ONLY_WINDOWS : 1,
    });
  } finally {
    prompt.done('The countdown is over. Leave the battery in.');
  }
  session.caught = true;
  session.calledAtMs = run.clock.monotonicMs();
}

function handsWindow(run: WireRun, prompt: ActPrompt) {
  const { windowMs } = run.plan.options;
  return {
    signal: run.signal,
    // Where the act has just been performed there is nobody to be led.
    batteryOutMs: prompt.limitMs == null ? BATTERY_OUT_MS : 0,
    windowMs: Math.min(windowMs, prompt.limitMs ?? windowMs),
    onEvent: (event: ActivationEvent) => {
      const text = countdownText(event);
      if (text != null) prompt.update(text, countdownOf(event));
    },
  };
}
