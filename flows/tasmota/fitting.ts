import { BenchError } from '../../src/core/errors.ts';
import { patchedCopy } from '../../src/firmware/patched-copy.ts';
import { fitsPath } from '../../src/firmware/path-rules.ts';
import type { TasmotaStatus } from '../../src/protocols/tasmota/index.ts';
import { isMinimal, type PlugImage } from './image.ts';

/** What decides whether a unit takes an image. */
export type Taker = Pick<TasmotaStatus, 'versionText' | 'flashKiB' | 'freeKiB' | 'hardware'>;

/**
 * The image as this unit takes it: itself, or a copy with what the unit wants of it and the file lacks. Its room is
 * judged by `hasRoom`. Throws FIRMWARE_DOES_NOT_FIT_UNIT, and TASMOTA_NOT_COMPATIBLE where only a changed copy would
 * be taken and none is allowed.
 */
export function fitted(image: PlugImage, unit: Taker, mayPatch: boolean): PlugImage {
  const { problems, patch } = fitsPath(image.file, 'tasmota-upload', {
    runningVersion: unit.versionText,
    isIntermediate: isMinimal(image.file),
    needsDout: /^ESP8285/i.test(unit.hardware ?? ''),
    ...(unit.flashKiB != null && { flashSizeBytes: unit.flashKiB * 1024 }),
  });
  const errors = problems.filter(({ severity }) => severity === 'error').map(({ text }) => text);
  if (errors.length === 0) return image;
  const message = errors.join(' ');
  if (patch == null) throw new BenchError('FIRMWARE_DOES_NOT_FIT_UNIT', { message });
  if (!mayPatch)
    throw new BenchError('TASMOTA_NOT_COMPATIBLE', {
      message,
      advice: 'Set patch=yes: a copy of the image that the unit takes is made, kept and sent.',
    });
  const { name, bytes, sha256, changes } = patchedCopy(image.file, patch.changes);
  return { ...image, name, bytes, sha256, changes };
}

const SECTOR_BYTES = 0x1000;
/** Where the settings of a 1 MB layout begin: everything before it is firmware and staging area. */
const STAGING_END = 0xf_b000;
const sectors = (bytes: number): number => Math.ceil(bytes / SECTOR_BYTES) * SECTOR_BYTES;

/**
 * Bytes that an upload may have, undefined where the unit does not say it: its updater takes whole sectors, and leaves
 * one between what runs and what is staged.
 */
export const roomOf = ({ freeKiB }: Taker): number | undefined =>
  freeKiB == null ? undefined : Math.max(0, sectors(freeKiB * 1024 - 2 * SECTOR_BYTES + 1));

export const hasRoom = ({ bytes }: PlugImage, unit: Taker): boolean =>
  bytes.length <= (roomOf(unit) ?? Infinity);

/** Throws FIRMWARE_DOES_NOT_FIT_UNIT where the target would not have room beside minimal either. */
export function refuseWithoutRoom(target: PlugImage, minimal: PlugImage): void {
  const room = STAGING_END - sectors(minimal.file.content.length) - SECTOR_BYTES;
  if (target.bytes.length <= room) return;
  throw new BenchError('FIRMWARE_DOES_NOT_FIT_UNIT', {
    message: `The image has ${target.bytes.length} bytes; beside this minimal there is room for ${room}. Take its .bin.gz, or a smaller minimal.`,
  });
}
