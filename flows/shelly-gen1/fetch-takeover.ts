import { BenchError, toBenchError } from '../../src/core/errors.ts';
import { verdictFrom, type Verdict } from '../../src/core/outcome.ts';
import { whoAnswers } from '../../src/protocols/plugs/index.ts';
import { ShellyGen1 } from '../../src/protocols/shelly/index.ts';
import { doNotUnplug, SETTLING_MS } from '../network-plug/index.ts';
import { tellBytes } from './tell-bytes.ts';
import { enterStage, metUnit, peerOf, type Offered, type ShellyRun, type ShellySession } from './session.ts';

/** The first request has to come within this, ms; where none comes the unit is untouched. */
const FIRST_REQUEST_MS = 30_000;
/** As long as the unit says `pending` it has not begun and may yet, ms in all. */
const PENDING_LIMIT_MS = 5 * 60_000;
/** A transfer that stands still so long is over, ms: Mongoose OS gives up after 600 s without progress. */
const STALL_LIMIT_MS = 600_000;
/** From a broken transfer until stock firmware says that it is idle again, ms. */
const RECOVERS_MS = 45_000;
const LOOK_EVERY_MS = 3_000;
const UPDATER_ASKED_EVERY_MS = 5_000;
const TRIES = 2;

/**
 * Stage 0 and 1: orders the update and waits until the unit has the takeover archive whole. Until then stock firmware
 * stays what starts, so a transfer that broke may begin anew. Returns a verdict where the unit is as it was.
 */
export async function fetchTakeover(session: ShellySession, run: ShellyRun): Promise<Verdict | undefined> {
  const offered = session.takeover!;
  const { content } = run.plan.conversion!.takeover;
  for (let tries = 1; ; tries++) {
    enterStage(session, run, 'order');
    const askedBefore = offered.watch.now.asked;
    const refusal = await order(session, run, offered);
    if (!(await isAsked(session, run, offered, askedBefore)))
      return untouched(session, run, offered, refusal);
    enterStage(session, run, 'takeover archive');
    doNotUnplug(run, SETTLING_MS.mongoose);
    const stop = tellBytes(run, offered, {
      label: 'the unit fetches the takeover archive',
      totalBytes: content.length,
    });
    try {
      await offered.watch.until(
        ({ whole, broken, asked, lost }) => whole || broken >= asked || lost !== undefined,
        {
          silenceMs: STALL_LIMIT_MS,
          clock: run.clock,
          signal: run.brokenOff,
        },
      );
    } finally {
      stop();
    }
    const { whole, lost, bytes } = offered.watch.now;
    if (whole) return undefined;
    const stays = await staysStock(session, run);
    if (!stays)
      throw new BenchError('TAKEOVER_SILENT', {
        message: `The transfer of the takeover archive broke off with ${bytes} bytes acknowledged, and the unit does not answer.`,
        advice: 'Power it off and on: stock firmware is still there. Then retry.',
      });
    const why =
      lost === undefined
        ? `broke off with ${bytes} of ${content.length} bytes acknowledged`
        : `ended: ${lost}`;
    if (tries === TRIES || lost !== undefined)
      return stillStock(
        new BenchError('DOWNLOAD_BROKEN', {
          message: `The transfer of the takeover archive ${why}; stock firmware still answers.`,
        }),
      );
    run.log(
      'warn',
      `The transfer ${why}. Stock firmware is still there: it is ordered again, try ${tries + 1} of ${TRIES}.`,
    );
  }
}

/** What the unit refused the order with, if it did. That it accepted says nothing: see `ShellyGen1.startOta`. */
async function order(
  session: ShellySession,
  run: ShellyRun,
  { url }: Offered,
): Promise<BenchError | undefined> {
  run.progress({ label: 'ordering the takeover', done: 0, unit: 'tries' });
  try {
    const unit = new ShellyGen1(peerOf(session, run.brokenOff, run.plan.login));
    const { status } = await unit.startOta(url);
    run.log('info', `the unit accepted the order: ${status}`);
    return undefined;
  } catch (error) {
    const refusal = toBenchError(error);
    if (refusal.code === 'ABORTED' || refusal.code === 'BUG') throw error;
    run.log('warn', `The order was not answered as expected: ${refusal.message}`);
    return refusal;
  }
}

/**
 * True when its request has come. Else no request of it is answered any more: it stays what it is. Counted from the
 * order, or from when its updater was last heard to be `pending`.
 */
async function isAsked(
  session: ShellySession,
  run: ShellyRun,
  { watch, offering }: Offered,
  askedBefore: number,
): Promise<boolean> {
  const startedMs = run.clock.monotonicMs();
  let sinceMs = startedMs;
  for (;;) {
    const nowMs = run.clock.monotonicMs();
    run.progress({
      label: 'waiting for its first request',
      done: Math.round((nowMs - sinceMs) / 1000),
      total: FIRST_REQUEST_MS / 1000,
      unit: 'seconds',
    });
    const isIt = await watch.until(({ asked, lost }) => asked > askedBefore || lost !== undefined, {
      silenceMs: UPDATER_ASKED_EVERY_MS,
      clock: run.clock,
      signal: run.brokenOff,
    });
    if (isIt) break;
    if ((await updaterSays(session, run)) === 'pending' && nowMs - startedMs < PENDING_LIMIT_MS) {
      if (sinceMs === startedMs)
        run.log('info', 'The updater of the unit says "pending": it has not begun yet.');
      sinceMs = run.clock.monotonicMs();
    }
    if (run.clock.monotonicMs() - sinceMs < FIRST_REQUEST_MS) continue;
    await offering.withdraw();
    break;
  }
  return watch.now.asked > askedBefore;
}

async function updaterSays(session: ShellySession, run: ShellyRun): Promise<string | undefined> {
  try {
    return (await new ShellyGen1(peerOf(session, run.brokenOff, run.plan.login)).ota()).status;
  } catch (error) {
    const known = toBenchError(error);
    if (known.code === 'ABORTED' || known.code === 'BUG') throw error;
    return undefined;
  }
}

async function untouched(
  session: ShellySession,
  run: ShellyRun,
  { watch }: Offered,
  refusal: BenchError | undefined,
): Promise<Verdict> {
  const { refused, lost } = watch.now;
  const why = lost ?? refused;
  const error =
    refusal ??
    new BenchError('DOWNLOAD_NOT_STARTED', {
      ...(why !== undefined && { message: `The unit fetched nothing, it is untouched: ${why}.` }),
    });
  return (await staysStock(session, run)) ? stillStock(error) : verdictFrom(error);
}

const stillStock = (error: BenchError): Verdict =>
  verdictFrom(error, {
    proof: ['answered'],
    untouched: true,
    evidence: 'stock firmware answers, its updater is idle',
  });

/** True when stock firmware says that its updater is idle. */
async function staysStock(session: ShellySession, run: ShellyRun): Promise<boolean> {
  const { mac } = metUnit(session);
  const untilMs = run.clock.monotonicMs() + RECOVERS_MS;
  for (;;) {
    const answer = await whoAnswers(session.link.network, session.at, { signal: run.brokenOff, mac });
    if (answer?.firmware === 'shelly-gen1' && answer.mac === mac) {
      const updater = await updaterSays(session, run);
      if (updater !== undefined && updater !== 'updating' && updater !== 'pending') return true;
    }
    if (run.clock.monotonicMs() >= untilMs) return false;
    await run.clock.sleep(LOOK_EVERY_MS, run.brokenOff);
  }
}
