import { compareVersions, isOtherVariant, type TasmotaStatus } from '../../src/protocols/tasmota/index.ts';
import type { PlugImage } from './image.ts';

/** What it means that this answers after `image` went to the unit. */
export type Returned =
  | 'new'
  /** As the image says it; and as what ran before said it, down to build date and size. */
  | 'alike'
  | 'old'
  | 'other';

/**
 * Version and variant have to be those of the image. That alone proves nothing where they were so before: then the
 * build date or the size of the program must have changed. Pure.
 */
export function judgeReturn(before: TasmotaStatus, now: TasmotaStatus, image: PlugImage): Returned {
  const isSame =
    compareVersions(before.version, now.version) === 0 &&
    !isOtherVariant(before.version, now.version) &&
    before.builtAt === now.builtAt &&
    before.programKiB === now.programKiB;
  const { version } = image;
  const isIt =
    version == null
      ? image.becomes.firmware === 'tasmota' && now.version.variant !== 'minimal'
      : compareVersions(now.version, version) === 0 && !isOtherVariant(now.version, version);
  if (isIt) return isSame ? 'alike' : 'new';
  return isSame ? 'old' : 'other';
}
