import { throwIfAborted } from '../../src/core/abort.ts';
import { BenchError, isBenchError, toBenchError, type ErrorCode } from '../../src/core/errors.ts';
import { decodeResult, postedError, RESULT_PATH } from '../../src/protocols/sonoff-diy/index.ts';
import { doNotUnplug, SETTLING_MS, type Fetching } from '../network-plug/index.ts';
import type { SonoffRun, SonoffSession } from './session.ts';
import { unlock } from './unlock.ts';
import { IMAGE_NAME, offerImage } from './wire-check.ts';

/** Until its first request, ms: the one proof that it reaches this computer. */
const FIRST_REQUEST_MS = 30_000;
/** The same where the order itself was not answered, ms: it may not have got it. */
const UNANSWERED_MS = 10_000;
/** Between two signs of life of a download, ms. */
const STALL_MS = 60_000;
/** From the last byte to its result, ms: it hashes 508 KB in about a second, and posts before it restarts. */
const RESULT_WITHIN_MS = 15_000;
/** Some units answer the order when their download is over, ms. */
const ORDER_LIMIT_MS = 5 * 60_000;
const TRIES = 3;

/** How a download ended that the unit has not complained of. */
export type Fetched =
  /** It posted that all is well. */
  | 'posted'
  /** It has every byte and said nothing. */
  | 'whole';

/** What may go better the next time; with the power on it is sent again at once. */
const SENT_AGAIN: readonly ErrorCode[] = [
  'SONOFF_DOWNLOAD_SLOW',
  'SONOFF_SERVER_UNREACHED',
  'SONOFF_HASH_WRONG',
  'SONOFF_DOWNLOAD_FAILED',
  'SONOFF_STILL_LOCKED',
  'DOWNLOAD_BROKEN',
];

const maySendAgain = (error: BenchError): boolean =>
  SENT_AGAIN.includes(error.code) || error.detail['unanswered'] === true;

/**
 * Orders the download and stays until the unit has the image whole. Throws the SONOFF_* codes of what the unit says,
 * DOWNLOAD_NOT_STARTED, DOWNLOAD_BROKEN, SERVER_LOST.
 */
export async function download(session: SonoffSession, run: SonoffRun): Promise<Fetched> {
  for (let tries = 1; ; tries++) {
    try {
      return await once(session, run);
    } catch (error) {
      if (!isBenchError(error) || !maySendAgain(error) || tries === TRIES) throw error;
      run.log('warn', `${error.message} The power stays on: it is sent again, try ${tries + 1} of ${TRIES}.`);
      if (error.code === 'SONOFF_STILL_LOCKED') await unlock(session, run);
      if (session.watch!.now.asked > 0) await offerImage(session, run, run.brokenOff);
    }
  }
}

/** What is known of one try. */
interface Try {
  order: 'open' | 'taken' | 'unanswered';
  refusal: BenchError | undefined;
  posted: number | undefined;
}

async function once(session: SonoffSession, run: SonoffRun): Promise<Fetched> {
  const { offering, diy } = session;
  const watch = session.watch!;
  const { sha256, content } = run.plan.image!;
  const state: Try = { order: 'open', refusal: undefined, posted: undefined };
  const news = new News();
  const over = new AbortController();
  const before = watch.now;
  let isReplay = true;
  const stopPosts = offering!.subscribe((event) => {
    // What was told before is told again to who subscribes.
    if (isReplay || event.type !== 'posted' || !event.path.endsWith(RESULT_PATH)) return;
    state.posted = decodeResult(event.body) ?? state.posted;
    news.tell();
  });
  isReplay = false;
  const stopWatch = watch.onNews(() => {
    const { bytes } = watch.now;
    run.progress({ label: 'the unit fetches the image', done: bytes, total: content.length, unit: 'bytes' });
    news.tell();
  });
  run.progress({ label: 'ordering the download', done: 0, unit: 'tries' });
  doNotUnplug(run, SETTLING_MS.tasmota);
  const order = diy
    .flash(
      { url: offering!.urlOf(IMAGE_NAME), sha256 },
      { limitMs: ORDER_LIMIT_MS, signal: AbortSignal.any([run.brokenOff, over.signal]) },
    )
    .then(
      () => {
        state.order = 'taken';
      },
      (error: unknown) => {
        if (over.signal.aborted) return;
        const known = toBenchError(error);
        // Which error a unit is that does not answer, is the network's own matter.
        if (known.code.startsWith('SONOFF_') || known.code === 'PLUG_BAD_ANSWER' || known.code === 'BUG')
          state.refusal = known;
        else state.order = 'unanswered';
      },
    )
    .finally(() => news.tell());
  try {
    return await followed(session, run, state, news, before);
  } finally {
    stopPosts();
    stopWatch();
    over.abort();
    await order;
  }
}

async function followed(
  session: SonoffSession,
  run: SonoffRun,
  state: Try,
  news: News,
  before: Fetching,
): Promise<Fetched> {
  const watch = session.watch!;
  const total = run.plan.image!.content.length;
  let counted = before.bytes;
  let wasAsked = false;
  for (;;) {
    const { asked, bytes, whole, lost, refused } = watch.now;
    if (bytes > counted) doNotUnplug(run, SETTLING_MS.tasmota);
    run.wrote(Math.max(0, bytes - counted));
    counted = Math.max(counted, bytes);
    if (state.refusal !== undefined) throw state.refusal;
    if (state.posted === 0) return 'posted';
    if (state.posted !== undefined) throw postedError(state.posted);
    if (lost !== undefined && !whole) throw new BenchError('SERVER_LOST', { message: lost });
    const isAsked = asked > before.asked;
    if (isAsked && !wasAsked) run.log('info', 'its first request has come: it reaches this computer');
    wasAsked = isAsked;
    const firstMs = state.order === 'unanswered' ? UNANSWERED_MS : FIRST_REQUEST_MS;
    const limitMs = !isAsked ? firstMs : whole ? RESULT_WITHIN_MS : STALL_MS;
    if (await news.within(limitMs, run)) continue;
    if (isAsked && whole) return 'whole';
    const why = refused === undefined ? '' : ` (${refused})`;
    if (!isAsked) throw notStarted(state, why);
    throw new BenchError('DOWNLOAD_BROKEN', {
      message: `The unit stopped fetching at ${bytes} of ${total} bytes${why}.`,
    });
  }
}

const notStarted = ({ order }: Try, why: string): BenchError =>
  new BenchError('DOWNLOAD_NOT_STARTED', {
    ...(order === 'unanswered'
      ? {
          message: `The unit did not answer the order, and fetched nothing${why}.`,
          detail: { unanswered: true },
        }
      : why !== '' && { message: `The unit accepted the order and fetched nothing${why}.` }),
  });

/** Something happened since it was looked at last. */
class News {
  #isNew = false;
  #wake: (() => void) | undefined;

  tell(): void {
    this.#isNew = true;
    this.#wake?.();
  }

  /** False when nothing came for so long. Throws what a broken off write was broken off with. */
  async within(limitMs: number, { clock, brokenOff }: SonoffRun): Promise<boolean> {
    if (!this.#isNew)
      await new Promise<void>((resolve) => {
        const end = () => {
          cancel();
          brokenOff.removeEventListener('abort', end);
          this.#wake = undefined;
          resolve();
        };
        const cancel = clock.after(limitMs, end);
        this.#wake = end;
        brokenOff.addEventListener('abort', end, { once: true });
      });
    throwIfAborted(brokenOff);
    const came = this.#isNew;
    this.#isNew = false;
    return came;
  }
}
