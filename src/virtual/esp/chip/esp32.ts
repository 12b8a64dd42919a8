import { Memory, type Register } from './memory.ts';
import type { NorFlash } from '../../flash-chip/nor-flash.ts';
import { SpiController } from './spi-controller.ts';
import { LOADER_BAUD, type Chip, type Uart } from './chip.ts';
import { esp32Efuse, type Esp32EfuseOptions } from './esp32-efuse.ts';

const CRYSTAL_HZ = 40_000_000;

/** Frequency of the 8 MHz oscillator in efuse, and its calibration as the ROM left it in RTC_CALI. */
const CK8M = 0x80;
const CALIBRATION = 806;
/** The ROM reckons its crystal as calibration x 15625 x ck8m / 40. */
const ROM_CRYSTAL_HZ = (CALIBRATION * 15_625 * CK8M) / 40;

const REG_MAGIC = 0x4000_1000;
const REG_UART0_CLKDIV = 0x3ff4_0014;
const REG_GPIO_STRAP = 0x3ff4_4038;
const REG_RTC_CALI = 0x3ff5_f06c;
const REG_APB_DATE = 0x3ff6_607c;
const REG_EFUSE = 0x3ff5_a000;

export interface Esp32Options extends Esp32EfuseOptions {
  /** Major revision: 1 or 3. */
  readonly revision: 1 | 3;
  /** Flash modes of the board; QIO and QOUT want two more wires than it has. */
  readonly workingFlashModes: readonly number[];
}

/** A single-core ESP32 (S0WD package) with a 40 MHz crystal. */
export function esp32(options: Esp32Options, flash: NorFlash): Chip {
  const uart: Uart = { baudRate: LOADER_BAUD, clockHz: CRYSTAL_HZ };
  const efuse = esp32Efuse(options, CK8M);
  const constant = (value: number): Register => ({ read: () => value });
  const registers = new Map<number, Register>([
    [REG_MAGIC, constant(0x00f0_1d83)],
    [REG_UART0_CLKDIV, { read: () => Math.floor(uart.clockHz / uart.baudRate) }],
    [REG_GPIO_STRAP, constant(0x03)],
    [REG_RTC_CALI, constant((CALIBRATION << 7) | (1 << 6))],
    [REG_APB_DATE, constant(options.revision === 3 ? 0x9604_2000 : 0x1604_2000)],
    ...efuse.map((word, index): [number, Register] => [REG_EFUSE + index * 4, constant(word)]),
  ]);
  const spi = new SpiController({ base: 0x3ff4_2000, mosiLength: 0x28, misoLength: 0x2c, data: 0x80 }, flash);
  return {
    family: 'esp32',
    flash,
    spi,
    memory: new Memory({
      registers,
      spi: [
        spi,
        new SpiController({ base: 0x3ff4_3000, mosiLength: 0x28, misoLength: 0x2c, data: 0x80 }, flash),
      ],
      rom: [0x4000_0000, 0x4006_ffff],
      // The peripherals show up a second time from 0x60000000.
      alias: (address) =>
        address >>> 18 === 0x6000_0000 >>> 18 ? 0x3ff4_0000 + (address & 0x3_ffff) : address,
    }),
    uart,
    bootTextBaud: 115_200,
    romClockError: ROM_CRYSTAL_HZ / CRYSTAL_HZ,
    workingFlashModes: options.workingFlashModes,
    revision: `v${options.revision}.0`,
    romDate: options.revision === 3 ? 'Jul 29 2019 12:21:46' : 'Jun  8 2016 00:22:57',
    mac: options.mac,
  };
}
