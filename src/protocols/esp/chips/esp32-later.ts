import { formatMac } from '../../../core/identity.ts';
import type { EspChip, EspIdentity } from '../types.ts';
import { isOddParity, macOfWords, type ChipSpec, type RomAbilities, type SpiRegisters } from './chip.ts';

type Read = (address: number) => number;

/** ROM of S2 and everything after it. */
export const LATER_ROM: RomAbilities = {
  changesBaud: true,
  compressedWrites: true,
  md5: true,
  reads: true,
  attaches: true,
  beginWantsEncryptedWord: true,
  securityInfo: true,
  countsDamagedBlocks: false,
};

/** S2, S3, C3 and C6 share the layout, each at its own base. */
export const laterSpi = (base: number): SpiRegisters => ({
  base,
  usr: 0x18,
  usr1: 0x1c,
  usr2: 0x20,
  misoLength: 0x28,
  w0: 0x58,
});

export interface LaterFacts {
  readonly major: number;
  readonly minor: number;
  readonly package: string;
  readonly features: readonly string[];
  readonly singleCore: boolean;
  readonly embeddedFlashMebibytes: number | undefined;
}

interface LaterLayout {
  readonly chip: EspChip;
  readonly efuseBase: number;
  /** Words of efuse block 1 beyond the MAC, and of block 2, that `facts` reads, as register addresses. */
  readonly registers: readonly number[];
  /** Bit of efuse block 0 word 0 that forbids encryption through the ROM. */
  readonly manualEncryptBit: number;
  facts(read: Read): LaterFacts;
}

/** Block 0 of the later efuse controllers starts at +0x30; block 1, with the MAC, at +0x44; block 2 at +0x5c. */
export const block1 = (efuseBase: number, word: number): number => efuseBase + 0x44 + 4 * word;
export const block2 = (efuseBase: number, word: number): number => efuseBase + 0x5c + 4 * word;

/** The part of a table entry that follows from the common efuse layout (facts from the efuse tables of ESP-IDF and esptool). */
export function laterEfuses(
  layout: LaterLayout,
): Pick<ChipSpec, 'identityRegisters' | 'decodeIdentity' | 'securityRegisters' | 'decodeSecurity'> {
  const { efuseBase } = layout;
  const macLow = block1(efuseBase, 0);
  const macHigh = block1(efuseBase, 1);
  const [word0, word1, word2] = [efuseBase + 0x30, efuseBase + 0x34, efuseBase + 0x38] as const;
  return {
    identityRegisters: [macLow, macHigh, ...layout.registers],
    decodeIdentity(read): EspIdentity {
      const facts = layout.facts(read);
      const flash = facts.embeddedFlashMebibytes;
      return {
        chip: layout.chip,
        description: `${facts.package} (revision v${facts.major}.${facts.minor})`,
        package: facts.package,
        revision: { major: facts.major, minor: facts.minor },
        features: flash == null ? facts.features : [...facts.features, `embedded flash ${flash} MB`],
        singleCore: facts.singleCore,
        mac: formatMac(macOfWords(read(macHigh), read(macLow))),
        customMac: undefined,
        macCrc: 'none',
        crystalMhz: 40,
        embeddedFlashBytes: flash == null ? undefined : flash * 1024 * 1024,
      };
    },
    securityRegisters: [word0, word1, word2],
    decodeSecurity: (read) => ({
      secureBoot: ((read(word2) >>> 20) & 1) !== 0 ? 'v2' : 'none',
      flashEncryption: isOddParity((read(word1) >>> 18) & 7),
      secureDownload: false,
      downloadEncryptDisabled: ((read(word0) >>> layout.manualEncryptBit) & 1) !== 0,
    }),
  };
}
