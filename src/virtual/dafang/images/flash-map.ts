/** Parts of the chip, as the camera's own kernel cuts it (section 2 of the camera reference); bytes. */
export const DAFANG_MAP = {
  boot: { offset: 0x00_0000, size: 0x4_0000 },
  kernel: { offset: 0x04_0000, size: 0x20_0000 },
  root: { offset: 0x24_0000, size: 0x35_0000 },
  driver: { offset: 0x59_0000, size: 0xa_0000 },
  appfs: { offset: 0x63_0000, size: 0x4a_0000 },
  config: { offset: 0xf7_0000, size: 0x4_0000 },
  para: { offset: 0xfb_0000, size: 0x4_0000 },
} as const;

export type DafangPartName = keyof typeof DAFANG_MAP;

export const DAFANG_CHIP_BYTES = 0x100_0000;

/** What demo.bin brings, in its order: from here to the end of `appfs`. */
export const DEMO_PART_NAMES = ['kernel', 'root', 'driver', 'appfs'] as const;

/** U-Boot proper begins here, behind the padded SPL. */
export const UBOOT_AT = 0x6800;

/** What is programmed at the start of a part and erased up to its end. */
export function filled(name: DafangPartName, content: Uint8Array): Uint8Array {
  const part = new Uint8Array(DAFANG_MAP[name].size).fill(0xff);
  part.set(content);
  return part;
}
