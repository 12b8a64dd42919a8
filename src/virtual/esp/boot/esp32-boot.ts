import { hex, u32 } from '../../bytes.ts';
import type { Chip } from '../chip/chip.ts';
import { BootPrinter, type BootScript, type ResetCause } from './boot-script.ts';
import { startEsp32App } from './esp32-app.ts';
import { IdfLog } from './idf-log.ts';
import { bootloaderDescriptor, findInImage, parseImage, type ParsedImage } from './image.ts';
import { isOtaSlot, readPartitions, selectedSlot, type Partition } from './partitions.ts';

const BOOTLOADER_OFFSET = 0x1000;
const CONSOLE_BAUD = 115_200;
const MIB = 1_048_576;

const RESETS: Readonly<Record<ResetCause, string>> = {
  'power-on': '0x1 (POWERON_RESET)',
  'reset-pin': '0x1 (POWERON_RESET)',
  software: '0xc (SW_CPU_RESET)',
  watchdog: '0x10 (RTCWDT_RTC_RESET)',
  panic: '0xc (SW_CPU_RESET)',
};
export const MODE_NAMES = ['QIO', 'QOUT', 'DIO', 'DOUT'];
const FREQUENCY_NAMES: Readonly<Record<number, string>> = { 0: '40MHz', 1: '26MHz', 2: '20MHz', 15: '80MHz' };

/** How often the ROM repeats its complaint before the watchdog bites. */
const INVALID_HEADER_LINES = 8;

/** What a fault makes of an app that starts. */
export interface AppTrouble {
  readonly crashes: boolean;
  readonly abortsOverMac: boolean;
}

/** First lines of the ROM, then those of the UART loader. */
export function esp32DownloadText(chip: Chip, cause: ResetCause): string {
  return (
    `ets ${chip.romDate}\r\n\r\nrst:${RESETS[cause]},boot:0x3 (DOWNLOAD_BOOT(UART0/UART1/SDIO_REI_REO_V2))\r\n` +
    'waiting for download\r\n'
  );
}

/** Start of an ESP32 from flash: ROM, second-stage boot loader, application. */
export function esp32Boot(chip: Chip, cause: ResetCause, trouble: AppTrouble): BootScript {
  const print = new BootPrinter(CONSOLE_BAUD);
  const flash = chip.flash.cells;
  print.line(`ets ${chip.romDate}`);
  print.line('');
  print.line(`rst:${RESETS[cause]},boot:0x13 (SPI_FAST_FLASH_BOOT)`);
  const loader = parseImage(flash, BOOTLOADER_OFFSET, 'esp32');
  if (typeof loader === 'string' && loader === 'magic') {
    if (chip.revision === 'v3.0') {
      for (let line = 0; line < INVALID_HEADER_LINES; line++)
        print.line(`invalid header: 0x${hex(u32(flash, BOOTLOADER_OFFSET), 8)}`);
    } else readError(print);
    return print.end('no boot loader at 0x1000', 'watchdog');
  }
  print.line('configsip: 0, SPIWP:0xee');
  print.line('clk_drv:0x00,q_drv:0x00,d_drv:0x00,cs0_drv:0x00,hd_drv:0x00,wp_drv:0x00');
  const mode = flash[BOOTLOADER_OFFSET + 2]!;
  if (typeof loader === 'string' || !chip.workingFlashModes.includes(mode)) {
    readError(print);
    return print.end(`the ROM cannot read the boot loader in ${MODE_NAMES[mode] ?? mode}`, 'watchdog');
  }
  print.line(`mode:${MODE_NAMES[mode]}, clock div:${loader.frequencyId === 15 ? 1 : 2}`);
  for (const { address, length } of loader.segments) print.line(`load:0x${hex(address, 8)},len:${length}`);
  if (loader.checksum !== loader.expectedChecksum) {
    print.line(`csum err:0x${hex(loader.expectedChecksum, 2)}!=0x${hex(loader.checksum, 2)}`);
    print.line('ets_main.c 371 ');
    return print.end('the checksum of the boot loader is wrong', 'watchdog');
  }
  if (loader.hash && loader.hash.calculated !== loader.hash.expected) {
    print.line('SHA-256 comparison failed:');
    print.line(`Calculated: ${loader.hash.calculated}`);
    print.line(`Expected: ${loader.hash.expected}`);
    print.line('Attempting to boot anyway...');
  }
  print.line(`entry 0x${hex(loader.entry, 8)}`);
  print.pause(20);
  return secondStage(chip, print, loader, trouble);
}

function readError(print: BootPrinter): void {
  print.line('flash read err, 1000');
  print.line('ets_main.c 371 ');
}

