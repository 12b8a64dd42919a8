import type {
  FirmwarePart,
  FirmwareProblem,
  InspectedFile,
  Partition,
  PartitionTable,
} from './firmware-file.ts';

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
  /** Sorted by offset, not overlapping; blank data areas left out. */
  readonly regions: readonly FlashRegion[];
  readonly problems: readonly FirmwareProblem[];
  /** Where the application went, when the table decided it. */
  readonly appPartition?: Partition;
}

export declare function placeParts(file: InspectedFile, table?: PartitionTable): Placement;
export declare function placeFiles(files: readonly InspectedFile[], table?: PartitionTable): Placement;
