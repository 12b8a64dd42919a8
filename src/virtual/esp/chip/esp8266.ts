import { Memory, type Register } from './memory.ts';
import type { NorFlash } from '../../flash-chip/nor-flash.ts';
import { SpiController } from './spi-controller.ts';
import { LOADER_BAUD, type Chip, type Uart } from './chip.ts';

const CRYSTAL_HZ = 26_000_000;
/** The UART runs on twice the crystal. */
const UART_CLOCK_HZ = 2 * CRYSTAL_HZ;

const REG_MAGIC = 0x4000_1000;
const REG_UART0_CLKDIV = 0x6000_0014;
const REG_OTP = 0x3ff0_0050;

export interface Esp8266Options {
  readonly mac: Uint8Array;
  /** An ESP8285: 1 MB of flash within the package. */
  readonly embeddedFlash: boolean;
}

/** An ESP8266EX or ESP8285 with a 26 MHz crystal. */
export function esp8266(options: Esp8266Options, flash: NorFlash): Chip {
  const uart: Uart = { baudRate: LOADER_BAUD, clockHz: UART_CLOCK_HZ };
  const [m0 = 0, m1 = 0, m2 = 0, m3 = 0, m4 = 0, m5 = 0] = options.mac;
  const otp = [
    ((m5 << 24) | (options.embeddedFlash ? 1 << 4 : 0)) >>> 0,
    0x0200_0000 | (m3 << 8) | m4,
    options.embeddedFlash ? 1 << 16 : 0,
    (m0 << 16) | (m1 << 8) | m2,
  ];
  const registers = new Map<number, Register>([
    [REG_MAGIC, { read: () => 0xfff0_c101 }],
    [REG_UART0_CLKDIV, { read: () => Math.round(uart.clockHz / uart.baudRate) }],
    ...otp.map((word, index): [number, Register] => [REG_OTP + index * 4, { read: () => word }]),
  ]);
  const layout = { base: 0x6000_0200, mosiLength: undefined, misoLength: undefined, data: 0x40 };
  const spi = new SpiController(layout, flash);
  return {
    family: 'esp8266',
    flash,
    spi,
    memory: new Memory({ registers, spi: [spi], rom: [0x4000_0000, 0x4000_ffff] }),
    uart,
    // The ROM divides for a 40 MHz crystal: 115200 x 26 / 40.
    bootTextBaud: 74_880,
    romClockError: 1,
    // Pins 9 and 10, which the quad modes and DIO need, are not led out of an ESP8285.
    workingFlashModes: options.embeddedFlash ? [3] : [2, 3],
    revision: '',
    romDate: 'Jan  8 2013',
    mac: options.mac,
  };
}
