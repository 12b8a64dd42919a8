import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { BenchError } from '../../../core/errors.ts';
import type { FaultLedger } from '../../fault-ledger.ts';
import type { DafangFault } from '../faults.ts';
import { demo, kernel } from '../images/parts.ts';
import type { Wording } from './wording.ts';

/** `demo.bin` ends here when it was not copied to its end. */
const CUT_AT = 0x60_0000;
const DAMAGED_AT = 0x12_3456;

interface CardFile {
  /** Lower case: FAT does not tell cases apart. */
  readonly name: string;
  readonly content: Uint8Array;
}

/** A FAT32 card with one partition, as far as U-Boot's commands see it. */
export class SdCard {
  private readonly faults: FaultLedger<DafangFault>;
  private readonly own: CardFile | undefined;

  /**
   * `file`: a file of the host that lies in the root of the card, under its own name, in place of the practice
   * firmware. Throws FILE_NOT_FOUND.
   */
  constructor(faults: FaultLedger<DafangFault>, file?: string) {
    this.faults = faults;
    this.own = file == null ? undefined : fromHost(file);
  }

  /** What the driver says when it looks for a card that it cannot use. */
  trouble(says: Wording): string | undefined {
    if (this.faults.strikes('no-card')) return 'MMC: no card present\n';
    if (this.faults.strikes('card-dead')) return says.cardDead;
    return undefined;
  }

  get hasPartition(): boolean {
    return !this.faults.strikes('card-without-partition');
  }

  get hasFat(): boolean {
    return !this.faults.strikes('card-not-fat');
  }

  get files(): readonly CardFile[] {
    const { own } = this;
    const files = own == null ? [{ name: 'kernel.bin', content: kernel('practice') }] : [];
    if (this.faults.strikes('no-demo')) return files;
    if (own == null) return [{ name: 'demo.bin', content: this.spoiled(demo('practice')) }, ...files];
    return [{ name: own.name, content: this.spoiled(own.content) }];
  }

  private spoiled(whole: Uint8Array): Uint8Array {
    if (this.faults.strikes('cut-demo')) return whole.subarray(0, CUT_AT);
    if (!this.faults.strikes('damaged-demo')) return whole;
    const damaged = whole.slice();
    damaged[Math.min(DAMAGED_AT, damaged.length - 1)]! ^= 0x40;
    return damaged;
  }
}

function fromHost(file: string): CardFile {
  try {
    return { name: basename(file).toLowerCase(), content: new Uint8Array(readFileSync(file)) };
  } catch (cause) {
    throw new BenchError('FILE_NOT_FOUND', { message: `${file} for the SD card cannot be read.`, cause });
  }
}
