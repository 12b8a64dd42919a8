import type { EspChipName, FirmwareProblem, PartitionTable } from './firmware-file.ts';
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

/** Everything that speaks against writing these regions to this unit; `table` is the one that will be in flash. */
export declare function fitsUnit(
  regions: readonly FlashRegion[],
  unit: UnitForFirmware,
  table?: PartitionTable,
): FirmwareProblem[];
