import type { Offering } from '../../src/drivers/http/firmware-server.ts';
import { done, type StepResult } from '../flow.ts';
import { FetchWatch } from '../network-plug/index.ts';
import { metUnit, type SonoffRun, type SonoffSession } from './session.ts';

/** Short: some firmware of these units keeps little of a URL. */
export const IMAGE_NAME = 't.bin';

/**
 * There is no wire, but a way from the unit to this computer: the image lies on the bench's server, which has fetched it
 * in pieces through its own address, before the unit or its vendor is asked for anything.
 */
export async function wireCheck(session: SonoffSession, run: SonoffRun): Promise<StepResult> {
  const { image } = run.plan;
  if (run.plan.task !== 'flash' || image === undefined) return done;
  run.progress({ label: 'putting the image on the server and testing it', done: 0, unit: 'tries' });
  const offering = await offerImage(session, run, run.signal);
  const { name, sha256, changes, file } = image;
  run.firmware([
    { slot: 'target', file: file.path, sha256: file.sha256 },
    ...(changes.length > 0 ? [{ slot: 'target, as it is sent', file: name, sha256 }] : []),
  ]);
  const { host, port } = offering.at;
  run.log('info', `the image is served at ${host}:${port}, fetched there once and compared`);
  return done;
}

/**
 * Puts the image on the server, in place of an offer of it that there was: what is counted as fetched begins anew, and a
 * second download tells its own progress.
 */
export async function offerImage(
  session: SonoffSession,
  run: SonoffRun,
  signal: AbortSignal,
): Promise<Offering> {
  const { link, at } = session;
  const { mac } = metUnit(session);
  const { content, sha256 } = run.plan.image!;
  session.watch?.close();
  await session.offering?.withdraw();
  session.offering = await link.server.offer(
    {
      unit: mac,
      mac,
      towards: await link.network.ownAddressTowards(at.host),
      style: 'sonoff-diy',
      files: [{ name: IMAGE_NAME, content, sha256 }],
    },
    { signal },
  );
  session.watch = new FetchWatch(session.offering, IMAGE_NAME);
  return session.offering;
}
