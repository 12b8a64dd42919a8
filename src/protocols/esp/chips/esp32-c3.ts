import type { ChipSpec } from './chip.ts';
import { block1, LATER_ROM, laterEfuses, laterSpi } from './esp32-later.ts';
import { parseStub } from './stub-image.ts';

const EFUSE = 0x6000_8800;
const [word3, word5] = [block1(EFUSE, 3), block1(EFUSE, 5)] as const;

export const esp32c3: ChipSpec = {
  name: 'ESP32-C3',
  magics: [0x6921_506f, 0x1b31_506f, 0x4881_606f, 0x4361_606f],
  chipId: 5,
  bootloaderOffset: 0,
  spi: laterSpi(0x6000_2000),
  rom: LATER_ROM,
  maxBaudRate: 921_600,
  loadStub: async () =>
    parseStub(
      (await import('esptool-js/lib/targets/stub_flasher/esp32c3.json', { with: { type: 'json' } })).default,
    ),
  ...laterEfuses({
    chip: 'ESP32-C3',
    efuseBase: EFUSE,
    registers: [word3, word5],
    manualEncryptBit: 20,
    facts(read) {
      const packages = ['ESP32-C3', 'ESP8685', 'ESP32-C3 AZ', 'ESP8686'];
      return {
        major: (read(word5) >>> 24) & 3,
        minor: (((read(word5) >>> 23) & 1) << 3) | ((read(word3) >>> 18) & 7),
        package: packages[(read(word3) >>> 21) & 7] ?? 'ESP32-C3 (unknown package)',
        features: ['Wi-Fi', 'Bluetooth LE', 'single core', '160 MHz'],
        singleCore: true,
        embeddedFlashMebibytes: [undefined, 4, 2, 1, 8][(read(word3) >>> 27) & 7],
      };
    },
  }),
};
