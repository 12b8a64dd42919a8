import { toBenchError } from '../../src/core/errors.ts';
import { parseLinks, type Link } from '../../src/core/link.ts';
import type { Verdict } from '../../src/core/outcome.ts';
import { dafangPart, partOf } from '../../src/firmware/dafang/flash-map.ts';
import { UbootConsole, watchBoot, type BootHeard } from '../../src/protocols/uboot/index.ts';
import { bootVerdict, verdictOf } from '../dafang-console/boot-verdict.ts';
import { settle, type StepResult } from '../flow.ts';
import { closeSession, type DafangRun, type DafangSession } from './session.ts';

const BAUD = 115_200;
/** The console is only listened to here. */
const NOTHING_WRITABLE = { from: 0, to: 0 };
const LOOK_AGAIN = 'Put the chip back, connect the console, power the camera and look again.';

/**
 * After the read-back: the chip goes back onto its camera, and its start is watched on the console. The chip is written
 * and proved by now, so whatever fails here leaves that standing and ends UNSURE.
 */
export async function bootOnConsole(session: DafangSession, run: DafangRun): Promise<StepResult> {
  const written = session.written!;
  const known = { isReadBack: true, isCurrent: false, notDone: session.notDone };
  try {
    const boot = await listen(session, run);
    const verdict = bootVerdict(known, partOf(session.target, dafangPart('para')), boot);
    return settle(together(written, verdict, boot));
  } catch (error) {
    return settle(
      verdictOf(
        known,
        'BOOT_NOT_SEEN',
        written.evidence,
        `${written.message} Its start was not seen: ${toBenchError(error).message}`,
        LOOK_AGAIN,
      ),
    );
  }
}

function together(written: Verdict, verdict: Verdict, { mac }: BootHeard): Verdict {
  if (verdict.outcome === 'PASS')
    return {
      ...verdict,
      message: `${written.message} Linux starts with its MAC ${mac}.`,
      evidence: [written.evidence, verdict.evidence].join('; '),
    };
  if (verdict.code !== 'MAC_CHANGED') return verdict;
  return { ...verdict, message: `${verdict.message} Or another camera is on this console.` };
}

/** Watches one more start. Whose it is the records know: a unit that was written, by the MAC that Linux names. */
export async function lookAgain(session: DafangSession, run: DafangRun): Promise<StepResult> {
  const boot = await listen(session, run);
  const nothing = { isReadBack: false, isCurrent: false, notDone: [] };
  const { mac, line, heard, hasLinux } = boot;
  if (mac === undefined || heard.kind !== 'linux')
    return settle(
      verdictOf(
        nothing,
        hasLinux ? 'MAC_NOT_SEEN' : 'BOOT_NOT_SEEN',
        line,
        `Its start was not seen: ${heard.message}`,
        LOOK_AGAIN,
      ),
    );
  if (!(await run.earlierRuns(mac)).some(({ wrote }) => wrote))
    return settle(
      verdictOf(nothing, 'MAC_CHANGED', line, `Linux runs with ${mac}; no camera with that MAC was written.`),
    );
  await run.identify({ mac });
  return settle({
    outcome: 'PASS',
    message: `Linux starts with its MAC ${mac}.`,
    proof: ['banner', 'heard'],
    ...(line !== undefined && { evidence: line }),
  });
}

/** One console serves all programmers of the bench, one camera after the other. */
async function listen(session: DafangSession, run: DafangRun): Promise<BootHeard> {
  await closeSession(session);
  const link = consoleLink(run);
  return run.inTurn(`the console ${link.text}`, async () => {
    const second = await run.openSecondSerial(link, BAUD);
    const { clock, log } = run;
    const console = new UbootConsole({ port: second.port, clock, log, writable: NOTHING_WRITABLE });
    try {
      const prompt = run.operator.act({
        act: 'power-cycle',
        title: 'Put the chip back on its camera, connect the console, then give power',
        wiringPage: 'back',
      });
      run.progress({ label: 'listening for its start', done: 0, unit: 'tries' });
      const boot = await watchBoot(console, {
        signal: run.signal,
        ...(prompt.limitMs !== undefined && { limitMs: prompt.limitMs }),
        // Its advice is for who wants to stop the start.
        onHeard: ({ message }) => prompt.update(message),
      });
      prompt.done('Its start was heard.');
      return boot;
    } finally {
      console.close();
      await second.close();
    }
  });
}

/** A virtual console without a unit is that of the camera whose chip this is. */
function consoleLink({ settings, link }: DafangRun): Link {
  const value = settings['console']!;
  const [console] = parseLinks(value);
  if (console?.virtual === undefined || link.virtual === undefined || /[?&]unit=|#/.test(value))
    return console!;
  const { unit } = link.virtual;
  return {
    ...console,
    text: `virtual:${console.virtual.device}#${unit}`,
    virtual: { ...console.virtual, unit },
  };
}
