import type {
  EspIdentity,
  FlashInfo,
  LoaderMode,
  OperationOptions,
  ReadFlashOptions,
  Region,
  SecurityState,
  WriteRegionOptions,
} from './types.ts';

/**
 * A conversation with one unit in its loader, from the first SYNC on. One command at a time: callers await each
 * call. Throws BenchError: LINK_LOST, LOADER_SILENT, LOADER_REFUSED (before anything is sent, too, for a range that
 * is not inside the flash `attachFlash` found), LOADER_UNSUPPORTED, UNIT_SWAPPED, ABORTED.
 */
export interface EspLoader {
  /** Read at contact; every `resync` compares the MAC with it. */
  readonly identity: EspIdentity;
  readonly mode: LoaderMode;
  readonly baudRate: number;
  readonly flash: FlashInfo | undefined;

  readSecurity(): Promise<SecurityState>;
  /**
   * Uploads the stub, or reuses one that runs already. Goes on with the ROM where it does not start; says which
   * answers now. Throws STUB_FAILED when nobody answers any more.
   */
  startStub(): Promise<LoaderMode>;
  /** Attaches the SPI flash, reads its id, sets its size. `sizeBytes` overrides what the id says. Throws FLASH_CHIP_SILENT. */
  attachFlash(options?: { readonly sizeBytes?: number }): Promise<FlashInfo>;
  /**
   * Goes to the highest of these rates that passes a probe and returns the rate in use. Does nothing where the rate
   * is fixed (raw TCP, ESP8266 ROM).
   */
  changeBaud(ladder?: readonly number[]): Promise<number>;
  /** Goes to the next lower rate for the rest of the session; undefined when there is none. */
  slowDown(): Promise<number | undefined>;
  /**
   * Writes a region and, with the stub, waits until its last block is in flash. `region.bytes` must not change any
   * more: its compressed form is shared by all units that are given the same array. Throws FLASH_WRITE_FAILED, BYTES_DAMAGED.
   */
  writeRegion(region: Region, options?: WriteRegionOptions): Promise<void>;
  /** Lower-case hex. Throws LOADER_UNSUPPORTED with the ESP8266 ROM. */
  md5(offset: number, size: number, options?: OperationOptions): Promise<string>;
  /** Both multiples of 4096. Throws LOADER_UNSUPPORTED without the stub. */
  eraseRegion(offset: number, size: number, options?: OperationOptions): Promise<void>;
  /** Throws LOADER_UNSUPPORTED without the stub. */
  eraseChip(options?: OperationOptions): Promise<void>;
  /** Throws LOADER_UNSUPPORTED with the ESP8266 ROM, READ_DIGEST_MISMATCH, BYTES_DAMAGED. */
  readFlash(offset: number, size: number, options: ReadFlashOptions): Promise<void>;
  /**
   * Finds the loader again (at any rate; by a reset where there are lines), compares the identity, and sets up stub,
   * flash and rate as they were. Throws UNIT_SWAPPED, LOADER_SILENT.
   */
  resync(): Promise<void>;
  /** Whether this very unit still answers. Throws UNIT_SWAPPED, LINK_LOST. */
  isAlive(): Promise<boolean>;
  /** Stops listening to the port; the port stays open. Idempotent. */
  close(): void;
}
