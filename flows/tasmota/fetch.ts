import { abortReason } from '../../src/core/abort.ts';
import { BenchError } from '../../src/core/errors.ts';
import type { FetchEvent, Offering, OfferedFile } from '../../src/drivers/http/firmware-server.ts';
import { setOtaUrl, startUpgrade, type TasmotaStatus } from '../../src/protocols/tasmota/index.ts';
import { done, type StepResult } from '../flow.ts';
import { doNotUnplug, SETTLING_MS } from '../network-plug/index.ts';
import type { PlugImage } from './image.ts';
import { clientOf, metUnit, sentNow, type Sent, type TasmotaRun, type TasmotaSession } from './session.ts';

/** Until the first request of a unit that was told to fetch, ms: the one proof that it reaches this computer. */
const FIRST_REQUEST_MS = 30_000;
/** Between two signs of life of a transfer, ms; the unit itself tries up to five times. */
const STALL_MS = 60_000;

/** Nothing goes with a `-` or `.` in it: from such a name the unit makes up the one of minimal. */
const BASE = 'target';
const ending = ({ packed }: PlugImage): string => (packed ? '.bin.gz' : '.bin');

/**
 * With method=url: everything that the unit may ask for lies on the server before it is told anything. A unit without
 * room asks for `-minimal` of the same name by itself, and minimal then for the target.
 */
export async function offerImages(session: TasmotaSession, run: TasmotaRun): Promise<StepResult> {
  const { route } = session;
  if (run.plan.task !== 'flash' || run.plan.method !== 'url' || route == null) return done;
  const target = route.images.at(-1)!;
  const { minimal } = run.plan;
  run.progress({ label: 'putting the images on the server and testing it', done: 0, unit: 'tries' });
  session.offering = await session.link.server.offer(
    {
      unit: run.link.text,
      towards: session.at.host,
      style: 'esp8266-update',
      mac: metUnit(session).status.mac,
      files: [
        fileOf(`${BASE}${ending(target)}`, target),
        // It is asked for with the ending of the target, whatever it is itself.
        ...(minimal == null ? [] : [fileOf(`${BASE}-minimal${ending(target)}`, minimal)]),
      ],
    },
    { signal: run.signal },
  );
  return done;
}

const fileOf = (name: string, { bytes, sha256 }: PlugImage): OfferedFile => ({
  name,
  content: bytes,
  sha256,
});

/** Tells the unit to fetch the target, and follows it until it has it whole. */
export async function fetchImage(
  session: TasmotaSession,
  run: TasmotaRun,
  image: PlugImage,
  before: TasmotaStatus,
): Promise<Sent> {
  const client = clientOf(session, run, run.brokenOff);
  const offering = session.offering!;
  const target = session.route!.images.at(-1)!;
  await run.writeBegins();
  await setOtaUrl(client, offering.urlOf(`${BASE}${ending(target)}`));
  const follow = followFetch(run, offering);
  try {
    await startUpgrade(client);
    const file = await follow.whole;
    doNotUnplug(run, SETTLING_MS.tasmota);
    const isMinimalFile = file.includes('-minimal');
    run.log(
      'info',
      `${file} was fetched whole${isMinimalFile ? ': minimal first, which fetches the target itself' : ''}`,
    );
    return sentNow(run, isMinimalFile ? run.plan.minimal! : image, before, { kind: 'accepted' });
  } finally {
    follow.stop();
  }
}

/** Resolves with the name of the file that was fetched whole. */
function followFetch(run: TasmotaRun, offering: Offering) {
  const waits = new AbortController();
  let fail!: (error: BenchError) => void;
  let isAsked = false;
  let stopTimer = () => {};
  const expect = (ms: number) => {
    stopTimer();
    stopTimer = run.clock.after(ms, () =>
      fail(
        isAsked
          ? new BenchError('DOWNLOAD_BROKEN', { message: 'The unit stopped fetching its firmware.' })
          : new BenchError('DOWNLOAD_NOT_STARTED', { next: 'tasmota' }),
      ),
    );
  };
  const whole = new Promise<string>((resolve, reject) => {
    fail = reject;
    const onEvent = (event: FetchEvent) => {
      if (event.type === 'lost') return reject(new BenchError('SERVER_LOST', { message: event.reason }));
      if (event.type === 'posted') return;
      isAsked = true;
      expect(STALL_MS);
      if (event.type === 'whole') return resolve(event.file);
      if (event.type === 'refused')
        return reject(
          new BenchError('DOWNLOAD_BROKEN', {
            message: `The unit was refused ${event.file}: ${event.reason}`,
          }),
        );
      if (event.type === 'broken')
        run.log('warn', `${event.file} broke off after ${event.bytes} bytes; the unit tries again by itself`);
      if (event.type === 'bytes') tellProgress(run, event);
    };
    const unsubscribe = offering.subscribe(onEvent);
    const onBreak = () => reject(abortReason(run.brokenOff));
    run.brokenOff.addEventListener('abort', onBreak, { once: true, signal: waits.signal });
    waits.signal.addEventListener('abort', unsubscribe, { once: true });
    expect(FIRST_REQUEST_MS);
  });
  whole.catch(() => {});
  return {
    whole,
    stop: () => {
      stopTimer();
      waits.abort();
    },
  };
}

function tellProgress(
  run: TasmotaRun,
  { file, bytes, totalBytes }: Extract<FetchEvent, { type: 'bytes' }>,
): void {
  run.progress({ label: `the unit fetches ${file}`, done: bytes, total: totalBytes, unit: 'bytes' });
}
