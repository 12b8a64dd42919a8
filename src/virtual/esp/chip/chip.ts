import type { Memory } from './memory.ts';
import type { NorFlash } from '../../flash-chip/nor-flash.ts';
import type { SpiController } from './spi-controller.ts';

export type ChipFamily = 'esp8266' | 'esp32';

export interface Uart {
  /** Rate the chip sends and listens at, baud. */
  baudRate: number;
  /** Clock its divider divides, Hz: what a host reads as the divider is this by the rate. */
  clockHz: number;
}

/** One ESP chip with the flash that hangs on it. */
export interface Chip {
  readonly family: ChipFamily;
  readonly flash: NorFlash;
  readonly spi: SpiController;
  readonly memory: Memory;
  readonly uart: Uart;
  /** Rate of the boot ROM's text. */
  readonly bootTextBaud: number;
  /** Crystal as the mask ROM takes it to be, by the real one: a rate set by the ROM is off by this factor. */
  readonly romClockError: number;
  /** Flash modes (header byte 2) that work with the wires between chip and flash. */
  readonly workingFlashModes: readonly number[];
  /** `v1.0` as the boot loader prints it; empty where it prints none. */
  readonly revision: string;
  /** Two 32-bit lines of the ROM's first text, which tell its edition. */
  readonly romDate: string;
  readonly mac: Uint8Array;
}

/** Rate of the loader after power-up, until a SYNC tells another. */
export const LOADER_BAUD = 115_200;
