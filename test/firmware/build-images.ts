import { createHash } from 'node:crypto';
import CRC32 from 'crc-32';
import { concatUint8Arrays } from 'uint8array-extras';

/**
 * A small builder of ESP images for tests, written from the format reference and sharing nothing with the parser.
 */
export interface BuildSegment {
  readonly address: number;
  readonly data: Uint8Array;
}

const le = (value: number, bytes: number): Uint8Array =>
  Uint8Array.from({ length: bytes }, (_, index) => (value / 2 ** (8 * index)) & 0xff);
export const u16le = (value: number): Uint8Array => le(value, 2);
export const u32le = (value: number): Uint8Array => le(value, 4);
/** UTF-8, padded with NUL to `length` bytes. */
export function text(value: string, length?: number): Uint8Array {
  const encoded = new TextEncoder().encode(value);
  const field = new Uint8Array(length ?? encoded.length);
  field.set(encoded.subarray(0, field.length));
  return field;
}

export const filled = (length: number, value: number): Uint8Array => new Uint8Array(length).fill(value);

/** Bytes that look like code: neither blank nor text, the same on every run. */
export function noise(length: number, seed = 1): Uint8Array {
  let state = seed;
  return Uint8Array.from({ length }, () => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return state >>> 24;
  });
}

function finish(header: Uint8Array, segments: readonly BuildSegment[], withHash: boolean): Uint8Array {
  const body = concatUint8Arrays([
    header,
    ...segments.flatMap(({ address, data }) => [u32le(address), u32le(data.length), data]),
  ]);
  const padded = new Uint8Array(Math.floor(body.length / 16) * 16 + 16);
  padded.set(body);
  let sum = 0xef;
  for (const { data } of segments) for (const byte of data) sum ^= byte;
  padded[padded.length - 1] = sum;
  return withHash ? concatUint8Arrays([padded, createHash('sha256').update(padded).digest()]) : padded;
}

export interface Esp32Options {
  readonly chipId?: number;
  readonly mode?: number;
  /** Byte 3: size nibble and clock nibble. */
  readonly sizeFreq?: number;
  readonly entry?: number;
  readonly minRevision?: number;
  readonly maxRevision?: number;
  readonly withHash?: boolean;
}

export function esp32Image(segments: readonly BuildSegment[], options: Esp32Options = {}): Uint8Array {
  const header = concatUint8Arrays([
    Uint8Array.of(0xe9, segments.length, options.mode ?? 2, options.sizeFreq ?? 0x20),
    u32le(options.entry ?? 0x4008_0400),
    Uint8Array.of(0xee, 0, 0, 0),
    le(options.chipId ?? 0, 2),
    Uint8Array.of(0),
    le(options.minRevision ?? 0, 2),
    le(options.maxRevision ?? 0, 2),
    filled(4, 0),
    Uint8Array.of(options.withHash === false ? 0 : 1),
  ]);
  return finish(header, segments, options.withHash !== false);
}

export interface DescriptorTexts {
  readonly project?: string;
  readonly version?: string;
  readonly idf?: string;
}

export const appDescriptor = ({ project, version, idf }: DescriptorTexts): Uint8Array =>
  concatUint8Arrays([
    u32le(0xabcd_5432),
    u32le(0),
    filled(8, 0),
    text(version ?? '1.2.3', 32),
    text(project ?? 'practice', 32),
    text('12:00:00', 16),
    text('Jan  2 2024', 16),
    text(idf ?? 'v5.1.2', 32),
    filled(32, 0xab),
    filled(80, 0),
  ]);

/** An ESP32 application; `strings` go into its read-only data. */
export function esp32App(
  texts: DescriptorTexts & { readonly strings?: string; readonly dataBytes?: number } = {},
  options: Esp32Options & { readonly drom?: number } = {},
): Uint8Array {
  const data = concatUint8Arrays([
    appDescriptor(texts),
    text(texts.strings ?? ''),
    noise(texts.dataBytes ?? 4096),
  ]);
  return esp32Image(
    [
      { address: options.drom ?? 0x3f40_0020, data },
      { address: 0x4008_0000, data: noise(1024, 2) },
    ],
    options,
  );
}

export const esp32Bootloader = (options: Esp32Options = {}): Uint8Array =>
  esp32Image(
    [
      { address: 0x3fff_0030, data: noise(512, 3) },
      { address: 0x4007_8000, data: noise(2048, 4) },
    ],
    options,
  );

/** Of S3 and C3, whose boot loader lies at 0x0 and runs from 0x403C_xxxx. */
export const bootloaderAtZero = (chipId: number, options: Esp32Options = {}): Uint8Array =>
  esp32Image(
    [
      { address: 0x3fcd_5810, data: noise(512, 3) },
      { address: 0x403c_c700, data: noise(2048, 4) },
    ],
    { chipId, entry: 0x403c_c71a, ...options },
  );