function secondStage(chip: Chip, print: BootPrinter, loader: ParsedImage, trouble: AppTrouble): BootScript {
  const log = new IdfLog(print, loader, 27);
  const flash = chip.flash.cells;
  const descriptor = bootloaderDescriptor(loader);
  const idf = descriptor?.idf ?? findInImage(loader, /v\d+\.\d+[\w.-]*/)?.[0] ?? '';
  log.info('boot', `ESP-IDF ${idf} 2nd stage bootloader`);
  if (descriptor?.date) log.info('boot', `compile time ${descriptor.date}`);
  log.info('boot', `chip revision: ${chip.revision}`);
  log.info('boot.esp32', `SPI Speed      : ${FREQUENCY_NAMES[loader.frequencyId] ?? '?'}`);
  log.info('boot.esp32', `SPI Mode       : ${MODE_NAMES[loader.mode]}`);
  log.info('boot.esp32', `SPI Flash Size : ${1 << loader.sizeId}MB`);
  log.info('boot', 'Enabling RNG early entropy source...');
  const headerBytes = (1 << loader.sizeId) * MIB;
  const partitions = readPartitions(flash, headerBytes);
  if (typeof partitions === 'string') {
    log.error('flash_parts', partitions);
    log.error('boot', 'Failed to verify partition table');
    log.error('boot', 'load partition table error!');
    return print.end(`partition table: ${partitions}`, 'watchdog');
  }
  printPartitions(log, partitions);
  for (const partition of inBootOrder(flash, partitions)) {
    const app = checkApp(log, flash, partition);
    if (app == null) continue;
    log.info('boot', `Loaded app from partition at offset 0x${hex(partition.offset)}`);
    log.info('boot', 'Disabling RNG early entropy source...');
    print.pause(60);
    return startEsp32App(chip, print, { app, startMs: log.now, headerBytes, partitions, trouble });
  }
  log.error('boot', 'No bootable app partitions in the partition table');
  return print.end('no partition holds an app that starts', 'watchdog');
}

function printPartitions(log: IdfLog, partitions: readonly Partition[]): void {
  log.info('boot', 'Partition Table:');
  log.info('boot', '## Label            Usage          Type ST Offset   Length');
  partitions.forEach(({ label, type, subtype, offset, size }, index) =>
    log.info(
      'boot',
      `${String(index).padStart(2)} ${label.padEnd(16)} ${usage(type, subtype).padEnd(16)} ` +
        `${hex(type, 2)} ${hex(subtype, 2)} ${hex(offset, 8)} ${hex(size, 8)}`,
    ),
  );
  log.info('boot', 'End of partition table');
}

function usage(type: number, subtype: number): string {
  if (type === 0) {
    if (subtype === 0x00) return 'factory app';
    if (subtype === 0x20) return 'test app';
    return subtype >= 0x10 && subtype < 0x20 ? 'OTA app' : 'Unknown app';
  }
  if (type !== 1) return 'Unknown data';
  return ['OTA data', 'RF data', 'WiFi data', 'Unknown data', 'NVS keys', 'efuse'][subtype] ?? 'Unknown data';
}

/** What otadata selects first, then the others, as the boot loader falls back. */
function inBootOrder(flash: Uint8Array, partitions: readonly Partition[]): readonly Partition[] {
  const factory = partitions.filter(({ type, subtype }) => type === 0 && subtype === 0);
  const slots = partitions.filter(isOtaSlot);
  const selected = selectedSlot(flash, partitions);
  if (selected == null) return [...factory, ...slots];
  return [...slots.slice(selected), ...slots.slice(0, selected), ...factory];
}

function checkApp(log: IdfLog, flash: Uint8Array, { offset, size }: Partition): ParsedImage | undefined {
  const app = parseImage(flash, offset, 'esp32', size);
  if (typeof app === 'string') {
    log.error(
      'esp_image',
      app === 'magic'
        ? `image at 0x${hex(offset)} has invalid magic byte (nothing flashed here?)`
        : `image at 0x${hex(offset)} is not valid (${app})`,
    );
    return undefined;
  }
  if (app.chipId !== 0) {
    log.error('boot_comm', `mismatch chip ID, expected 0, found ${app.chipId}`);
    return undefined;
  }
  app.segments.forEach(({ address, offset: at, length }, index) =>
    log.info(
      'esp_image',
      `segment ${index}: paddr=${hex(offset + at, 8)} vaddr=${hex(address, 8)} ` +
        `size=${hex(length, 5)}h (${String(length).padStart(6)}) ${isMapped(address) ? 'map' : 'load'}`,
    ),
  );
  if (app.checksum !== app.expectedChecksum) {
    log.error(
      'esp_image',
      `Checksum failed. Calculated 0x${hex(app.checksum)} read 0x${hex(app.expectedChecksum)}`,
    );
    return undefined;
  }
  if (app.hash && app.hash.calculated !== app.hash.expected) {
    log.error('esp_image', 'Image hash failed - image is corrupt');
    return undefined;
  }
  return app;
}

/** Data and code that run from flash through the cache. */
const isMapped = (address: number): boolean =>
  (address >= 0x3f40_0000 && address < 0x3f80_0000) || (address >= 0x400d_0000 && address < 0x4040_0000);
