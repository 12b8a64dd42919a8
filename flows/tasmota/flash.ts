import { BenchError, isBenchError } from '../../src/core/errors.ts';
import { done, type StepResult } from '../flow.ts';
import { awaitReturn, type Return } from './await-return.ts';
import type { PlugImage } from './image.ts';
import { writeBack } from './restore.ts';
import { deliver, isLackOfRoom } from './send.ts';
import { metUnit, type Sent, type TasmotaRun, type TasmotaSession } from './session.ts';

/** A unit that comes back as minimal is sent the target again from there. */
const TRIES_FROM_MINIMAL = 2;
/** Minimal that was fetched by URL fetches the target by itself, within this, ms. */
const MINIMAL_FETCHES_MS = 60_000;

/** Sends what the route names, and stays until the last of it has come back or will not. */
export async function flash(session: TasmotaSession, run: TasmotaRun): Promise<StepResult> {
  if (run.plan.task === 'restore') return writeBack(session, run);
  await run.pilotFirst(metUnit(session).board);
  const images = session.route!.images;
  run.firmware(
    images.map(({ slot, path, name, sha256, changes }) => ({
      slot,
      file: changes.length > 0 ? name : path,
      sha256,
    })),
  );
  for (const image of images) if (image.changes.length > 0) await keepCopy(session, run, image);
  const target = images.at(-1)!;
  for (const image of images.slice(0, -1)) await throughMinimal(session, run, image);
  await sendTarget(session, run, target);
  return done;
}

/** Kind of a changed copy of an image, in the records of the unit that it was sent to. */
const PATCHED_IMAGE = 'patched-image';

/** What is sent must be there to be looked at, beside the backup of the unit, which stays the one that counts. */
async function keepCopy(session: TasmotaSession, run: TasmotaRun, { bytes }: PlugImage): Promise<void> {
  const writer = await run.backups.create(PATCHED_IMAGE, bytes.length);
  try {
    await writer.append(bytes);
    const copy = await writer.commit();
    run.log('info', `the changed copy is kept: ${copy.file}`);
  } finally {
    await writer.discard();
  }
  if (session.kept != null) run.haveBackup(session.kept);
}

async function sendTarget(session: TasmotaSession, run: TasmotaRun, target: PlugImage): Promise<void> {
  let sent: Sent;
  try {
    sent = await deliver(session, run, target);
  } catch (error) {
    const { minimal, way } = run.plan;
    // What the unit says of its room is the build's own view; its updater has the last word.
    if (!isLackOfRoom(error) || minimal == null || way === 'direct' || isOnMinimal(session)) throw error;
    run.log('warn', `${error.message} It goes through minimal.`);
    await throughMinimal(session, run, minimal);
    sent = await deliver(session, run, target);
  }
  if (target.becomes.firmware === 'tasmota') session.returned = await followed(session, run, sent, target);
}

const isOnMinimal = ({ met, route }: TasmotaSession): boolean =>
  met?.status.version.variant === 'minimal' || (route?.images.length ?? 0) > 1;

/** Throws where minimal does not come back: the target is not sent into the dark. */
async function throughMinimal(session: TasmotaSession, run: TasmotaRun, minimal: PlugImage): Promise<void> {
  const sent = await deliver(session, run, minimal);
  const back = await awaitReturn(session, run, sent);
  if (back.kind === 'back') {
    if (back.status.version.variant === 'minimal') return;
    throw new BenchError('OLD_FIRMWARE_STAYED', {
      message: `Minimal went over, and the unit came back with ${back.status.versionText}.`,
    });
  }
  if (back.kind === 'unmoved') throw new BenchError('TASMOTA_MAYBE_STAGED');
  throw new BenchError(back.kind === 'access-point' ? 'AT_ACCESS_POINT' : 'NEW_FIRMWARE_SILENT', {
    message: `Minimal went over, and the unit ${back.kind === 'access-point' ? 'opened its access point: its Wi-Fi settings are gone' : 'was not met again'}.`,
    advice: 'Leave the power on for five minutes and retry: minimal is recognised and brought on.',
  });
}

/** Until the target is back; from minimal it is brought on. */
async function followed(
  session: TasmotaSession,
  run: TasmotaRun,
  first: Sent,
  target: PlugImage,
): Promise<Return> {
  let sent = first;
  for (let tries = 0; ; tries++) {
    const back = await awaitReturn(session, run, sent);
    if (back.kind !== 'back' || back.status.version.variant !== 'minimal') return back;
    if (tries === TRIES_FROM_MINIMAL)
      throw new BenchError('TASMOTA_STAYED_MINIMAL', {
        message: `The unit runs ${back.status.versionText} and could not be brought on to ${target.becomes.title}.`,
      });
    if (session.offering != null && tries === 0) {
      run.log('info', 'It runs minimal now, which fetches the target itself.');
      const now = { ...sent, before: back.status, atMs: run.clock.monotonicMs() };
      const onward = await minimalFetches(session, run, now);
      if (onward != null) return onward;
    }
    run.log('info', 'It runs minimal: the target is sent to it.');
    sent = await broughtOn(session, run, target);
  }
}

/** Undefined where it stays as it is. */
async function minimalFetches(
  session: TasmotaSession,
  run: TasmotaRun,
  sent: Sent,
): Promise<Return | undefined> {
  const endMs = run.clock.monotonicMs() + MINIMAL_FETCHES_MS;
  while (run.clock.monotonicMs() < endMs) {
    const back = await awaitReturn(session, run, sent);
    if (back.kind !== 'unmoved') return back;
  }
  return undefined;
}

async function broughtOn(session: TasmotaSession, run: TasmotaRun, target: PlugImage): Promise<Sent> {
  try {
    return await deliver(session, run, target);
  } catch (error) {
    if (!isBenchError(error) || run.brokenOff.aborted) throw error;
    throw new BenchError('TASMOTA_STAYED_MINIMAL', {
      message: `The unit runs minimal and did not take the target: ${error.message}`,
      advice: error.advice,
      cause: error,
    });
  }
}
