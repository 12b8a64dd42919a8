import CRC32 from 'crc-32';
import { hex, sizeText, startsWith, u32 } from './bytes.ts';
import type { Findings } from './findings.ts';
import { type FlashArea, LYWSD03MMC } from './telink-models.ts';
import { readTelinkUnit, type TelinkUnit } from './telink-unit.ts';

/** A stretch of flash with what it held. */
export interface HeldArea {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/**
 * A backup of what is unique to a thermometer, a few hundred bytes instead of 512 KiB. All numbers are u32, low byte first:
 *
 *     00  "BFUNIQ1\n"
 *     08  size of the flash that it is of, bytes
 *     0C  number of areas
 *     10  for each area: offset in flash, length, then its bytes
 *     end CRC-32 (the usual one) of everything before
 *
 * An area may be shorter than the place it has in flash: the rest of that place is erased (FF).
 */
const MAGIC = Uint8Array.from('BFUNIQ1\n', (letter) => letter.charCodeAt(0));
const HEADER_BYTES = 16;
const AREA_HEADER_BYTES = 8;
const CRC_BYTES = 4;

export function encodeUniqueAreas(flashSizeBytes: number, areas: readonly HeldArea[]): Uint8Array {
  const length =
    HEADER_BYTES + CRC_BYTES + areas.reduce((sum, { bytes }) => sum + AREA_HEADER_BYTES + bytes.length, 0);
  const file = new Uint8Array(length);
  const view = new DataView(file.buffer);
  file.set(MAGIC);
  view.setUint32(8, flashSizeBytes, true);
  view.setUint32(12, areas.length, true);
  let at = HEADER_BYTES;
  for (const { offset, bytes } of areas) {
    view.setUint32(at, offset, true);
    view.setUint32(at + 4, bytes.length, true);
    file.set(bytes, at + AREA_HEADER_BYTES);
    at += AREA_HEADER_BYTES + bytes.length;
  }
  view.setUint32(at, crcOf(file.subarray(0, at)), true);
  return file;
}

export interface UniqueAreasFile {
  readonly flashSizeBytes: number;
  readonly areas: readonly HeldArea[];
  /** What is wrong with the file, one sentence. */
  readonly damage: string | undefined;
}

/** Undefined when it is no such file. */
export function parseUniqueAreas(content: Uint8Array): UniqueAreasFile | undefined {
  if (content.length < HEADER_BYTES + CRC_BYTES || !startsWith(content, [...MAGIC])) return undefined;
  const flashSizeBytes = u32(content, 8);
  const end = content.length - CRC_BYTES;
  const damaged = (damage: string) => ({ flashSizeBytes, areas: [], damage });
  if (u32(content, end) !== crcOf(content.subarray(0, end)))
    return damaged('Its checksum is wrong: the file is damaged or cut short.');
  const areas: HeldArea[] = [];
  let at = HEADER_BYTES;
  for (let left = u32(content, 12); left > 0; left--) {
    if (at + AREA_HEADER_BYTES > end) return damaged('An area reaches beyond the end of the file.');
    const offset = u32(content, at);
    const length = u32(content, at + 4);
    at += AREA_HEADER_BYTES;
    if (at + length > end || offset + length > flashSizeBytes)
      return damaged('An area reaches beyond the end of the file or of the flash.');
    areas.push({ offset, bytes: content.subarray(at, at + length) });
    at += length;
  }
  return { flashSizeBytes, areas, damage: undefined };
}

const crcOf = (bytes: Uint8Array): number => CRC32.buf(bytes) >>> 0;

/** What these areas say of a stretch of flash; FF where they say nothing. */
export function bytesFrom(areas: readonly HeldArea[], { offset, length }: FlashArea): Uint8Array {
  const found = new Uint8Array(length).fill(0xff);
  for (const area of areas)
    for (let index = 0; index < area.bytes.length; index++) {
      const at = area.offset + index - offset;
      if (at >= 0 && at < length) found[at] = area.bytes[index]!;
    }
  return found;
}

/** For `inspect`; undefined when it is no such file. */
export function describeUniqueAreas(content: Uint8Array): Findings | undefined {
  const file = parseUniqueAreas(content);
  if (file == null) return undefined;
  const { areas, damage } = file;
  const unit =
    damage == null
      ? readTelinkUnit((offset, length) => bytesFrom(areas, { offset, length }), LYWSD03MMC.model)
      : undefined;
  return {
    kind: 'telink-unique-areas',
    chip: undefined,
    title: `what is unique to a ${LYWSD03MMC.model}${unit?.mac == null ? '' : ` ${unit.mac}`}`,
    facts: [
      ...unitFacts(unit),
      ...areas.map(({ offset, bytes }) => ({
        label: `Area ${hex(offset)}`,
        value: `${titleAt(offset)}, ${sizeText(bytes.length)}`,
      })),
    ],
    problems: damage == null ? [] : [{ severity: 'error', text: damage }],
    parts: [],
    backup: {
      runs: undefined,
      wifiCredentials: 'none',
      ssids: [],
      secrets: unit?.keys === 'found' ? ['It holds the Mi token and bind key of its unit.'] : [],
      blankData: unit?.mac == null,
    },
  };
}

const titleAt = (offset: number): string =>
  LYWSD03MMC.unique.find((area) => area.offset === offset)?.title ?? 'unknown';

const unitFacts = (unit: TelinkUnit | undefined) =>
  unit == null
    ? []
    : [
        { label: 'MAC', value: unit.mac ?? 'none: the area was erased' },
        { label: 'Hardware', value: unit.hardware ?? 'unknown' },
        { label: 'Crystal trim', value: unit.trim == null ? 'erased' : hex(unit.trim, 2) },
        { label: 'Mi keys', value: unit.keys === 'found' ? 'found (hidden)' : unit.keys },
      ];
