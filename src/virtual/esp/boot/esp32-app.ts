import { hex } from '../../bytes.ts';
import type { Chip } from '../chip/chip.ts';
import { macCrc } from '../chip/esp32-efuse.ts';
import type { BootPrinter, BootScript } from './boot-script.ts';
import type { AppTrouble } from './esp32-boot.ts';
import { IdfLog } from './idf-log.ts';
import { appDescriptor, findInImage, imageHolds, type Descriptor, type ParsedImage } from './image.ts';
import type { Partition } from './partitions.ts';
import { printPracticeLog } from './practice-log.ts';

export interface AppStart {
  readonly app: ParsedImage;
  /** Time stamp of the first line, ms. */
  readonly startMs: number;
  /** Flash size by the header of the boot loader. */
  readonly headerBytes: number;
  readonly partitions: readonly Partition[];
  readonly trouble: AppTrouble;
}

/** Start lines of an ESP-IDF application: those whose text is in the image, with the values of its descriptor. */
export function startEsp32App(chip: Chip, print: BootPrinter, start: AppStart): BootScript {
  const { app, trouble } = start;
  const log = new IdfLog(print, app, start.startMs);
  const descriptor = appDescriptor(app);
  const name = descriptor ? `${descriptor.project} ${descriptor.version}` : 'an app without descriptor';
  if (imageHolds(app, 'Pro cpu up.')) log.info('cpu_start', 'Pro cpu up.');
  if (descriptor) printDescriptor(log, app, descriptor);
  if (imageHolds(app, 'Single core mode')) log.info('cpu_start', 'Single core mode');
  if (trouble.abortsOverMac) {
    const burned = chip.memory.read(0x3ff5_a008) >>> 16;
    log.error(
      'system_api',
      `Base MAC address from BLK0 of EFUSE CRC error, efuse_crc = 0x${hex(burned & 0xff, 2)}, ` +
        `calc_crc = 0x${hex(macCrc(chip.mac), 2)}`,
    );
    print.line('');
    print.line('abort() was called at PC 0x400d4c2b on core 0');
    backtrace(print);
    return print.end(`${name} aborts over the MAC CRC`, 'panic');
  }
  const sizeComplaint = imageHolds(app, 'in the binary image header') ? start.headerBytes : undefined;
  if (sizeComplaint != null && sizeComplaint > chip.flash.sizeBytes) {
    log.error(
      'spi_flash',
      `Detected size(${chip.flash.sizeBytes / 1024}k) smaller than the size in the binary image header(${sizeComplaint / 1024}k). Probe failed.`,
    );
    backtrace(print);
    return print.end(`${name} finds less flash than its header says`, 'panic');
  }
  if (imageHolds(app, 'Pro cpu start user code')) log.info('cpu_start', 'Pro cpu start user code');
  if (imageHolds(app, 'Starting scheduler on PRO CPU.'))
    log.info('cpu_start', 'Starting scheduler on PRO CPU.');
  if (trouble.crashes) {
    print.line("Guru Meditation Error: Core  0 panic'ed (LoadProhibited). Exception was unhandled.");
    print.line('Core  0 register dump:');
    print.line('PC      : 0x400d1c35  PS      : 0x00060d30  A0      : 0x800d2a6c  A1      : 0x3ffb5e20');
    backtrace(print);
    return print.end(`${name} crashes`, 'panic');
  }
  print.pause(150);
  const esphome = findInImage(app, /ESPHome version \d[\w.-]*/)?.[0];
  if (esphome) {
    print.line('[I][app:029]: Running through setup()...');
    print.line(`[I][app:100]: ${esphome} compiled on ${descriptor?.date ?? ''}, ${descriptor?.time ?? ''}`);
  }
  if (imageHolds(app, 'Hello world!\n') || imageHolds(app, 'Hello world!\0')) print.line('Hello world!');
  printPracticeLog(print, app);
  return print.end(`runs ${name}`);
}

/** ESP-IDF prints these from `cpu_start`, since 5.2 from `app_init`, and since then nine digits of the hash. */
function printDescriptor(log: IdfLog, app: ParsedImage, descriptor: Descriptor): void {
  if (!imageHolds(app, 'Project name:     %s')) return;
  const tag = imageHolds(app, 'app_init') ? 'app_init' : 'cpu_start';
  const digits = tag === 'app_init' ? 9 : 16;
  log.info(tag, 'Application information:');
  if (descriptor.project) log.info(tag, `Project name:     ${descriptor.project}`);
  if (descriptor.version) log.info(tag, `App version:      ${descriptor.version}`);
  log.info(tag, `Compile time:     ${descriptor.date} ${descriptor.time}`);
  log.info(tag, `ELF file SHA256:  ${descriptor.elfSha256.slice(0, digits)}...`);
  log.info(tag, `ESP-IDF:          ${descriptor.idf}`);
}

function backtrace(print: BootPrinter): void {
  print.line('');
  print.line('Backtrace: 0x400d1c32:0x3ffb5e20 0x400d2a69:0x3ffb5e40 0x40085f8a:0x3ffb5e60');
  print.line('');
  print.line('Rebooting...');
  print.pause(50);
}
