import { hex, isFilled, sameBytes, sha256, u16, u32, u8 } from './bytes.ts';
import { crc32 } from './esp-crc.ts';
import { chipByImageId, chipByName, FLASH_MODES, isMapped, type EspChip } from './esp-chips.ts';
import type { FirmwareProblem, FlashMode } from './firmware-file.ts';

const IMAGE_MAGIC = 0xe9;
/** SDK "version 2" application of the ESP8266: one flash segment, then a normal image. */
const V2_MAGIC = 0xea;
const V2_SEGMENTS = 4;
const MAX_SEGMENTS = 16;
const HEADER_BYTES = 8;
const EXTENDED_HEADER_BYTES = 24;
const CHECKSUM_SEED = 0xef;
const SHA256_BYTES = 32;
/** No segment of any chip is larger than the 16 MiB of flash that can be mapped. */
const MAX_SEGMENT_BYTES = 0x100_0000;

export interface ImageSegment {
  readonly address: number;
  readonly length: number;
  /** Where its data starts in the array the image was read from. */
  readonly dataOffset: number;
}

/** What an image's header and the walk along its segments say; offsets are those of the array it was read from. */
export interface EspImage {
  readonly start: number;
  /** Undefined when the chip id is none that is known. */
  readonly chip: EspChip | undefined;
  /** `v2` starts with EA and cannot be started by the ROM itself. */
  readonly form: 'v1' | 'v2';
  readonly mode: FlashMode | undefined;
  readonly sizeBytes: number | undefined;
  readonly freqMHz: number | undefined;
  readonly entry: number;
  readonly segments: readonly ImageSegment[];
  /** Chip revisions x100 it accepts; undefined for ESP8266. */
  readonly minRevision: number | undefined;
  readonly maxRevision: number | undefined;
  /** First byte behind checksum, SHA-256 and CRC; meaningless when truncated. */
  readonly end: number;
  readonly truncated: boolean;
  readonly checksum:
    { readonly offset: number; readonly stored: number; readonly computed: number } | undefined;
  readonly sha256: 'valid' | 'wrong' | 'none' | 'missing';
  /** Of the v2 form: its own CRC-32 over everything follows the checksum, and fits. HAA has one, Mongoose OS none. */
  readonly hasCrc32: boolean;
  /** Without errors the image verifies. */
  readonly problems: readonly FirmwareProblem[];
}

/** True when the image is whole and its checksum and SHA-256 fit. */
export const verifies = (image: EspImage): boolean =>
  image.problems.every((problem) => problem.severity !== 'error');

/** An application maps flash; a boot loader runs from RAM alone. */
export const mapsFlash = (image: EspImage): boolean => {
  const { chip } = image;
  if (image.form === 'v2') return true;
  if (chip != null) return image.segments.some((segment) => isMapped(chip, segment.address));
  // A chip that is not in the table: all of them so far map flash at one of these windows.
  return image.segments.some(({ address }) => address >= 0x4200_0000 && address < 0x4f00_0000);
};

/**
 * Reads the image that starts at `start`. Undefined when what stands there is no image header; a damaged or cut
 * image comes back with its problems. Reads every byte of the image at most twice.
 */
export function parseEspImage(bytes: Uint8Array, start = 0): EspImage | undefined {
  if (bytes.length - start < EXTENDED_HEADER_BYTES) return undefined;
  const magic = u8(bytes, start);
  const count = u8(bytes, start + 1);
  if (magic === V2_MAGIC && count === V2_SEGMENTS) return parseV2(bytes, start);
  if (magic !== IMAGE_MAGIC || count === 0 || count > MAX_SEGMENTS) return undefined;
  if (looksLikeEsp8266(bytes, start)) return parseEsp8266(bytes, start);
  return looksLikeEsp32(bytes, start) ? parseEsp32(bytes, start) : undefined;
}

const isEsp8266Address = (address: number): boolean =>
  (address >= 0x3ffe_8000 && address < 0x4000_0000) ||
  (address >= 0x4010_0000 && address < 0x4011_0000) ||
  (address >= 0x4020_0000 && address < 0x4030_0000);

/** RAM, flash windows and RTC memory of ESP32 and later; 0 is a filler segment. */
const isEsp32Address = (address: number): boolean =>
  address === 0 ||
  (address >= 0x2000_0000 && address < 0x2080_0000) ||
  (address >= 0x3c00_0000 && address < 0x4500_0000) ||
  (address >= 0x4800_0000 && address < 0x5020_0000) ||
  (address >= 0x600f_0000 && address < 0x6010_0000);

