/** 16 MiB of SPI NOR, whatever its maker. */
export const DAFANG_FLASH_BYTES = 0x100_0000;

export type DafangPartName =
  | 'boot'
  | 'kernel'
  | 'root'
  | 'driver'
  | 'appfs'
  | 'backupk'
  | 'backupd'
  | 'backupa'
  | 'config'
  | 'para'
  | 'flag';

/** One partition of the camera. */
export interface DafangPart {
  readonly name: DafangPartName;
  readonly offset: number;
  readonly size: number;
  /** What it begins with; missing where anything may be there. */
  readonly magic?: readonly number[];
  readonly content: string;
  /** Belongs to this camera alone: identity and settings. */
  readonly unique: boolean;
}

export const BOOT_MAGIC = [6, 5, 4, 3, 2, 0x55, 0xaa, 0x55, 0xaa] as const;
const KERNEL = [0x27, 0x05, 0x19, 0x56] as const;
const SQUASHFS = [0x68, 0x73, 0x71, 0x73] as const;
const JFFS2 = [0x85, 0x19] as const;

const part = (
  name: DafangPartName,
  offset: number,
  size: number,
  content: string,
  magic?: readonly number[],
  unique = false,
): DafangPart => ({ name, offset, size, content, unique, ...(magic && { magic }) });

/**
 * Offsets: rom.layout of Dafang-Hacks/spiflasher and hacks/unbrick.md of EliasKotlyar/Xiaomi-Dafang-Hacks; magics as
 * measured on the dumps published there. The parts cover the chip without a hole.
 */
export const DAFANG_PARTS: readonly DafangPart[] = [
  part('boot', 0x00_0000, 0x4_0000, 'SPL and U-Boot', BOOT_MAGIC),
  part('kernel', 0x04_0000, 0x20_0000, 'Linux kernel', KERNEL),
  part('root', 0x24_0000, 0x35_0000, 'root file system', SQUASHFS),
  part('driver', 0x59_0000, 0xa_0000, 'kernel modules', SQUASHFS),
  part('appfs', 0x63_0000, 0x4a_0000, 'camera application', JFFS2),
  part('backupk', 0xad_0000, 0x20_0000, 'spare kernel'),
  part('backupd', 0xcd_0000, 0xa_0000, 'spare modules'),
  part('backupa', 0xd7_0000, 0x20_0000, 'spare application'),
  part('config', 0xf7_0000, 0x4_0000, 'settings, Wi-Fi', JFFS2, true),
  part('para', 0xfb_0000, 0x4_0000, 'identity: MAC, keys', JFFS2, true),
  part('flag', 0xff_0000, 0x1_0000, 'flag'),
];

export const dafangPart = (name: DafangPartName): DafangPart =>
  DAFANG_PARTS.find((each) => each.name === name)!;

/** The bytes of one part in an image of the whole chip. */
export const partOf = (image: Uint8Array, { offset, size }: DafangPart): Uint8Array =>
  image.subarray(offset, offset + size);

/** demo.bin fills these, in this order and at full size. */
export const DEMO_PARTS = ['kernel', 'root', 'driver', 'appfs'] as const;
export const DEMO_PAYLOAD_BYTES = 0xa9_0000;
