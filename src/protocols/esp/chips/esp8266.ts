import { formatMac } from '../../../core/identity.ts';
import { NO_SECURITY, nearestCrystal, type ChipSpec } from './chip.ts';
import { parseStub } from './stub-image.ts';

const OTP = [0x3ff0_0050, 0x3ff0_0054, 0x3ff0_0058, 0x3ff0_005c] as const;
const UART_CLKDIV = 0x6000_0014;
const MIB = 1024 * 1024;

export const esp8266: ChipSpec = {
  name: 'ESP8266',
  magics: [0xfff0_c101],
  chipId: undefined,
  bootloaderOffset: 0,
  spi: { base: 0x6000_0200, usr: 0x1c, usr1: 0x20, usr2: 0x24, misoLength: undefined, w0: 0x40 },
  rom: {
    changesBaud: false,
    compressedWrites: false,
    md5: false,
    reads: false,
    attaches: false,
    beginWantsEncryptedWord: false,
    securityInfo: false,
    countsDamagedBlocks: false,
  },
  maxBaudRate: 921_600,
  loadStub: async () =>
    parseStub(
      (await import('esptool-js/lib/targets/stub_flasher/esp8266.json', { with: { type: 'json' } })).default,
    ),
  identityRegisters: [...OTP, UART_CLKDIV],
  decodeIdentity(read, { mode, baudRate }) {
    const [r0, r1, r2, r3] = OTP.map((address) => read(address)) as [number, number, number, number];
    const isEsp8285 = (r0 & 0x10) !== 0 || (r2 & 0x1_0000) !== 0;
    const embeddedFlashBytes = isEsp8285 ? embeddedFlash(r0, r3) : undefined;
    const name = isEsp8285 ? esp8285Name(embeddedFlashBytes, (r0 & 0x20) !== 0) : 'ESP8266EX';
    const divider = read(UART_CLKDIV) & 0xf_ffff;
    return {
      chip: 'ESP8266',
      description: name,
      package: name,
      revision: undefined,
      features: ['Wi-Fi', '160 MHz', ...(isEsp8285 ? ['embedded flash'] : [])],
      singleCore: true,
      mac: formatMac(macOf(r0, r1, r3)),
      customMac: undefined,
      macCrc: 'none',
      crystalMhz: mode === 'rom' ? nearestCrystal((baudRate * divider) / 1e6 / 2) : undefined,
      embeddedFlashBytes,
    };
  },
  securityRegisters: [],
  decodeSecurity: () => NO_SECURITY,
};

/** The OUI sits in the low 24 bits of r3; the bits above are about flash, so the whole word proves nothing. */
function macOf(r0: number, r1: number, r3: number): Uint8Array {
  const tail = [r1 >>> 8, r1, r0 >>> 24] as const;
  const oui = r3 & 0xff_ffff;
  if (oui !== 0) return Uint8Array.of(oui >>> 16, oui >>> 8, oui, ...tail);
  return ((r1 >>> 16) & 0xff) === 0
    ? Uint8Array.of(0x18, 0xfe, 0x34, ...tail)
    : Uint8Array.of(0xac, 0xd0, 0x74, ...tail);
}

/** Size from r0 bit 4 and r3 bits 25 to 27; a hint only: some ESP8266 with flash outside read as 8285. */
function embeddedFlash(r0: number, r3: number): number | undefined {
  const bits = `${(r0 >>> 4) & 1}${(r3 >>> 25) & 1}${(r3 >>> 26) & 1}${(r3 >>> 27) & 1}`;
  const mebibytes: Record<string, number> = { '1000': 1, '1010': 2, '0100': 2, '0110': 4 };
  const size = mebibytes[bits];
  return size == null ? undefined : size * MIB;
}

function esp8285Name(flashBytes: number | undefined, highTemperature: boolean): string {
  const suffix = flashBytes === MIB ? '08' : flashBytes === 2 * MIB ? '16' : undefined;
  return suffix == null ? 'ESP8285' : `ESP8285${highTemperature ? 'H' : 'N'}${suffix}`;
}
