import type { FaultLedger } from '../../fault-ledger.ts';
import type { NorFlash } from '../../flash-chip/nor-flash.ts';
import type { DafangFault } from '../faults.ts';

const READ = 0x03;
/** Bytes before the data: opcode, address, and what the chip wants to think it over. */
const HEADER_BYTES: Readonly<Record<number, number>> = {
  [READ]: 4,
  0x0b: 5,
  0x02: 4,
  0x20: 4,
  0x52: 4,
  0xd8: 4,
  0x5a: 5,
  0x90: 4,
  0xab: 4,
};
/** What a line without contact is taken for; with it flashrom reports its "unknown SPI chip", as with a real one. */
const NO_CONTACT = 0x2a;
/** The byte that `lies-in-a-byte` reads wrong, in U-Boot proper. */
const LYING_AT = 0x1_2468;
/** One read in so many bytes of chip comes with a wrong bit when the clip is shaky. */
const SHAKY_EVERY_BYTES = 5 << 20;

/** The chip on the pins of the programmer, with what a clip does to it. */
export class SpiBus {
  /** Bytes that came from the chip since the programmer was connected. */
  movedBytes = 0;
  private readonly flash: NorFlash;
  private readonly faults: FaultLedger<DafangFault>;
  private shakyAt = 1 << 20;

  constructor(flash: NorFlash, faults: FaultLedger<DafangFault>) {
    this.flash = flash;
    this.faults = faults;
  }

  /** One selection of the chip: what is sent, then what it answers. */
  transfer(sent: Uint8Array, answerBytes: number): Uint8Array {
    this.movedBytes += sent.length + answerBytes;
    if (this.faults.strikes('no-chip')) return new Uint8Array(answerBytes).fill(0xff);
    if (this.faults.strikes('bad-contact')) return new Uint8Array(answerBytes).fill(NO_CONTACT);
    const [opcode] = sent;
    if (opcode == null) return new Uint8Array(answerBytes).fill(0xff);
    const headerBytes = HEADER_BYTES[opcode] ?? 1;
    if (headerBytes > 1 && sent.length < 4 && opcode !== 0xab) return new Uint8Array(answerBytes).fill(0xff);
    const address = headerBytes > 1 ? ((sent[1] ?? 0) << 16) | ((sent[2] ?? 0) << 8) | (sent[3] ?? 0) : 0;
    const answer = this.flash.command(opcode, address, sent.subarray(headerBytes), answerBytes);
    if (opcode === READ) this.spoil(answer, address);
    return answer;
  }

  private spoil(answer: Uint8Array, address: number): void {
    const lying = LYING_AT - address;
    if (
      lying >= 0 &&
      lying < answer.length &&
      answer[lying] !== 0xff &&
      this.faults.strikes('lies-in-a-byte')
    )
      answer[lying]! ^= 0x08;
    this.shakyAt -= answer.length;
    if (this.shakyAt > 0 || answer.length === 0 || !this.faults.has('two-reads-differ')) return;
    this.faults.strikes('two-reads-differ');
    answer[answer.length >> 1]! ^= 0x10;
    this.shakyAt += SHAKY_EVERY_BYTES;
  }
}
