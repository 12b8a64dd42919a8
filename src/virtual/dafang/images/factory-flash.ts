import type { NamedChoice } from '../../virtual-device.ts';
import type { BootLoaderSpec } from './boot-loader.ts';
import { DAFANG_CHIP_BYTES, DAFANG_MAP, DEMO_PART_NAMES, type DafangPartName } from './flash-map.ts';
import { boot, config, para, part } from './parts.ts';

export interface DafangState extends NamedChoice {
  readonly erased?: readonly DafangPartName[];
  readonly loader?: Omit<BootLoaderSpec, 'seed'>;
  /** Where the boot loader was written to; 0 where it belongs. */
  readonly bootAt?: number;
  /** Another flash chip was soldered in. */
  readonly jedecId?: readonly [number, number, number];
}

/** GD25Q127C, which U-Boot calls GD25Q128. */
const GD25Q127C = [0xc8, 0x40, 0x18] as const;
/** ZB25VQ128: seen in cameras, unknown to both boot loaders (Dafang-Hacks/uboot issue 18). */
const ZB25VQ128 = [0x5e, 0x40, 0x18] as const;
const STOCK = { family: 'stock', ramMiB: 128 } as const;

export const DAFANG_STATES: readonly DafangState[] = [
  { name: 'healthy', text: 'as it comes from the shop, with Wi-Fi credentials of its owner' },
  {
    name: 'uboot-only',
    text: 'the boot loader is all that is left, with config and para',
    erased: ['kernel', 'root', 'driver', 'appfs'],
  },
  { name: 'kernel-erased', text: 'the kernel is gone: U-Boot and its prompt', erased: ['kernel'] },
  { name: 'para-erased', text: 'the identity is gone: a new MAC at each boot', erased: ['para'] },
  {
    name: 'bootloader-at-wrong-offset',
    text: 'the boot loader was written 64 KiB too far: nothing is heard',
    bootAt: 0x1_0000,
  },
  {
    name: 'wrong-ram-variant',
    text: 'a boot loader for 64 MB on a camera with 128 MB: it stops after the SPL banner',
    loader: { family: 'stock', ramMiB: 64 },
  },
  {
    name: 'unknown-flash-chip',
    text: 'a ZB25VQ128 and the boot loader of Dafang-Hacks, which does not know it',
    loader: { family: 'dafang-hacks', ramMiB: 128 },
    jedecId: ZB25VQ128,
  },
  {
    name: 'dafang-hacks',
    text: 'healthy, with the boot loader of Dafang-Hacks',
    loader: { family: 'dafang-hacks', ramMiB: 128 },
  },
  {
    name: 'newer-uboot',
    text: 'healthy, with a U-Boot of 2023 that somebody built: other words for much',
    loader: { family: 'newer', ramMiB: 128 },
  },
  {
    name: 'newer-uboot-no-kernel',
    text: 'the same, and the kernel is gone',
    loader: { family: 'newer', ramMiB: 128 },
    erased: ['kernel'],
  },
  {
    name: 'blank',
    text: 'a new flash chip: every byte ff',
    erased: ['boot', 'config', 'para', ...DEMO_PART_NAMES],
  },
];

export const jedecIdOf = (state: DafangState): readonly [number, number, number] =>
  state.jedecId ?? GD25Q127C;

/** The chip of a new unit, 16 MiB. */
export function dafangFlash(state: DafangState, unit: number): Uint8Array {
  const chip = new Uint8Array(DAFANG_CHIP_BYTES).fill(0xff);
  const put = (name: DafangPartName, content: Uint8Array, offset: number = DAFANG_MAP[name].offset) => {
    if (!(state.erased ?? []).includes(name)) chip.set(content, offset);
  };
  const { bootAt = 0 } = state;
  put('boot', boot(state.loader ?? STOCK, 'factory').subarray(0, DAFANG_MAP.boot.size - bootAt), bootAt);
  for (const name of DEMO_PART_NAMES) put(name, part(name, 'factory'));
  put('config', config(unit));
  put('para', para(unit));
  return chip;
}
