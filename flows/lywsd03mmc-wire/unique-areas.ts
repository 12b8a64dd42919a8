import { BenchError } from '../../src/core/errors.ts';
import { LYWSD03MMC, type UniqueArea } from '../../src/firmware/telink-models.ts';
import { bytesFrom, type HeldArea } from '../../src/firmware/telink-unique-areas.ts';
import { readTelinkUnit, type TelinkUnit } from '../../src/firmware/telink-unit.ts';
import type { FlashRegion, FullWire } from '../../src/protocols/telink/sws/index.ts';

const SECTOR_BYTES = 4096;
/** Of an area that is read until it is erased. */
const PIECE_BYTES = 64;

/** Reads an area as it is. */
export async function readArea(wire: FullWire, area: UniqueArea, signal: AbortSignal): Promise<HeldArea> {
  const { offset, length } = area;
  if (area.untilErased !== true) return { offset, bytes: await wire.read(offset, length, { signal }) };
  const pieces: number[] = [];
  while (pieces.length < length) {
    const piece = await wire.read(offset + pieces.length, PIECE_BYTES, { signal });
    if (piece.every((byte) => byte === 0xff)) break;
    pieces.push(...piece);
  }
  return { offset, bytes: Uint8Array.from(pieces) };
}

/** Everything that is unique to the unit, each area read until two reads agree. Throws SWS_READ_UNRELIABLE. */
export async function readUniqueAreas(wire: FullWire, signal: AbortSignal): Promise<HeldArea[]> {
  const areas: HeldArea[] = [];
  for (const area of LYWSD03MMC.unique) areas.push(await readTwice(wire, area, signal));
  return areas;
}

const READ_TRIES = 4;

async function readTwice(wire: FullWire, area: UniqueArea, signal: AbortSignal): Promise<HeldArea> {
  let before = await readArea(wire, area, signal);
  for (let tries = 1; tries < READ_TRIES; tries++) {
    const again = await readArea(wire, area, signal);
    if (sameBytes(before.bytes, again.bytes)) return again;
    before = again;
  }
  throw new BenchError('SWS_READ_UNRELIABLE', {
    message: `${area.title} reads differently each time: characters of the answers are changed on the way.`,
    detail: { offset: area.offset },
  });
}

const sameBytes = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((byte, index) => byte === b[index]);

export const unitOf = (areas: readonly HeldArea[]): TelinkUnit =>
  readTelinkUnit((offset, length) => bytesFrom(areas, { offset, length }), LYWSD03MMC.model);

const sectorOf = (offset: number): number => offset - (offset % SECTOR_BYTES);

/** Sectors that hold something unique. */
export const uniqueSectors: readonly number[] = [
  ...new Set(LYWSD03MMC.unique.map(({ offset }) => sectorOf(offset))),
];

/** The rule of this flow: no write, whatever the file, erases what is unique to a unit. Throws BUG. */
export function guardUnique(regions: readonly FlashRegion[]): void {
  for (const { offset, bytes } of regions) {
    const endBytes = Math.ceil((offset + bytes.length) / SECTOR_BYTES) * SECTOR_BYTES;
    const hit = uniqueSectors.find((sector) => sector >= sectorOf(offset) && sector < endBytes);
    if (hit != null)
      throw new BenchError('BUG', {
        message: `A write of ${bytes.length} bytes at 0x${offset.toString(16)} would erase what is unique to the unit at 0x${hit.toString(16)}; it was stopped.`,
      });
  }
}

/**
 * Sectors in which the unit's flash differs from its own backup, as they must become: what is not named in the backup
 * stays as it is. Empty where nothing differs.
 */
export async function sectorsToRestore(
  wire: FullWire,
  backup: readonly HeldArea[],
  signal: AbortSignal,
): Promise<FlashRegion[]> {
  const regions: FlashRegion[] = [];
  for (const sector of uniqueSectors) {
    const areas = LYWSD03MMC.unique.filter(({ offset }) => sectorOf(offset) === sector);
    const wanted = areas.map((area) => ({ offset: area.offset, bytes: bytesFrom(backup, area) }));
    const held: Uint8Array[] = [];
    for (const area of areas) held.push(bytesFrom([await readArea(wire, area, signal)], area));
    if (wanted.every(({ bytes }, index) => sameBytes(bytes, held[index]!))) continue;
    const bytes = await wire.read(sector, SECTOR_BYTES, {
      signal,
      label: 'reading the sector to be restored',
    });
    for (const area of wanted) bytes.set(area.bytes, area.offset - sector);
    regions.push({ offset: sector, bytes });
  }
  return regions;
}

/** The same after the whole flash was erased: everything but the backup is FF. */
export const sectorsOnErased = (backup: readonly HeldArea[]): FlashRegion[] =>
  uniqueSectors
    .map((offset) => ({ offset, bytes: bytesFrom(backup, { offset, length: SECTOR_BYTES }) }))
    .filter(({ bytes }) => bytes.some((byte) => byte !== 0xff));
