import { createHash } from 'node:crypto';
import { textOf, u16, u32 } from '../../bytes.ts';

/** What the boot ROM and the boot loader read of an image, with their own rules; nothing of it is trusted. */
export interface ParsedImage {
  readonly mode: number;
  /** Size nibble of the header. */
  readonly sizeId: number;
  readonly frequencyId: number;
  readonly entry: number;
  readonly chipId: number;
  readonly segments: readonly ImageSegment[];
  readonly checksum: number;
  readonly expectedChecksum: number;
  /** Calculated and appended hash, hex; undefined where the header says there is none. */
  readonly hash: { readonly calculated: string; readonly expected: string } | undefined;
  /** Everything up to and with checksum and hash. */
  readonly bytes: Uint8Array;
}

export interface ImageSegment {
  readonly address: number;
  /** Offset of the data in the image. */
  readonly offset: number;
  readonly length: number;
}

export const IMAGE_MAGIC = 0xe9;
const SEGMENT_LIMIT = 16;
const HASH_BYTES = 32;
const HEADER_BYTES = { esp8266: 8, esp32: 24 } as const;

/** A reason in the words of the boot loader when it is no image. */
export function parseImage(
  flash: Uint8Array,
  start: number,
  family: 'esp8266' | 'esp32',
  limitBytes = flash.length - start,
): ParsedImage | string {
  const image = flash.subarray(start, Math.min(flash.length, start + limitBytes));
  if (image[0] !== IMAGE_MAGIC) return 'magic';
  const count = image[1] ?? 0;
  if (count === 0 || count > SEGMENT_LIMIT) return `segment count ${count}`;
  const segments: ImageSegment[] = [];
  let at: number = HEADER_BYTES[family];
  let sum = 0xef;
  for (let index = 0; index < count; index++) {
    const address = u32(image, at);
    const length = u32(image, at + 4);
    at += 8;
    if (at + length > image.length) return `segment ${index} length`;
    segments.push({ address, offset: at, length });
    for (let byte = at; byte < at + length; byte++) sum ^= image[byte]!;
    at += length;
  }
  const checksumAt = Math.floor(at / 16) * 16 + 15;
  const hasHash = family === 'esp32' && image[23] === 1;
  const end = checksumAt + 1 + (hasHash ? HASH_BYTES : 0);
  if (end > image.length) return 'length';
  return {
    mode: image[2]!,
    sizeId: image[3]! >>> 4,
    frequencyId: image[3]! & 0x0f,
    entry: u32(image, 4),
    chipId: family === 'esp32' ? u16(image, 12) : 0,
    segments,
    checksum: sum,
    expectedChecksum: image[checksumAt]!,
    hash: hasHash
      ? {
          calculated: createHash('sha256')
            .update(image.subarray(0, checksumAt + 1))
            .digest('hex'),
          expected: Buffer.from(image.subarray(checksumAt + 1, end)).toString('hex'),
        }
      : undefined,
    bytes: image.subarray(0, end),
  };
}

export interface Descriptor {
  readonly version: string;
  readonly project: string;
  readonly time: string;
  readonly date: string;
  readonly idf: string;
  readonly elfSha256: string;
}

/** Application descriptor at the start of the first segment, where there is one. */
export function appDescriptor(image: ParsedImage): Descriptor | undefined {
  const at = image.segments[0]?.offset ?? 0;
  const { bytes } = image;
  if (u32(bytes, at) !== 0xabcd_5432) return undefined;
  const text = (offset: number, length: number) => textOf(bytes.subarray(at + offset, at + offset + length));
  return {
    version: text(16, 32),
    project: text(48, 32),
    time: text(80, 16),
    date: text(96, 16),
    idf: text(112, 32),
    elfSha256: Buffer.from(bytes.subarray(at + 144, at + 176)).toString('hex'),
  };
}

/** Boot loader descriptor (newer ESP-IDF) at the start of the first segment, where there is one. */
export function bootloaderDescriptor(image: ParsedImage): { idf: string; date: string } | undefined {
  const at = image.segments[0]?.offset ?? 0;
  const { bytes } = image;
  if (bytes[at] !== 0x50) return undefined;
  const idf = textOf(bytes.subarray(at + 8, at + 40));
  return /^v?\d/.test(idf) ? { idf, date: textOf(bytes.subarray(at + 40, at + 64)) } : undefined;
}

/** Whether the text stands somewhere in the image: what is not in it, it cannot print. */
export const imageHolds = (image: ParsedImage, text: string): boolean =>
  Buffer.from(image.bytes.buffer, image.bytes.byteOffset, image.bytes.length).includes(text, 0, 'latin1');

/** First match of `pattern` in the image's bytes, read as Latin-1. */
export function findInImage(image: ParsedImage, pattern: RegExp): RegExpExecArray | null {
  return pattern.exec(
    Buffer.from(image.bytes.buffer, image.bytes.byteOffset, image.bytes.length).toString('latin1'),
  );
}
