import { BenchError, isBenchError } from '../../src/core/errors.ts';
import { last6 } from '../../src/core/identity.ts';
import type { Progress } from '../../src/core/progress.ts';
import type { GattConnection } from '../../src/drivers/ble/radio.ts';
import { offers, PvvxClient, SERVICE, type PvvxIdentity } from '../../src/protocols/pvvx/index.ts';
import { uploadImage } from '../../src/protocols/telink/ota/index.ts';
import { done, type StepResult } from '../flow.ts';
import { firmwareText } from '../lywsd03mmc/running-firmware.ts';
import type { ThermometerImage } from '../lywsd03mmc/image.ts';
import { updateConnection } from './access.ts';
import { writeBack } from './restore.ts';
import {
  hangUp,
  isLinkTrouble,
  metUnit,
  talk,
  withFreshTries,
  type BleRun,
  type BleSession,
} from './session.ts';

/** Starts from the first byte: the unit keeps nothing of an update that broke off. */
const TRIES = 3;
/** The first pvvx that makes room for more than one bank. */
const ROOM_SINCE = 4.6;

/** Sends the image; the old firmware stays until the unit has it whole. */
export async function flash(session: BleSession, run: BleRun): Promise<StepResult> {
  if (run.plan.task === 'restore') return writeBack(session, run);
  const image = run.plan.image!;
  const { pvvx } = metUnit(session);
  if (!image.fitsBank) refuseWithoutRoom(pvvx, image);
  run.firmware([{ slot: 'firmware', file: image.file.path, sha256: image.file.sha256 }]);
  if (run.plan.eraseMiKeys) await eraseMiKeys(session, run);
  let broken: BenchError | undefined;
  for (let tries = 1; session.sent === 'no'; tries++) {
    try {
      await send(session, run, image);
      session.sent = 'whole';
    } catch (error) {
      if (isBenchError(error, 'OTA_NO_RESTART')) session.sent = 'no-restart';
      // A unit that is gone after its update broke off is told by what broke off.
      else if (broken != null && isBenchError(error, 'BLE_CONNECT_FAILED')) throw goneSince(broken, error);
      else if (tries === TRIES || !isCuredByAnewStart(error)) throw error;
      else {
        broken = error;
        run.log('warn', `${error.message} Starts anew, try ${tries + 1} of ${TRIES}.`);
      }
    } finally {
      await hangUp(session);
    }
  }
  return done;
}

const isCuredByAnewStart = (error: unknown): error is BenchError =>
  isLinkTrouble(error) || isBenchError(error, 'OTA_INTERRUPTED', 'OTA_PACKETS_LOST');

const goneSince = (broken: BenchError, gone: BenchError) =>
  new BenchError('OTA_INTERRUPTED', {
    message: `${broken.message} Since then it does not answer: ${gone.message}`,
    detail: broken.detail,
    cause: gone,
  });

async function send(session: BleSession, run: BleRun, image: ThermometerImage): Promise<void> {
  const connection = await updateConnection(session, run);
  if (!image.fitsBank) await makeRoom(connection, session, run, image);
  let acknowledged = 0;
  const progress = (now: Progress) => {
    run.wrote(Math.max(0, now.done - acknowledged));
    acknowledged = now.done;
    run.progress({ ...now, label: `sending ${firmwareText(image.runs)}` });
  };
  await uploadImage(connection, talk(run), image.bytes, {
    progress,
    beforeStart: () => run.writeBegins(),
    extended: !image.fitsBank,
  });
}

/** Throws OTA_IMAGE_TOO_LARGE. */
export function refuseWithoutRoom(pvvx: PvvxIdentity | undefined, { bytes }: ThermometerImage): void {
  if (pvvx != null && offers(pvvx, SERVICE.extendedOta) && Number.parseFloat(pvvx.version) >= ROOM_SINCE)
    return;
  throw new BenchError('OTA_IMAGE_TOO_LARGE', {
    message: `The image has ${bytes.length} bytes; this unit runs ${pvvx == null ? 'firmware' : `pvvx ${pvvx.version}`} that has room for 128 KiB only.`,
  });
}

async function makeRoom(
  connection: GattConnection,
  { met }: BleSession,
  run: BleRun,
  image: ThermometerImage,
): Promise<void> {
  const client = await PvvxClient.open(connection, talk(run));
  try {
    await run.writeBegins();
    await client.makeRoom({
      imageBytes: image.bytes.length,
      version: met?.pvvx?.version ?? '',
      progress: run.progress,
    });
  } finally {
    await client.close();
  }
}

/** They are in the backup of this run. */
async function eraseMiKeys(session: BleSession, run: BleRun): Promise<void> {
  const { running, mac } = metUnit(session);
  if (running.kind !== 'pvvx') {
    run.warn('Its Mi keys were not erased: only pvvx firmware can do that.');
    return;
  }
  await withFreshTries(session, run, async (connection) => {
    const client = await PvvxClient.open(connection, talk(run));
    try {
      await run.writeBegins();
      await client.eraseMiKeys();
    } finally {
      await client.close();
    }
  });
  session.keys = undefined;
  run.log('info', `Mi keys of ${last6(mac)} erased; the backup has them.`);
}