function looksLikeEsp8266(bytes: Uint8Array, start: number): boolean {
  const entry = u32(bytes, start + 4);
  return entry >= 0x4010_0000 && entry < 0x4030_0000 && isEsp8266Address(u32(bytes, start + HEADER_BYTES));
}

/** The extended header's reserved bytes are zero and its last byte, the hash flag, is 0 or 1. */
function looksLikeEsp32(bytes: Uint8Array, start: number): boolean {
  const entry = u32(bytes, start + 4);
  return (
    u16(bytes, start + 12) <= 0xff &&
    isFilled(bytes.subarray(start + 19, start + 23), 0) &&
    u8(bytes, start + 23) <= 1 &&
    entry !== 0 &&
    isEsp32Address(entry) &&
    isEsp32Address(u32(bytes, start + EXTENDED_HEADER_BYTES))
  );
}

interface Walk {
  readonly segments: ImageSegment[];
  readonly end: number;
  readonly broken?: FirmwareProblem;
}

function walkSegments(
  bytes: Uint8Array,
  first: number,
  count: number,
  isAddress: (address: number) => boolean,
): Walk {
  const segments: ImageSegment[] = [];
  let offset = first;
  for (let index = 0; index < count; index++) {
    if (offset + 8 > bytes.length) return { segments, end: offset, broken: cutShort(bytes, offset + 8) };
    const segment = {
      address: u32(bytes, offset),
      length: u32(bytes, offset + 4),
      dataOffset: offset + 8,
    };
    if (segment.length > MAX_SEGMENT_BYTES || !isAddress(segment.address))
      return {
        segments,
        end: offset,
        broken: {
          severity: 'error',
          text: `Segment ${index + 1} of ${count} at ${hex(offset)} is damaged: address ${hex(segment.address, 8)}, length ${hex(segment.length)}.`,
        },
      };
    segments.push(segment);
    offset = segment.dataOffset + segment.length;
    if (offset > bytes.length) return { segments, end: offset, broken: cutShort(bytes, offset) };
  }
  return { segments, end: offset };
}

const cutShort = (bytes: Uint8Array, needed: number): FirmwareProblem => ({
  severity: 'error',
  text: `The image is cut short: it ends at ${hex(bytes.length)} but needs at least ${hex(needed)}.`,
});

function checkChecksum(bytes: Uint8Array, start: number, walk: Walk, summed: readonly ImageSegment[]) {
  // Padding with zeros makes the checksum the last byte of a group of 16, counted from the image's start.
  const offset = start + Math.floor((walk.end - start) / 16) * 16 + 15;
  if (offset >= bytes.length) return { problem: cutShort(bytes, offset + 1) };
  let computed = CHECKSUM_SEED;
  for (const { dataOffset, length } of summed)
    for (let index = dataOffset; index < dataOffset + length; index++) computed ^= bytes[index] ?? 0;
  const stored = u8(bytes, offset);
  const problem: FirmwareProblem | undefined =
    stored === computed
      ? undefined
      : {
          severity: 'error',
          text: `The checksum at ${hex(offset)} is ${hex(stored, 2)}, but the segments add up to ${hex(computed, 2)}: the image is damaged.`,
        };
  return { checksum: { offset, stored, computed }, problem };
}

const header = (bytes: Uint8Array, start: number, chip: EspChip | undefined) => ({
  start,
  chip,
  mode: FLASH_MODES[u8(bytes, start + 2)],
  sizeBytes: chip?.sizes[u8(bytes, start + 3) >> 4],
  freqMHz: chip?.freqs[u8(bytes, start + 3) & 0xf],
  entry: u32(bytes, start + 4),
});

function parseEsp8266(bytes: Uint8Array, start: number): EspImage {
  const walk = walkSegments(bytes, start + HEADER_BYTES, u8(bytes, start + 1), isEsp8266Address);
  const sum = walk.broken == null ? checkChecksum(bytes, start, walk, walk.segments) : undefined;
  const problem = walk.broken ?? sum?.problem;
  return {
    ...header(bytes, start, chipByName('ESP8266')),
    form: 'v1',
    segments: walk.segments,
    minRevision: undefined,
    maxRevision: undefined,
    end: (sum?.checksum?.offset ?? walk.end) + 1,
    truncated: sum?.checksum == null,
    checksum: sum?.checksum,
    sha256: 'none',
    hasCrc32: false,
    problems: problem == null ? [] : [problem],
  };
}