export interface BuildPartition {
  readonly label: string;
  readonly type: number;
  readonly subtype: number;
  readonly offset: number;
  readonly size: number;
  readonly flags?: number;
}

export function partitionTable(rows: readonly BuildPartition[], withMd5 = true): Uint8Array {
  const body = concatUint8Arrays(
    rows.map((row) =>
      concatUint8Arrays([
        Uint8Array.of(0xaa, 0x50, row.type, row.subtype),
        u32le(row.offset),
        u32le(row.size),
        text(row.label, 16),
        u32le(row.flags ?? 0),
      ]),
    ),
  );
  const table = filled(0xc00, 0xff);
  table.set(body);
  if (withMd5) {
    table.set([0xeb, 0xeb], body.length);
    table.set(createHash('md5').update(body).digest(), body.length + 16);
  }
  return table;
}

/** nvs, otadata, two OTA slots, data: the usual layout of a 4 MiB unit. */
export const USUAL_ROWS: readonly BuildPartition[] = [
  { label: 'nvs', type: 1, subtype: 2, offset: 0x9000, size: 0x5000 },
  { label: 'otadata', type: 1, subtype: 0, offset: 0xe000, size: 0x2000 },
  { label: 'app0', type: 0, subtype: 0x10, offset: 0x1_0000, size: 0x1c_0000 },
  { label: 'app1', type: 0, subtype: 0x11, offset: 0x1d_0000, size: 0x1c_0000 },
  { label: 'spiffs', type: 1, subtype: 0x82, offset: 0x39_0000, size: 0x6_0000 },
];

/** CRC-32 with the register starting at 0, as `zlib.crc32(x, 0xFFFFFFFF)`. */
export const oddCrc = (bytes: Uint8Array): number => CRC32.buf(bytes, -1) >>> 0;

export function otadata(...seqs: readonly number[]): Uint8Array {
  const block = filled(0x2000, 0xff);
  for (const [index, seq] of seqs.entries()) {
    block.set(u32le(seq), index * 0x1000);
    block.set(u32le(oddCrc(u32le(seq))), index * 0x1000 + 28);
  }
  return block;
}

/** A flash of `sizeBytes` (or as long as needed) with pieces at their offsets. */
export function flash(
  pieces: readonly (readonly [offset: number, bytes: Uint8Array])[],
  sizeBytes?: number,
): Uint8Array {
  const end = Math.max(...pieces.map(([offset, bytes]) => offset + bytes.length));
  const whole = filled(sizeBytes ?? end, 0xff);
  for (const [offset, bytes] of pieces) whole.set(bytes, offset);
  return whole;
}

export function esp8266Image(
  segments: readonly BuildSegment[],
  { mode = 3, sizeFreq = 0x20, entry = 0x4010_f45c } = {},
): Uint8Array {
  const header = concatUint8Arrays([Uint8Array.of(0xe9, segments.length, mode, sizeFreq), u32le(entry)]);
  return finish(header, segments, false);
}

/** Boot loader at 0x0, application at 0x1000, as Arduino builds are. */
export function arduinoEsp8266(
  strings = '',
  { mode = 3, sizeFreq = 0x20, flashBytes = 8192 } = {},
): Uint8Array {
  const eboot = esp8266Image([{ address: 0x4010_f000, data: noise(0xe00, 5) }], { mode, sizeFreq });
  return flash([
    [0, concatUint8Arrays([eboot, filled(0x1000 - eboot.length, 0xaa)])],
    [0x1000, esp8266App(strings, { mode, sizeFreq, flashBytes })],
  ]);
}

export const esp8266App = (strings = '', { mode = 3, sizeFreq = 0x20, flashBytes = 8192 } = {}): Uint8Array =>
  esp8266Image(
    [
      { address: 0x4020_1010, data: concatUint8Arrays([text(`\0${strings}\0`), noise(flashBytes, 6)]) },
      { address: 0x4010_0000, data: noise(256, 7) },
      { address: 0x3ffe_8000, data: noise(128, 8) },
    ],
    { mode, sizeFreq, entry: 0x4010_00b8 },
  );

/** SDK v2 form: a flash segment, then a normal image. */
export function esp8266V2(): Uint8Array {
  const data = noise(4096, 9);
  const head = concatUint8Arrays([
    Uint8Array.of(0xea, 4, 3, 0x20),
    u32le(0x4010_023c),
    u32le(0),
    u32le(data.length),
    data,
  ]);
  return concatUint8Arrays([
    head,
    esp8266Image([{ address: 0x4010_0000, data: noise(512, 10) }], { entry: 0x4010_023c }),
  ]);
}
