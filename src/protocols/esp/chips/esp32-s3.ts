import type { ChipSpec } from './chip.ts';
import { block1, block2, LATER_ROM, laterEfuses, laterSpi } from './esp32-later.ts';
import { parseStub } from './stub-image.ts';

const EFUSE = 0x6000_7000;
const [word3, word5] = [block1(EFUSE, 3), block1(EFUSE, 5)] as const;
const blockVersion = block2(EFUSE, 4);

export const esp32s3: ChipSpec = {
  name: 'ESP32-S3',
  magics: [0x0000_0009],
  chipId: 9,
  bootloaderOffset: 0,
  spi: laterSpi(0x6000_2000),
  rom: LATER_ROM,
  maxBaudRate: 921_600,
  loadStub: async () =>
    parseStub(
      (await import('esptool-js/lib/targets/stub_flasher/esp32s3.json', { with: { type: 'json' } })).default,
    ),
  ...laterEfuses({
    chip: 'ESP32-S3',
    efuseBase: EFUSE,
    registers: [word3, word5, blockVersion],
    manualEncryptBit: 20,
    facts(read) {
      const minor = (((read(word5) >>> 23) & 1) << 3) | ((read(word3) >>> 18) & 7);
      // The first chips used the bits of the major revision for something else; block version 1.1 gives them away.
      const isFirst = (minor & 7) === 0 && (read(blockVersion) & 3) === 1 && ((read(word3) >>> 24) & 7) === 1;
      const packages = ['ESP32-S3', 'ESP32-S3-PICO-1'];
      return {
        major: isFirst ? 0 : (read(word5) >>> 24) & 3,
        minor: isFirst ? 0 : minor,
        package: packages[(read(word3) >>> 21) & 7] ?? 'ESP32-S3 (unknown package)',
        features: ['Wi-Fi', 'Bluetooth LE', 'dual core', '240 MHz'],
        singleCore: false,
        embeddedFlashMebibytes: [undefined, 8, 4][(read(word3) >>> 27) & 7],
      };
    },
  }),
};
