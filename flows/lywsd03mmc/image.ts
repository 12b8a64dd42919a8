import type { InspectedFile, TelinkFacts } from '../../src/firmware/inspect.ts';
import type { RunningFirmware } from './running-firmware.ts';

/** The only model with a profile. */
export const MODEL = 'LYWSD03MMC';

/** An image that can be written to these units, and by what a unit that runs it is known. */
export interface ThermometerImage {
  readonly file: InspectedFile;
  /** From the first byte of a bank, without what follows the image. */
  readonly bytes: Uint8Array;
  readonly runs: RunningFirmware;
  /** It ends within one bank of 128 KiB. */
  readonly fitsBank: boolean;
}

/** Why a file is no image for a LYWSD03MMC, one sentence, by whatever way it would be written. */
export function refusesImage(file: InspectedFile): string | undefined {
  if (file.kind === 'telink-full-flash')
    return 'This is the whole flash of one unit, with its MAC and keys. Write it by wire with benchflash restore.';
  const { telink } = file;
  if (file.kind !== 'telink-image' && file.kind !== 'telink-zigbee-ota')
    return firstError(file) ?? `${file.title} is no firmware for a ${MODEL}.`;
  const broken = firstError(file);
  if (broken != null || telink == null) return broken ?? `${file.title} holds no image.`;
  if (telink.model !== MODEL)
    return `${file.title}: it is made for ${telink.model ?? 'a device that is not known'}, not for a ${MODEL}.`;
  return undefined;
}

/** Why a unit that runs it could not be heard to run it. */
export function refusesProofByRadio({ telink }: InspectedFile): string | undefined {
  if (telink?.firmware === 'zigbee')
    return 'This is Zigbee firmware: it speaks no Bluetooth, so nothing could prove that it runs, and only the wire leads back.';
  if (telink?.firmware === 'unknown')
    return 'This firmware says nowhere what it is: nothing could prove that it runs.';
  return undefined;
}

/** Of a file that nothing refuses. */
export function imageOf(file: InspectedFile): ThermometerImage {
  const part = file.parts.find(({ kind }) => kind === 'telink-image');
  if (part == null || file.telink == null) throw new Error(`${file.path} holds no image`);
  return { file, bytes: part.bytes, runs: runningOf(file.telink), fitsBank: file.telink.fitsOta };
}

function runningOf({ firmware, version }: TelinkFacts): RunningFirmware {
  if (firmware !== 'stock' && firmware !== 'pvvx' && firmware !== 'atc1441')
    throw new Error(`${firmware} firmware is not known by what it runs as`);
  return { kind: firmware, ...(version != null && { version }) };
}

const firstError = ({ problems }: InspectedFile): string | undefined =>
  problems.find(({ severity }) => severity === 'error')?.text;
