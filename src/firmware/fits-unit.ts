import { hex, sizeText, u8 } from './bytes.ts';
import { chipByName, FLASH_MODES, revisionText } from './esp-chips.ts';
import type { EspChipName, FirmwareProblem, Partition, PartitionTable } from './firmware-file.ts';
import { isApp, isOtadata, tableEnd } from './partition-table.ts';
import type { FlashRegion } from './place-parts.ts';

/** What the checks must know of a unit. */
export interface UnitForFirmware {
  readonly chip: EspChipName;
  /** Of the flash chip, bytes; missing when it is not known. */
  readonly flashSizeBytes?: number;
  /** Revision x100, e.g. 100 for v1.0. */
  readonly revision?: number;
  /** True for parts known to run only with DOUT (ESP8285, the lamp). */
  readonly needsDout?: boolean;
}

type Check = (
  region: FlashRegion,
  unit: UnitForFirmware,
  table: PartitionTable | undefined,
) => FirmwareProblem | undefined;

/**
 * Everything that speaks against writing these regions, as they are now (patch headers first), to this unit;
 * `table` is the one that will be in flash afterwards.
 */
export function fitsUnit(
  regions: readonly FlashRegion[],
  unit: UnitForFirmware,
  table?: PartitionTable,
): FirmwareProblem[] {
  // One wrong chip makes every other sentence noise.
  const wrongChip = regions.map((region) => checkChip(region, unit)).filter((problem) => problem != null);
  if (wrongChip.length > 0) return wrongChip;
  const checks: readonly Check[] = [
    checkRevision,
    checkFlashSize,
    checkOffset,
    checkPartition,
    checkFlashMode,
    checkHeaderSize,
  ];
  const problems = regions.flatMap((region) => checks.map((check) => check(region, unit, table)));
  return [...problems, checkTableSize(unit, table)].filter((problem) => problem != null);
}

const error = (text: string): FirmwareProblem => ({ severity: 'error', text });
const warning = (text: string): FirmwareProblem => ({ severity: 'warning', text });

export const checkChip = (
  { part, title }: FlashRegion,
  { chip }: UnitForFirmware,
): FirmwareProblem | undefined =>
  part?.chip == null || part.chip === chip
    ? undefined
    : error(`${title} is for ${part.chip}, but this unit is an ${chip}.`);

export const checkRevision: Check = ({ part, title }, { revision, chip }) => {
  const { minRevision, maxRevision } = part ?? {};
  if (revision == null) return undefined;
  if (minRevision != null && revision < minRevision)
    return error(
      `${title} needs a chip of revision ${revisionText(minRevision)} or later; this ${chip} is ${revisionText(revision)}.`,
    );
  return maxRevision != null && revision > maxRevision
    ? error(
        `${title} was built for chips up to revision ${revisionText(maxRevision)}; this ${chip} is ${revisionText(revision)}.`,
      )
    : undefined;
};

export const checkFlashSize: Check = ({ offset, bytes, title }, { flashSizeBytes }) =>
  flashSizeBytes == null || offset + bytes.length <= flashSizeBytes
    ? undefined
    : error(
        `${title} would end at ${hex(offset + bytes.length)}, but the flash of this unit has only ${sizeText(flashSizeBytes)}.`,
      );

/** Places that the ROM and the boot loader take for granted. */
export const checkOffset: Check = ({ kind, offset, title, part }, { chip }, table) => {
  const { bootOffset } = chipByName(chip);
  if (offset % 0x1000 !== 0)
    return error(`${title} would start at ${hex(offset)}, not on a flash sector border (4 KiB).`);
  if (kind === 'bootloader' && offset !== bootOffset)
    return error(`${title} belongs at ${hex(bootOffset)} on ${chip}, not at ${hex(offset)}.`);
  if (kind === 'esp8266-image' && offset !== 0)
    return error(`${title} lies at ${hex(offset)}; without a boot loader at 0x0 the unit would not start.`);
  if (kind === 'app' && offset <= bootOffset)
    return error(
      `${title} is an application: at ${hex(offset)} it would overwrite the boot loader and the unit would not start.`,
    );
  if (kind !== 'app' || table == null || part?.partition != null) return undefined;
  return table.partitions.some((partition) => isApp(partition) && partition.offset === offset)
    ? undefined
    : error(`${title} would lie at ${hex(offset)}, where the partition table has no application.`);
};

/** An application must end inside its partition; so must data. */
export const checkPartition: Check = ({ kind, offset, bytes, title }, _unit, table) => {
  if (kind !== 'app' && kind !== 'otadata') return undefined;
  const wanted = kind === 'app' ? isApp : isOtadata;
  const partition: Partition | undefined = table?.partitions.find(
    (candidate) => wanted(candidate) && candidate.offset === offset,
  );
  return partition == null || bytes.length <= partition.size
    ? undefined
    : error(
        `${title} has ${bytes.length} bytes, but its partition ${partition.label} holds only ${sizeText(partition.size)}.`,
      );
};

/** The header that decides is that of the first image the ROM reads; here its bytes count, patched or not. */
const isBootImage = ({ kind, offset, bytes }: FlashRegion): boolean =>
  (kind === 'bootloader' || (kind === 'esp8266-image' && offset === 0)) && bytes.length >= 4;

export const checkFlashMode: Check = (region, { needsDout }) => {
  const mode = FLASH_MODES[u8(region.bytes, 2)];
  if (needsDout !== true || !isBootImage(region) || mode === 'dout') return undefined;
  const text = `${region.title} asks for flash mode ${mode?.toUpperCase() ?? 'unknown'}, but this kind of unit needs DOUT`;
  // QIO and QOUT use the two pins that such units have for something else; DIO works on some of them.
  return mode === 'dio' ? warning(`${text} on many units.`) : error(`${text}: it would not start.`);
};

export const checkHeaderSize: Check = (region, { flashSizeBytes, chip }) => {
  if (flashSizeBytes == null || !isBootImage(region)) return undefined;
  const claimed = chipByName(chip).sizes[u8(region.bytes, 3) >> 4];
  if (claimed == null) return warning(`${region.title} claims a flash size that ${chip} does not have.`);
  return claimed <= flashSizeBytes
    ? undefined
    : error(
        `${region.title} claims ${sizeText(claimed)} of flash, but this unit has ${sizeText(flashSizeBytes)}: it would not start.`,
      );
};

/** A table that reaches beyond the flash is refused by the boot loader. */
export function checkTableSize(
  { flashSizeBytes }: UnitForFirmware,
  table: PartitionTable | undefined,
): FirmwareProblem | undefined {
  if (table == null || flashSizeBytes == null || tableEnd(table) <= flashSizeBytes) return undefined;
  return error(
    `The partition table reaches to ${hex(tableEnd(table))}, but the flash of this unit has only ${sizeText(flashSizeBytes)}.`,
  );
}
