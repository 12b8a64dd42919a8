import type { ChipSpec } from './chip.ts';
import { block1, LATER_ROM, laterEfuses, laterSpi } from './esp32-later.ts';
import { parseStub } from './stub-image.ts';

const EFUSE = 0x600b_0800;
const [word3, word4] = [block1(EFUSE, 3), block1(EFUSE, 4)] as const;

export const esp32c6: ChipSpec = {
  name: 'ESP32-C6',
  magics: [0x2ce0_806f],
  chipId: 13,
  bootloaderOffset: 0,
  spi: laterSpi(0x6000_3000),
  rom: LATER_ROM,
  maxBaudRate: 921_600,
  loadStub: async () =>
    parseStub(
      (await import('esptool-js/lib/targets/stub_flasher/esp32c6.json', { with: { type: 'json' } })).default,
    ),
  ...laterEfuses({
    chip: 'ESP32-C6',
    efuseBase: EFUSE,
    registers: [word3, word4],
    manualEncryptBit: 20,
    facts(read) {
      const flash = [undefined, 4, 8][read(word4) & 7];
      const packageId = (read(word3) >>> 24) & 7;
      return {
        major: (read(word3) >>> 22) & 3,
        minor: (read(word3) >>> 18) & 0xf,
        package: packageId === 1 && flash != null ? `ESP32-C6FH${flash}` : 'ESP32-C6',
        features: ['Wi-Fi 6', 'Bluetooth LE', 'IEEE 802.15.4', 'single core', '160 MHz'],
        singleCore: true,
        embeddedFlashMebibytes: flash,
      };
    },
  }),
};
