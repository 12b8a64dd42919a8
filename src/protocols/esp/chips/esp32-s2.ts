import type { ChipSpec } from './chip.ts';
import { block1, LATER_ROM, laterEfuses, laterSpi } from './esp32-later.ts';
import { parseStub } from './stub-image.ts';

const EFUSE = 0x3f41_a000;
const [word3, word4] = [block1(EFUSE, 3), block1(EFUSE, 4)] as const;

export const esp32s2: ChipSpec = {
  name: 'ESP32-S2',
  magics: [0x0000_07c6],
  chipId: 2,
  bootloaderOffset: 0x1000,
  spi: laterSpi(0x3f40_2000),
  rom: LATER_ROM,
  maxBaudRate: 921_600,
  loadStub: async () =>
    parseStub(
      (await import('esptool-js/lib/targets/stub_flasher/esp32s2.json', { with: { type: 'json' } })).default,
    ),
  ...laterEfuses({
    chip: 'ESP32-S2',
    efuseBase: EFUSE,
    registers: [word3, word4],
    manualEncryptBit: 19,
    facts(read) {
      const flash = (read(word3) >>> 21) & 0xf;
      const psram = (read(word3) >>> 28) & 0xf;
      const names: Record<number, string> = {
        0: 'ESP32-S2',
        1: 'ESP32-S2FH2',
        2: 'ESP32-S2FH4',
        100: 'ESP32-S2R2',
        102: 'ESP32-S2FNR2',
      };
      return {
        major: (read(word3) >>> 18) & 3,
        minor: (((read(word3) >>> 20) & 1) << 3) | ((read(word4) >>> 4) & 7),
        package: names[flash + psram * 100] ?? 'ESP32-S2 (unknown package)',
        features: ['Wi-Fi', 'single core', '240 MHz'],
        singleCore: true,
        embeddedFlashMebibytes: [undefined, 2, 4][flash],
      };
    },
  }),
};
