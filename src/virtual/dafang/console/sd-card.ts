import type { FaultLedger } from '../../fault-ledger.ts';
import type { DafangFault } from '../faults.ts';
import { demo, kernel } from '../images/parts.ts';

/** `demo.bin` ends here when it was not copied to its end. */
const CUT_AT = 0x60_0000;
const DAMAGED_AT = 0x12_3456;

/** A FAT32 card with one partition, as far as U-Boot's commands see it. */
export class SdCard {
  private readonly faults: FaultLedger<DafangFault>;

  constructor(faults: FaultLedger<DafangFault>) {
    this.faults = faults;
  }

  /** What the driver says when it looks for a card that it cannot use. */
  get trouble(): string | undefined {
    if (this.faults.strikes('no-card')) return 'MMC: no card present\n';
    if (this.faults.strikes('card-dead')) return 'Card did not respond to voltage select!\n';
    return undefined;
  }

  get files(): readonly { readonly name: string; readonly content: Uint8Array }[] {
    const files = [{ name: 'kernel.bin', content: kernel('practice') }];
    if (this.faults.strikes('no-demo')) return files;
    return [{ name: 'demo.bin', content: this.demo() }, ...files];
  }

  private demo(): Uint8Array {
    const whole = demo('practice');
    if (this.faults.strikes('cut-demo')) return whole.subarray(0, CUT_AT);
    if (!this.faults.strikes('damaged-demo')) return whole;
    const damaged = whole.slice();
    damaged[DAMAGED_AT]! ^= 0x40;
    return damaged;
  }
}
