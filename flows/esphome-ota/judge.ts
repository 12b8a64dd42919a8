import { buildText, type EspHomeAnnouncement } from '../../src/protocols/esphome/index.ts';
import type { NewFirmware } from '../network-plug/index.ts';

/** What it means that a unit announces `now` after an image went to it. */
export type Judged =
  /** As the image says it, and not as before. */
  | 'new'
  /** As the image says it, and as before: nothing tells the two apart. */
  | 'alike'
  | 'old'
  | 'other'
  /** It does not say its version. */
  | 'unseen';

/**
 * An equal version alone proves nothing where it was so before: then the YAML must have changed, which newer builds
 * announce as a hash. `before`: undefined where it was not heard. Pure.
 */
export function judge(
  before: EspHomeAnnouncement | undefined,
  now: EspHomeAnnouncement,
  { version }: NewFirmware,
): Judged {
  if (now.version === undefined) return 'unseen';
  const isSame = before === undefined ? undefined : buildText(before) === buildText(now);
  if (version !== undefined && now.version !== version) return isSame === true ? 'old' : 'other';
  // Who was not heard before may have said the same.
  return isSame === false ? 'new' : 'alike';
}
