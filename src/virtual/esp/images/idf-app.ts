import { joinBytes, latin1 } from '../../bytes.ts';
import { PRACTICE_LOG_MARK } from '../boot/practice-log.ts';
import {
  appDescriptorBytes,
  bootloaderDescriptorBytes,
  esp32Image,
  wordPadded,
  type DescriptorText,
} from './image-maker.ts';
import { codeLike, Random } from './random.ts';

export interface IdfAppPlan {
  readonly descriptor: DescriptorText;
  readonly mode: number;
  readonly seed: number;
  /** Length of what runs from flash, bytes; the rest of the image is small. */
  readonly codeBytes: number;
  /** Lines this firmware logs after its start. */
  readonly log: readonly string[];
  /** Further text that stands in the image. */
  readonly texts?: readonly string[];
  readonly coloured: boolean;
  /** ESP-IDF 5.2 and later log their descriptor under another tag, with a shorter hash. */
  readonly newerIdf: boolean;
}

const DROM_ADDRESS = 0x3f40_0020;
const IROM_ADDRESS = 0x400d_0000;

/** An ESP32 application of our own making: header, descriptor, checksum and hash are right, its code is noise. */
export function idfApp(plan: IdfAppPlan): Uint8Array {
  const random = new Random(plan.seed);
  const prefix = plan.coloured ? '\u001b[0;32mI (%lu) %s: ' : 'I (%lu) %s: ';
  const ending = plan.coloured ? '\u001b[0m\n\0' : '\n\0';
  const tag = plan.newerIdf ? 'app_init\0cpu_start\0' : 'cpu_start\0';
  const formats = [
    'Pro cpu up.',
    'Single core mode',
    'Pro cpu start user code',
    'Application information:',
    'Project name:     %s',
    'App version:      %s',
    'Compile time:     %s %s',
    'ELF file SHA256:  %s...',
    'ESP-IDF:          %s',
    'Detected size(%dk) smaller than the size in the binary image header(%dk). Probe failed.',
  ].map((format) => `${prefix}${format}${ending}`);
  const texts = (plan.texts ?? []).map((text) => `${text}\0`);
  const rodata = wordPadded(
    joinBytes(
      appDescriptorBytes(plan.descriptor),
      latin1(`${tag}${formats.join('')}${texts.join('')}${PRACTICE_LOG_MARK}${plan.log.join('\n')}\0`),
      codeLike(random, Math.floor(plan.codeBytes / 16) * 4),
    ),
  );
  const dram = codeLike(random, 8_192);
  const iram = codeLike(random, 24_576);
  // A mapped segment lies at the same place within its 64 KiB page in flash and in the address space.
  const iromAt = 24 + 8 + rodata.length + 8 + dram.length + 8;
  return esp32Image({ mode: plan.mode, sizeId: 2, frequencyId: 0, entry: 0x4008_1194 }, [
    { address: DROM_ADDRESS, data: rodata },
    { address: 0x3ffb_0000, data: dram },
    { address: IROM_ADDRESS + (iromAt & 0xffff), data: codeLike(random, Math.floor(plan.codeBytes / 4) * 3) },
    { address: 0x4008_0000, data: iram },
  ]);
}

/** A second-stage boot loader of our own making. */
export function idfBootloader(idf: string, date: string, mode: number, coloured: boolean): Uint8Array {
  const random = new Random(idf.length * 31 + mode);
  const prefix = coloured ? '\u001b[0;32mI (%lu) %s: ' : 'I (%lu) %s: ';
  const texts = [
    'ESP-IDF %s 2nd stage bootloader',
    'Loaded app from partition at offset 0x%x',
    'Partition Table:',
  ].map((text) => `${prefix}${text}\n\0`);
  const dram = wordPadded(joinBytes(bootloaderDescriptorBytes(idf, date), latin1(texts.join(''))));
  return esp32Image({ mode, sizeId: 2, frequencyId: 0, entry: 0x4008_0650 }, [
    { address: 0x3fff_0030, data: dram },
    { address: 0x4007_8000, data: codeLike(random, 15_360) },
    { address: 0x4008_0400, data: codeLike(random, 3_840) },
  ]);
}