function parseV2(bytes: Uint8Array, start: number): EspImage | undefined {
  const flash = {
    address: u32(bytes, start + 8),
    length: u32(bytes, start + 12),
    dataOffset: start + 16,
  };
  if (flash.address !== 0 || flash.length === 0 || flash.length > MAX_SEGMENT_BYTES) return undefined;
  const inner = flash.dataOffset + flash.length;
  const common = {
    ...header(bytes, start, chipByName('ESP8266')),
    form: 'v2',
    minRevision: undefined,
    maxRevision: undefined,
    sha256: 'none',
  } as const;
  const lost = (problem: FirmwareProblem): EspImage => ({
    ...common,
    segments: [flash],
    end: inner,
    truncated: true,
    checksum: undefined,
    hasCrc32: false,
    problems: [problem],
  });
  if (inner + HEADER_BYTES > bytes.length) return lost(cutShort(bytes, inner + HEADER_BYTES));
  const count = u8(bytes, inner + 1);
  if (u8(bytes, inner) !== IMAGE_MAGIC || count === 0 || count > MAX_SEGMENTS)
    return lost({
      severity: 'error',
      text: `Behind its flash segment, at ${hex(inner)}, the image does not go on: it is damaged.`,
    });
  const walk = walkSegments(bytes, inner + HEADER_BYTES, count, isEsp8266Address);
  if (walk.broken != null) return lost(walk.broken);
  // The flash segment is not part of the sum; a CRC-32 over everything may follow instead.
  const { checksum, problem } = checkChecksum(bytes, start, walk, walk.segments);
  const sumEnd = (checksum?.offset ?? walk.end) + 1;
  const hasCrc = checksum != null && u32(bytes, sumEnd) === v2Crc(bytes.subarray(start, sumEnd));
  return {
    ...common,
    segments: [flash, ...walk.segments],
    end: hasCrc ? sumEnd + 4 : sumEnd,
    truncated: checksum == null,
    checksum,
    hasCrc32: hasCrc,
    problems: problem == null ? [] : [problem],
  };
}

/** The SDK's CRC-32 of a v2 image: the usual one, inverted or incremented by its sign (esptool, `esp8266_crc32`). */
export function v2Crc(image: Uint8Array): number {
  const crc = crc32(image);
  return (crc > 0x7fff_ffff ? ~crc : crc + 1) >>> 0;
}

function parseEsp32(bytes: Uint8Array, start: number): EspImage {
  const chipId = u16(bytes, start + 12);
  const chip = chipByImageId(chipId);
  const maxRevision = u16(bytes, start + 17);
  const problems: FirmwareProblem[] = [];
  if (chip == null)
    problems.push({
      severity: 'error',
      text: `The image is for chip number ${chipId}, which benchflash does not know.`,
    });
  const walk = walkSegments(bytes, start + EXTENDED_HEADER_BYTES, u8(bytes, start + 1), isEsp32Address);
  const sum = walk.broken == null ? checkChecksum(bytes, start, walk, walk.segments) : undefined;
  const problem = walk.broken ?? sum?.problem;
  if (problem != null) problems.push(problem);
  const sumEnd = (sum?.checksum?.offset ?? walk.end) + 1;
  const hash = checkHash(bytes, start, sum?.checksum == null ? undefined : sumEnd);
  if (hash.problem != null) problems.push(hash.problem);
  return {
    ...header(bytes, start, chip),
    form: 'v1',
    segments: walk.segments,
    minRevision: u16(bytes, start + 15) || u8(bytes, start + 14) * 100,
    maxRevision: maxRevision === 0 || maxRevision === 0xffff ? undefined : maxRevision,
    end: sumEnd + (hash.state === 'none' ? 0 : SHA256_BYTES),
    truncated: sum?.checksum == null || hash.state === 'missing',
    checksum: sum?.checksum,
    sha256: hash.state,
    hasCrc32: false,
    problems,
  };
}

function checkHash(
  bytes: Uint8Array,
  start: number,
  hashed: number | undefined,
): { readonly state: EspImage['sha256']; readonly problem?: FirmwareProblem } {
  if (u8(bytes, start + 23) !== 1) return { state: 'none' };
  if (hashed == null) return { state: 'missing' };
  if (hashed + SHA256_BYTES > bytes.length)
    return { state: 'missing', problem: cutShort(bytes, hashed + SHA256_BYTES) };
  const stored = bytes.subarray(hashed, hashed + SHA256_BYTES);
  if (sameBytes(stored, sha256(bytes.subarray(start, hashed)))) return { state: 'valid' };
  return {
    state: 'wrong',
    problem: {
      severity: 'error',
      text: 'The SHA-256 at the end of the image does not fit its content: the image is damaged.',
    },
  };
}
