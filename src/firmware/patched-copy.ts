import { posix, win32 } from 'node:path';
import { gzipSync } from 'node:zlib';
import { BenchError } from '../core/errors.ts';
import { hexBytes, sha256, sizeText } from './bytes.ts';
import type { FlashMode, InspectedFile } from './firmware-file.ts';
import { patchFlashHeader } from './patch-flash-header.ts';
import { MARKER_BYTES, withTasmotaMarker } from './tasmota-marker.ts';

/** What may be changed of an unsigned image without touching what it does. */
export interface ImageChanges {
  /** The size its header claims, bytes. */
  readonly headerFlashSizeBytes?: number;
  readonly flashMode?: FlashMode;
  /** The compatibility marker that Tasmota 7.1.2.6 to 9.x looks for is put behind it. */
  readonly tasmotaMarker?: true;
}

export interface PatchedCopy {
  /** Beside the original: `tasmota-lite.patched.bin`. Without `-`, `.` or other signs that the original lacks. */
  readonly name: string;
  readonly bytes: Uint8Array;
  /** Of `bytes`, lower-case hex. */
  readonly sha256: string;
  /** What was changed, in the operator's words. */
  readonly changes: readonly string[];
}

/** Why nothing of this image may be changed, or undefined. */
export function whyNotPatched(file: InspectedFile): string | undefined {
  if (file.kind !== 'esp8266-image' || file.esp8266 == null) return 'only ESP8266 images can be patched';
  if (file.parts.some(({ damaged }) => damaged)) return 'the image is damaged';
  if (file.esp8266.signature !== 'none')
    return 'the image is signed, and any change would break its signature';
  return undefined;
}

/**
 * The changed copy of an image, and what was changed. A gzip file is unpacked, changed and packed anew: an updater
 * checks nothing of what is in it, but the chip starts with the header that was packed. Throws FIRMWARE_REFUSED for
 * what must not be patched.
 */
export function patchedCopy(file: InspectedFile, changes: ImageChanges): PatchedCopy {
  const reason = whyNotPatched(file);
  if (reason != null)
    throw new BenchError('FIRMWARE_REFUSED', { message: `${file.title} is not changed: ${reason}.` });
  const { headerFlashSizeBytes, flashMode, tasmotaMarker } = changes;
  let bytes = patchFlashHeader(file.content, {
    ...(flashMode != null && { mode: flashMode }),
    ...(headerFlashSizeBytes != null && { sizeBytes: headerFlashSizeBytes }),
  });
  if (tasmotaMarker === true) bytes = withTasmotaMarker(bytes);
  if (file.compressed) {
    const packed = gzipSync(bytes, { level: 9 });
    bytes = new Uint8Array(packed.buffer, packed.byteOffset, packed.length);
  }
  return {
    name: patchedName(file.path),
    bytes,
    sha256: hexBytes(sha256(bytes)),
    changes: changeTexts(changes, file),
  };
}

/** What `changes` would do to the file, one sentence each. */
export function changeTexts(changes: ImageChanges, file: InspectedFile): string[] {
  const [part] = file.parts;
  const { headerFlashSizeBytes, flashMode, tasmotaMarker } = changes;
  return [
    ...(headerFlashSizeBytes == null
      ? []
      : [
          `The flash size in its header: ${part?.headerFlashSizeBytes == null ? 'an unknown one' : sizeText(part.headerFlashSizeBytes)} became ${sizeText(headerFlashSizeBytes)}.`,
        ]),
    ...(flashMode == null
      ? []
      : [
          `The flash mode in its header: ${part?.flashMode?.toUpperCase() ?? 'an unknown one'} became ${flashMode.toUpperCase()}.`,
        ]),
    ...(tasmotaMarker === true
      ? [
          `The marker that Tasmota 7.1.2.6 to 9.x looks for was put behind it (${MARKER_BYTES} bytes and padding).`,
        ]
      : []),
  ];
}

/** The name on either system's paths, with `patched` before its endings. */
function patchedName(path: string): string {
  const name = win32.basename(posix.basename(path));
  const ending = /(\.bin)?(\.gz)?$/i.exec(name)?.[0] ?? '';
  return `${name.slice(0, name.length - ending.length)}.patched${ending === '' ? '.bin' : ending}`;
}
