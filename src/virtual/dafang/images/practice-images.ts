import type { PracticeImage } from '../../virtual-device.ts';
import { DAFANG_MAP } from './flash-map.ts';
import { boot, demo, kernel } from './parts.ts';

export const DAFANG_IMAGES: readonly PracticeImage[] = [
  {
    file: 'dafang-boot.bin',
    title: 'practice boot loader, stock, for 128 MB',
    flashOffset: DAFANG_MAP.boot.offset,
    make: () => boot({ family: 'stock', ramMiB: 128 }, 'practice'),
  },
  {
    file: 'demo.bin',
    title: 'practice firmware for the SD card: kernel, root, driver and appfs behind one header',
    flashOffset: DAFANG_MAP.kernel.offset,
    make: () => demo('practice'),
  },
  {
    file: 'dafang-kernel.bin',
    title: 'practice kernel',
    flashOffset: DAFANG_MAP.kernel.offset,
    make: () => kernel('practice'),
  },
];
