import { hex, isFilled, sizeText } from './bytes.ts';
import type {
  FirmwarePart,
  FirmwareProblem,
  InspectedFile,
  Partition,
  PartitionTable,
} from './firmware-file.ts';
import { activeOta, buildOtadata } from './otadata.ts';
import { isFactoryApp, isOtaApp, otadataPartition, otaPartitions } from './partition-table.ts';

/** One run of bytes and its place in flash. */
export interface FlashRegion {
  /** In flash, bytes. */
  readonly offset: number;
  readonly bytes: Uint8Array;
  readonly title: string;
  readonly kind: FirmwarePart['kind'];
  /** Set for everything that came out of a file; missing for an otadata made to select the application. */
  readonly part?: FirmwarePart;
}

export interface Placement {
  /** Sorted by offset; blank data areas left out. With problems of severity `error` they must not be written. */
  readonly regions: readonly FlashRegion[];
  readonly problems: readonly FirmwareProblem[];
  /** The table that holds after the flash: of the files when they bring one, else the unit's. */
  readonly table?: PartitionTable;
  /** Where a lone application went. */
  readonly appPartition?: Partition;
}

/** Places one file; `table` is the unit's own. */
export const placeParts = (file: InspectedFile, table?: PartitionTable): Placement =>
  placeFiles([file], table);

/**
 * Places the parts of one or several files (boot set and application). A lone application goes where the table
 * says: into the first OTA partition large enough, selected in otadata, or into the factory partition; an otadata
 * among the files decides it instead. A table among the files wins over the unit's.
 */
export function placeFiles(files: readonly InspectedFile[], unitTable?: PartitionTable): Placement {
  const table = files.find((file) => file.partitionTable != null)?.partitionTable ?? unitTable;
  const parts = files
    .flatMap((file) => file.parts)
    .filter((part) => part.blank !== true || isKeptBlank(part));
  const problems: FirmwareProblem[] = [];
  const regions: FlashRegion[] = [];
  let appPartition: Partition | undefined;
  for (const part of parts.filter((entry) => entry.flashOffset != null))
    regions.push(regionOf(part, part.flashOffset ?? 0));
  for (const part of parts.filter((entry) => entry.flashOffset == null)) {
    const placed = placeByTable(part, table, parts);
    problems.push(...placed.problems);
    regions.push(...placed.regions);
    appPartition ??= placed.appPartition;
  }
  const arranged = arrange(regions);
  return {
    regions: arranged.regions,
    problems: [...findMixedChips(files), ...problems, ...arranged.problems],
    ...(table != null && { table }),
    ...(appPartition != null && { appPartition }),
  };
}

/** A blank otadata is a choice too (it selects the factory or the first application): it must be in flash. */
const isKeptBlank = (part: FirmwarePart): boolean => part.kind === 'otadata';

const regionOf = (part: FirmwarePart, offset: number): FlashRegion => ({
  offset,
  bytes: part.bytes,
  title: part.title,
  kind: part.kind,
  part,
});

interface Placed {
  readonly regions: readonly FlashRegion[];
  readonly problems: readonly FirmwareProblem[];
  readonly appPartition?: Partition;
}

const notPlaced = (text: string): Placed => ({ regions: [], problems: [{ severity: 'error', text }] });

function placeByTable(
  part: FirmwarePart,
  table: PartitionTable | undefined,
  all: readonly FirmwarePart[],
): Placed {
  if (part.kind === 'esp8266-image')
    return notPlaced(`${part.title}: it has no place of its own without its boot loader.`);
  if (table == null)
    return notPlaced(
      `${part.title}: only a partition table can say where it belongs, and neither the files nor the unit have one.`,
    );
  if (part.kind === 'otadata') {
    const target = otadataPartition(table);
    return target == null
      ? notPlaced('The partition table has no place for otadata.')
      : { regions: [regionOf(part, target.offset)], problems: [] };
  }
  return placeApplication(part, table, all);
}

function placeApplication(part: FirmwarePart, table: PartitionTable, all: readonly FirmwarePart[]): Placed {
  const slots = otaPartitions(table);
  const given = all.find((entry) => entry.kind === 'otadata');
  // A boot set that brings otadata has chosen already; else the first place that is large enough is taken.
  const chosen = given == null ? undefined : activeOta(given.bytes, table)?.partition;
  const candidates = chosen == null ? [...slots, ...table.partitions.filter(isFactoryApp)] : [chosen];
  const target = candidates.find((partition) => partition.size >= part.bytes.length);
  if (target == null) {
    const largest = Math.max(0, ...candidates.map((partition) => partition.size));
    return notPlaced(
      candidates.length === 0
        ? 'The partition table has no place for an application.'
        : `${part.title}: ${part.bytes.length} bytes are more than the application partition holds (${sizeText(largest)}).`,
    );
  }
  const regions = [regionOf(part, target.offset)];
  const otadata = otadataPartition(table);
  if (otadata != null && given == null) regions.push(selectionOf(target, slots, otadata));
  return { regions, problems: [], appPartition: target };
}

/** otadata that makes the boot loader start `target`: a slot's number, or erased for the factory application. */
function selectionOf(target: Partition, slots: readonly Partition[], otadata: Partition): FlashRegion {
  const bytes = isOtaApp(target)
    ? buildOtadata(slots.indexOf(target), slots.length)
    : new Uint8Array(otadata.size).fill(0xff);
  return {
    offset: otadata.offset,
    bytes,
    title: `otadata that selects ${target.label}`,
    kind: 'otadata',
  };
}

/** Sorts, cuts padding that reaches into the next region, and names what really overlaps. */
function arrange(regions: readonly FlashRegion[]): {
  readonly regions: FlashRegion[];
  readonly problems: FirmwareProblem[];
} {
  const problems: FirmwareProblem[] = [];
  const sorted = [...regions].sort((a, b) => a.offset - b.offset);
  const arranged = sorted.map((region, index) => {
    const next = sorted[index + 1];
    if (next == null || region.offset + region.bytes.length <= next.offset) return region;
    const room = next.offset - region.offset;
    if (room > 0 && isFilled(region.bytes.subarray(room), 0xff))
      return { ...region, bytes: region.bytes.subarray(0, room) };
    problems.push({
      severity: 'error',
      text: `${region.title} reaches into ${next.title} at ${hex(next.offset)}.`,
    });
    return region;
  });
  return { regions: arranged, problems };
}

function findMixedChips(files: readonly InspectedFile[]): FirmwareProblem[] {
  const chips = [...new Set(files.map((file) => file.chip).filter((chip) => chip != null))];
  return chips.length < 2
    ? []
    : [{ severity: 'error', text: `The files are for different chips: ${chips.join(' and ')}.` }];
}
