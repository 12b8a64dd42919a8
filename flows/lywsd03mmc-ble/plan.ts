import { BenchError } from '../../src/core/errors.ts';
import type { Task } from '../../src/core/steps.ts';
import type { FirmwareSlot, PlanRequest } from '../flow.ts';
import {
  imageOf,
  MODEL,
  refusesImage,
  refusesProofByRadio,
  type ThermometerImage,
} from '../lywsd03mmc/image.ts';
import { decodeMiBackup } from '../lywsd03mmc/mi-backup.ts';
import { profileOptions, type ProfileOptions } from '../lywsd03mmc/profile-settings.ts';
import { EXTENDED_BANK_BYTES } from '../../src/protocols/telink/ota/index.ts';
import { givenTokens, type GivenTokens } from './tokens.ts';

export const firmwareSlot: FirmwareSlot = {
  id: 'firmware',
  title: `${MODEL} image (pvvx, atc1441 or stock)`,
  required: true,
  refuses: (file) => refusesImage(file) ?? refusesProofByRadio(file) ?? refusesSize(file.telink?.imageBytes),
};

const refusesSize = (imageBytes = 0): string | undefined =>
  imageBytes > EXTENDED_BANK_BYTES
    ? `The image has ${imageBytes} bytes; over the air ${EXTENDED_BANK_BYTES} are the most. Flash it by wire.`
    : undefined;

/** What a batch is going to do, known before any unit is touched. */
export interface BlePlan {
  readonly task: Task;
  /** Of a flash. */
  readonly image: ThermometerImage | undefined;
  readonly profile: ProfileOptions;
  readonly tokens: GivenTokens;
  readonly eraseMiKeys: boolean;
  readonly listenMs: number;
}

/** Throws USAGE and FIRMWARE_REFUSED. */
export function makePlan({ task, files, settings, backup }: PlanRequest): BlePlan {
  const file = files.get(firmwareSlot.id);
  if (task === 'flash' && file == null)
    throw new BenchError('USAGE', {
      message: `The firmware is missing: ${firmwareSlot.title}.`,
      advice: 'Give it with --firmware FILE.',
    });
  if (task !== 'flash' && file != null)
    throw new BenchError('USAGE', { message: `A ${task} takes no --firmware.` });
  if (backup != null) decodeMiBackup(backup.file.content, backup.file.path);
  return {
    task,
    image: file == null ? undefined : imageOf(file),
    profile: profileOptions(settings),
    tokens: givenTokens(settings['token']),
    eraseMiKeys: settings['mi-keys'] === 'erase',
    listenMs: Number(settings['listen-seconds'] ?? 60) * 1000,
  };
}

export function warnings({ image, eraseMiKeys }: BlePlan): string[] {
  if (image == null) return [];
  const { kind, version } = image.runs;
  return [
    ...(kind === 'stock' && version?.startsWith('2.')
      ? [`Units that run stock ${version} take no other firmware over the air: only the wire leads back.`]
      : []),
    ...(kind === 'stock' && !eraseMiKeys
      ? ['Mi Home refuses units whose id was made up by an activation here: set mi-keys=erase for those.']
      : []),
    ...(image.fitsBank
      ? []
      : ['The image is larger than 128 KiB: only pvvx 4.6 and newer makes room for it.']),
  ];
}
