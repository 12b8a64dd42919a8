import { formatMac } from '../../../core/identity.ts';
import { isOddParity, macCrc8, macOfWords, nearestCrystal, type ChipSpec } from './chip.ts';
import { parseStub } from './stub-image.ts';

/** Word n of efuse block 0. */
const efuse = (word: number) => 0x3ff5_a000 + 4 * word;
/** Word n of efuse block 3, where a customer may burn a MAC (ESP-IDF efuse table: CRC bit 0, MAC bit 8, version bit 184). */
const efuseBlock3 = (word: number) => 0x3ff5_a078 + 4 * word;
const APB_CTL_DATE = 0x3ff6_607c;
const UART_CLKDIV = 0x3ff4_0014;
const RTC_CALIBRATION = 0x3ff5_f06c;

type Read = (address: number) => number;

export const esp32: ChipSpec = {
  name: 'ESP32',
  magics: [0x00f0_1d83],
  chipId: 0,
  bootloaderOffset: 0x1000,
  spi: { base: 0x3ff4_2000, usr: 0x1c, usr1: 0x20, usr2: 0x24, misoLength: 0x2c, w0: 0x80 },
  rom: {
    changesBaud: true,
    compressedWrites: true,
    md5: true,
    reads: true,
    attaches: true,
    beginWantsEncryptedWord: false,
    securityInfo: false,
    countsDamagedBlocks: true,
  },
  maxBaudRate: 2_000_000,
  loadStub: async () =>
    parseStub(
      (await import('esptool-js/lib/targets/stub_flasher/esp32.json', { with: { type: 'json' } })).default,
    ),
  identityRegisters: [
    ...[1, 2, 3, 4, 5, 6].map(efuse),
    ...[0, 1, 5].map(efuseBlock3),
    APB_CTL_DATE,
    UART_CLKDIV,
  ],
  decodeIdentity(read, { mode, baudRate }) {
    const mac = macOfWords(read(efuse(2)), read(efuse(1)));
    const word3 = read(efuse(3));
    const singleCore = (word3 & 1) !== 0;
    const revision = { major: majorRevision(read), minor: (read(efuse(5)) >>> 24) & 3 };
    const packageId = ((word3 >>> 9) & 7) | (((word3 >>> 2) & 1) << 3);
    const name = packageName(packageId, singleCore, revision.major === 3);
    const hasFlash = [2, 4, 5, 6].includes(packageId);
    return {
      chip: 'ESP32',
      description: `${name} (revision v${revision.major}.${revision.minor})`,
      package: name,
      revision,
      features: features(word3, read(efuse(4)), read(efuse(6)), hasFlash),
      singleCore,
      mac: formatMac(mac),
      customMac: customMac(read),
      macCrc: macCrc8(mac) === ((read(efuse(2)) >>> 16) & 0xff) ? 'ok' : 'bad',
      // A stub runs the UART from the PLL, so its divider no longer shows the crystal.
      crystalMhz:
        mode === 'rom' ? nearestCrystal(((read(UART_CLKDIV) & 0xf_ffff) * baudRate) / 1e6) : undefined,
      embeddedFlashBytes: undefined,
    };
  },
  securityRegisters: [efuse(0), efuse(6)],
  decodeSecurity(read, identity) {
    const word6 = read(efuse(6));
    const v2 = (word6 & 0x20) !== 0 && (identity.revision?.major ?? 0) >= 3;
    return {
      secureBoot: (word6 & 0x10) !== 0 ? 'v1' : v2 ? 'v2' : 'none',
      flashEncryption: isOddParity((read(efuse(0)) >>> 20) & 0x7f),
      secureDownload: false,
      downloadEncryptDisabled: (word6 & 0x80) !== 0,
    };
  },
  spiPads: {
    registers: [efuse(3), efuse(5)],
    decode(read) {
      const word5 = read(efuse(5));
      const clk = word5 & 0x1f;
      const q = (word5 >>> 5) & 0x1f;
      const d = (word5 >>> 10) & 0x1f;
      const cs = (word5 >>> 15) & 0x1f;
      const hd = (read(efuse(3)) >>> 4) & 0x1f;
      return ((hd << 24) | (cs << 18) | (d << 12) | (q << 6) | clk) >>> 0;
    },
  },
  baudCompensation: {
    registers: [RTC_CALIBRATION, efuse(4)],
    decode(read, baudRate) {
      const calibration = (read(RTC_CALIBRATION) >>> 7) & 0x1ff_ffff;
      const clock8m = read(efuse(4)) & 0xff;
      const hertz = (calibration * 15_625 * clock8m) / 40;
      const nominal = hertz > 33e6 ? 40e6 : 26e6;
      // Registers that were never filled in give no frequency at all: the plain rate is the better guess.
      if (Math.abs(hertz / nominal - 1) > 0.15) return baudRate;
      return Math.round((baudRate * hertz) / nominal);
    },
  },
};

function majorRevision(read: Read): number {
  const combined =
    (((read(APB_CTL_DATE) >>> 31) & 1) << 2) |
    (((read(efuse(5)) >>> 20) & 1) << 1) |
    ((read(efuse(3)) >>> 15) & 1);
  return { 0: 0, 1: 1, 3: 2, 7: 3 }[combined] ?? 0;
}

function packageName(id: number, singleCore: boolean, revision3: boolean): string {
  switch (id) {
    case 0:
      return singleCore ? 'ESP32-S0WDQ6' : revision3 ? 'ESP32-D0WDQ6-V3' : 'ESP32-D0WDQ6';
    case 1:
      return singleCore ? 'ESP32-S0WD' : revision3 ? 'ESP32-D0WD-V3' : 'ESP32-D0WD';
    case 2:
      return 'ESP32-D2WD';
    case 4:
      return 'ESP32-U4WDH';
    case 5:
      return revision3 ? 'ESP32-PICO-V3' : 'ESP32-PICO-D4';
    case 6:
      return 'ESP32-PICO-V3-02';
    case 7:
      return 'ESP32-D0WDR2-V3';
    default:
      return `ESP32 (package ${id})`;
  }
}

function features(word3: number, word4: number, word6: number, hasFlash: boolean): string[] {
  const list = ['Wi-Fi'];
  if ((word3 & 2) === 0) list.push('Bluetooth');
  list.push((word3 & 1) !== 0 ? 'single core' : 'dual core');
  if ((word3 & 0x2000) !== 0) list.push((word3 & 0x1000) !== 0 ? '160 MHz' : '240 MHz');
  if (hasFlash) list.push('embedded flash');
  if (((word4 >>> 8) & 0x1f) !== 0) list.push('Vref calibration');
  if ((word6 & 3) === 1) list.push('3/4 coding');
  return list;
}

/** Version byte 1 and a right CRC, or there is none. */
function customMac(read: Read): string | undefined {
  const low = read(efuseBlock3(0));
  const high = read(efuseBlock3(1));
  if (read(efuseBlock3(5)) >>> 24 !== 1) return undefined;
  const mac = Uint8Array.of(low >>> 8, low >>> 16, low >>> 24, high, high >>> 8, high >>> 16);
  return macCrc8(mac) === (low & 0xff) ? formatMac(mac) : undefined;
}
