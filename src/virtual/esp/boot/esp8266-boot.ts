import { hex } from '../../bytes.ts';
import type { Chip } from '../chip/chip.ts';
import { BootPrinter, type BootScript, type ResetCause } from './boot-script.ts';
import { parseImage, type ParsedImage } from './image.ts';
import { tasmotaLine } from './tasmota-line.ts';
import { printPracticeLog } from './practice-log.ts';
import { MODE_NAMES } from './esp32-boot.ts';

/** Rate of the usual firmware's log. */
const APP_BAUD = 115_200;
/** The first image is a small loader when it is all in this stretch of RAM; what it starts lies a sector further. */
const EBOOT_ADDRESS = 0x4010_f000;
const EBOOT_APP_OFFSET = 0x1000;

const RESETS: Readonly<Record<ResetCause, number>> = {
  'power-on': 1,
  'reset-pin': 2,
  software: 3,
  watchdog: 4,
  panic: 2,
};

export function esp8266DownloadText(chip: Chip, cause: ResetCause): string {
  return `\r\n ets ${chip.romDate},rst cause:${RESETS[cause]}, boot mode:(1,6)\r\n\r\n`;
}

/** Start of an ESP8266 from flash: ROM at 74880 baud, the small loader, the firmware at 115200. */
export function esp8266Boot(chip: Chip, cause: ResetCause, crashes: boolean): BootScript {
  const print = new BootPrinter(chip.bootTextBaud);
  const flash = chip.flash.cells;
  print.raw(`\r\n ets ${chip.romDate},rst cause:${RESETS[cause]}, boot mode:(3,6)\r\n\r\n`);
  const first = parseImage(flash, 0, 'esp8266');
  if (typeof first === 'string') {
    print.line('ets_main.c ');
    return print.end('no image at 0x0', 'watchdog');
  }
  if (!chip.workingFlashModes.includes(first.mode)) {
    print.line('ets_main.c ');
    return print.end(`the ROM cannot read the flash in ${MODE_NAMES[first.mode] ?? first.mode}`, 'watchdog');
  }
  if (!load(print, first)) return print.end('the checksum of the image at 0x0 is wrong', 'watchdog');
  const isEboot = first.segments.length === 1 && first.segments[0]!.address === EBOOT_ADDRESS;
  const app = isEboot ? parseImage(flash, EBOOT_APP_OFFSET, 'esp8266') : first;
  if (typeof app === 'string') return print.end('no image at 0x1000', 'watchdog');
  if (app.checksum !== app.expectedChecksum || crashes) {
    print.pause(50);
    print.line('');
    print.line('Fatal exception (0):');
    print.line('epc1=0x4000df64, epc2=0x00000000, epc3=0x00000000, excvaddr=0x00000000, depc=0x00000000');
    return print.end('the firmware crashes', 'panic');
  }
  print.rate(APP_BAUD);
  print.pause(200);
  const tasmota = tasmotaLine(app);
  if (tasmota) {
    print.line('');
    print.line(tasmota);
  }
  printPracticeLog(print, app);
  return print.end(tasmota ? `runs ${tasmota}` : 'runs');
}

/** What the ROM prints as it loads an image into RAM; false when its checksum is wrong. */
function load(print: BootPrinter, image: ParsedImage): boolean {
  image.segments.forEach(({ address, length }, index) => {
    if (address >= 0x4020_0000) return;
    print.raw(`load 0x${hex(address, 8)}, len ${length}, room ${index === 0 ? 16 : 8} \r\n`);
    print.raw(`tail ${length % 16 === 0 ? 0 : 16 - (length % 16)}\r\n`);
  });
  print.raw(`chksum 0x${hex(image.expectedChecksum, 2)}\r\n`);
  if (image.checksum !== image.expectedChecksum) {
    print.raw(`csum err\r\nets_main.c \r\n`);
    return false;
  }
  print.raw(`csum 0x${hex(image.checksum, 2)}\r\nv${hex(image.entry, 8)}\r\n~ld\r\n`);
  return true;
}
