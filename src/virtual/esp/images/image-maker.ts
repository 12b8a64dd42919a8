import { createHash } from 'node:crypto';
import { joinBytes, latin1, putU32, words } from '../../bytes.ts';

export interface SegmentContent {
  readonly address: number;
  readonly data: Uint8Array;
}

export interface ImageHeader {
  /** 0 QIO, 1 QOUT, 2 DIO, 3 DOUT. */
  readonly mode: number;
  /** High nibble of byte 3; means another size on each chip. */
  readonly sizeId: number;
  /** 0 is 40 MHz. */
  readonly frequencyId: number;
  readonly entry: number;
}

/** An ESP8266 image: header, segments, checksum at the end of a 16-byte group (reference section 13). */
export function esp8266Image(header: ImageHeader, segments: readonly SegmentContent[]): Uint8Array {
  return withChecksum(
    joinBytes(headerBytes(header, segments.length), ...segments.map(segmentBytes)),
    segments,
  );
}

/** An ESP32 image: extended header, segments, checksum, SHA-256. */
export function esp32Image(header: ImageHeader, segments: readonly SegmentContent[]): Uint8Array {
  const extended = new Uint8Array(16);
  extended[0] = 0xee;
  // Any revision up to 3.99.
  extended.set([0x8f, 0x01], 9);
  extended[15] = 1;
  const image = withChecksum(
    joinBytes(headerBytes(header, segments.length), extended, ...segments.map(segmentBytes)),
    segments,
  );
  return joinBytes(image, new Uint8Array(createHash('sha256').update(image).digest()));
}

function headerBytes({ mode, sizeId, frequencyId, entry }: ImageHeader, segments: number): Uint8Array {
  return joinBytes(Uint8Array.of(0xe9, segments, mode, (sizeId << 4) | frequencyId), words(entry));
}

const segmentBytes = ({ address, data }: SegmentContent): Uint8Array =>
  joinBytes(words(address, data.length), data);

function withChecksum(body: Uint8Array, segments: readonly SegmentContent[]): Uint8Array {
  const image = new Uint8Array(Math.floor(body.length / 16) * 16 + 16);
  image.set(body);
  let sum = 0xef;
  for (const { data } of segments) for (const byte of data) sum ^= byte;
  image[image.length - 1] = sum;
  return image;
}

/** Pads to a multiple of four with zeros. */
export function wordPadded(bytes: Uint8Array): Uint8Array {
  const padded = new Uint8Array(Math.ceil(bytes.length / 4) * 4);
  padded.set(bytes);
  return padded;
}

export interface DescriptorText {
  readonly version: string;
  readonly project: string;
  readonly time: string;
  readonly date: string;
  readonly idf: string;
}

/** Application descriptor of 256 bytes. The ELF hash is made of the names, for want of an ELF file. */
export function appDescriptorBytes(text: DescriptorText): Uint8Array {
  const descriptor = new Uint8Array(256);
  putU32(descriptor, 0, 0xabcd_5432);
  const put = (at: number, value: string, length: number) =>
    descriptor.set(latin1(value).subarray(0, length - 1), at);
  put(16, text.version, 32);
  put(48, text.project, 32);
  put(80, text.time, 16);
  put(96, text.date, 16);
  put(112, text.idf, 32);
  descriptor.set(createHash('sha256').update(`${text.project} ${text.version}`).digest(), 144);
  return descriptor;
}

/** Boot loader descriptor of 80 bytes. */
export function bootloaderDescriptorBytes(idf: string, date: string): Uint8Array {
  const descriptor = new Uint8Array(80);
  descriptor[0] = 0x50;
  putU32(descriptor, 4, 1);
  descriptor.set(latin1(idf), 8);
  descriptor.set(latin1(date), 40);
  return descriptor;
}
