import { latin1, putU32 } from '../../bytes.ts';
import { codeLike, Random } from '../../esp/images/random.ts';
import { filled, UBOOT_AT } from './flash-map.ts';

/** `newer`: somebody's own build of a U-Boot ten years on; it has the prompt of the stock one. */
export type BootFamily = 'stock' | 'dafang-hacks' | 'newer';

export interface BootLoaderSpec {
  readonly family: BootFamily;
  /** RAM it is made for, MiB. */
  readonly ramMiB: 64 | 128;
  readonly seed: number;
}

/** What the boot ROM looks for at the start of the chip. */
export const SPL_MAGIC = [0x06, 0x05, 0x04, 0x03, 0x02, 0x55, 0xaa, 0x55, 0xaa] as const;
const CRC7_AT = 9;
const SPL_LENGTH_AT = 12;
/** The CRC leaves the first two KiB out (tools/ingenic-tools/spi_checksum.c of Dafang-Hacks/uboot). */
const CRC7_FROM = 2048;
const SPL_BYTES = 0x5c00;
const UBOOT_BYTES = 0x3_2000;
const TEXTS_AT = 0x2_8000;

/** How mem, ispmem and rmem share the RAM in the boot arguments. */
const MEMORY_SPLIT = {
  128: 'mem=87M@0x0 ispmem=9M@0x5700000 rmem=32M@0x6000000',
  64: 'mem=39M@0x0 ispmem=5M@0x2700000 rmem=20M@0x2C00000',
} as const;

export const BUILT = {
  stock: 'Jul 28 2017 - 17:10:01',
  'dafang-hacks': 'Nov 18 2018 - 12:00:00',
  newer: 'Jan 09 2023 - 16:07:33 +0000',
} as const;
const NEWER = 'U-Boot 2023.01';

export const bootArguments = (ramMiB: 64 | 128): string =>
  `console=ttyS1,115200n8 ${MEMORY_SPLIT[ramMiB]} init=/linuxrc rootfstype=squashfs root=/dev/mtdblock2 rw`;

/** An SPL with a right check and a U-Boot whose texts are those of the family; all else is noise. */
export function bootLoader({ family, ramMiB, seed }: BootLoaderSpec): Uint8Array {
  const spl = codeLike(new Random(seed), SPL_BYTES);
  spl.fill(0, 0, 512);
  spl.set(SPL_MAGIC);
  putU32(spl, SPL_LENGTH_AT, SPL_BYTES);
  spl[CRC7_AT] = crc7(spl.subarray(CRC7_FROM));
  const uBoot = codeLike(new Random(seed + 1), UBOOT_BYTES);
  const texts = [
    `${family === 'newer' ? NEWER : 'U-Boot 2013.07'} (${BUILT[family]})`,
    ...(family === 'dafang-hacks' ? ['Bootloader-Version: practice'] : []),
    `bootargs=${bootArguments(ramMiB)}`,
    family === 'dafang-hacks' ? 'U-Boot> ' : 'isvp_t20# ',
  ];
  uBoot.set(latin1(`\0${texts.join('\0')}\0`), TEXTS_AT);
  const image = filled('boot', spl);
  // The linker pads the SPL with zeros.
  image.fill(0, SPL_BYTES, UBOOT_AT);
  image.set(uBoot, UBOOT_AT);
  return image;
}

/** CRC-7 of MMC (x^7 + x^3 + 1), not shifted. */
export function crc7(bytes: Uint8Array): number {
  let crc = 0;
  for (const byte of bytes)
    for (let bit = 7; bit >= 0; bit--) {
      const top = (crc >> 6) & 1;
      crc = (crc << 1) & 0x7f;
      if (top !== ((byte >> bit) & 1)) crc ^= 0x09;
    }
  return crc;
}

/** What a boot loader in flash is, by its own check and texts; undefined where the boot ROM finds none. */
export function bootLoaderIn(chip: Uint8Array): { family: BootFamily; ramMiB: 64 | 128 } | undefined {
  if (SPL_MAGIC.some((byte, index) => chip[index] !== byte)) return undefined;
  const length = new DataView(chip.buffer, chip.byteOffset).getUint32(SPL_LENGTH_AT, true);
  if (length <= CRC7_FROM || length > UBOOT_AT) return undefined;
  if (crc7(chip.subarray(CRC7_FROM, length)) !== chip[CRC7_AT]) return undefined;
  const text = Buffer.from(chip.subarray(UBOOT_AT, 0x4_0000)).toString('latin1');
  const isNewer = text.includes(NEWER);
  if (!isNewer && !text.includes('U-Boot 2013.07')) return undefined;
  return {
    family: isNewer ? 'newer' : text.includes('isvp_t20# ') ? 'stock' : 'dafang-hacks',
    ramMiB: text.includes(MEMORY_SPLIT[64]) ? 64 : 128,
  };
}
