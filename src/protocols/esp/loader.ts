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

const missing = (): never => {
  throw new Error('not built yet');
};

/**
 * A conversation with one unit in its loader, from the first SYNC on. One command at a time: callers await each
 * call. Throws BenchError: LINK_LOST, LOADER_SILENT, LOADER_REFUSED, LOADER_UNSUPPORTED, UNIT_SWAPPED, ABORTED.
 */
export interface EspLoader {
  /** Read at contact; every `resync` compares the MAC with it. */
  readonly identity: EspIdentity;
  readonly mode: LoaderMode;
  readonly baudRate: number;
  readonly flash: FlashInfo | undefined;

  readSecurity(): Promise<SecurityState>;
  /** Uploads the stub, or reuses one that runs already. Goes on with the ROM where it does not start; says which answers now. */
  startStub(): Promise<LoaderMode>;
  /** Attaches the SPI flash, reads its id, sets its size. `sizeBytes` overrides an unknown id. Throws FLASH_CHIP_SILENT. */
  attachFlash(options?: { readonly sizeBytes?: number }): Promise<FlashInfo>;
  /** Goes to the first of these rates that passes a probe; returns the rate in use. ESP8266 ROM: stays where it is. */
  changeBaud(ladder?: readonly number[]): Promise<number>;
  /** Steps one rung down the ladder below the present rate; undefined when there is none. */
  slowDown(): Promise<number | undefined>;
  writeRegion(region: Region, options?: WriteRegionOptions): Promise<void>;
  /** Lower-case hex. Throws LOADER_UNSUPPORTED with the ESP8266 ROM. */
  md5(offset: number, size: number, options?: OperationOptions): Promise<string>;
  /** Both multiples of 4096. */
  eraseRegion(offset: number, size: number, options?: OperationOptions): Promise<void>;
  eraseChip(options?: OperationOptions): Promise<void>;
  /** Throws LOADER_UNSUPPORTED with the ESP8266 ROM, READ_DIGEST_MISMATCH, BYTES_DAMAGED. */
  readFlash(offset: number, size: number, options: ReadFlashOptions): Promise<void>;
  /** Finds the loader again (rates included), reads the identity and compares. Throws UNIT_SWAPPED, LOADER_SILENT. */
  resync(): Promise<void>;
  /** A cheap question, to see that the same unit is still there. */
  isAlive(): Promise<boolean>;
  /** Stops listening to the port; the port stays open. Idempotent. */
  close(): void;
}
export const notBuiltYet = missing;
