import type { FullWire, TxOnlyWire } from '../../src/protocols/telink/sws/index.ts';
import { LYWSD03MMC } from '../../src/firmware/telink-models.ts';
import { isBenchError } from '../../src/core/errors.ts';
import type { ActPrompt } from '../flow.ts';
import { countdownText } from './activation.ts';
import { forgetUnit, type WireRun, type WireSession } from './session.ts';
import { readArea, unitOf } from './unique-areas.ts';
import { WIRES_PAGE } from './wiring.ts';

/** Between two calls while the settled unit is still in, stopped. */
const PRESENCE_MS = 100;

const MAC_AREA = LYWSD03MMC.unique.find(({ id }) => id === 'mac')!;

/** Cycle mode: the empty jig goes on calling, so that putting the next unit in is its power-up and the start of its run. */
export async function awaitNextUnit(session: WireSession, run: WireRun): Promise<void> {
  forgetUnit(session);
  const { wire } = session;
  if (wire.ability === 'tx-only') await askForNext(session, wire, run);
  else await callNext(session, wire, run);
}

async function callNext(session: WireSession, wire: FullWire, run: WireRun): Promise<void> {
  const prompt = run.operator.act({
    act: 'next-unit',
    title: 'Take it out and put the next one in: it is caught by itself',
    wiringPage: WIRES_PAGE,
  });
  while (await isCaught(wire, run, prompt)) {
    session.caught = true;
    if (!(await isSettledOne(session, wire, run))) {
      prompt.done('The next unit is caught. Leave it in.');
      return;
    }
    // Not by looks alone: the next one may follow at once, and is to find the jig calling.
    prompt.update('This one is done. Take it out and put the next one in.');
    await run.clock.sleep(PRESENCE_MS, run.signal);
  }
  session.caught = false;
}

/** False on the practice bench without a screen, where the unit is in, but deaf: its own detect says why. */
async function isCaught(wire: FullWire, run: WireRun, prompt: ActPrompt): Promise<boolean> {
  const { windowMs } = run.plan.options;
  for (;;) {
    try {
      await wire.activate({
        signal: run.signal,
        windowMs: Math.min(windowMs, prompt.limitMs ?? windowMs),
        windows: 1,
        onEvent: (event) => {
          const text = countdownText(event);
          if (text != null) prompt.update('The jig calls: put the next unit in.');
        },
      });
      return true;
    } catch (error) {
      const isQuiet = isBenchError(error, 'SWS_NO_ANSWER', 'SWS_READ_UNRELIABLE', 'ECHO_GARBLED', 'NO_ECHO');
      if (prompt.limitMs != null && isBenchError(error) && !run.signal.aborted) return false;
      // While a unit is changed contacts open and close: nothing of it is a verdict.
      if (!isQuiet) throw error;
    }
  }
}

/** The unit before may still be in, and was caught when it woke. */
async function isSettledOne(session: WireSession, wire: FullWire, run: WireRun): Promise<boolean> {
  if (session.settledMac == null) return false;
  try {
    await wire.readFlashId();
    return unitOf([await readArea(wire, MAC_AREA, run.signal)]).mac === session.settledMac;
  } catch (error) {
    // Its own detect says what is wrong with it.
    if (isBenchError(error) && !run.signal.aborted) return false;
    throw error;
  }
}

/** Nothing comes back: only the operator knows that the next one is in. The jig goes on calling meanwhile. */
async function askForNext(session: WireSession, wire: TxOnlyWire, run: WireRun): Promise<void> {
  session.caught = false;
  session.nextAsked += 1;
  const isIn = new AbortController();
  const calling = wire.activate({
    signal: run.signal,
    windows: Infinity,
    windowMs: run.plan.options.windowMs,
    until: isIn.signal,
  });
  calling.catch(() => undefined);
  const answer = run.operator.ask({
    id: `next-unit ${run.link.text} ${session.nextAsked}`,
    text: 'Take it out and put the next one in, then say so',
    choices: [{ value: 'in', title: 'next one is in' }],
    act: 'next-unit',
    // On a real link nobody but the operator knows it.
    ...(run.link.kind === 'virtual' && { assume: 'wired' as const, assumed: 'in' }),
  });
  try {
    await Promise.race([answer, calling]);
  } finally {
    isIn.abort();
  }
  await calling;
  session.caught = true;
  session.calledAtMs = run.clock.monotonicMs();
}
