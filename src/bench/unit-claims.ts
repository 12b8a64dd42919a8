import { BenchError } from '../core/errors.ts';

interface Claim {
  readonly slotId: string;
  readonly label: string;
}

/** Which slot has which unit, over all batches: two slots must never work on one unit. */
export class UnitClaims {
  readonly #byMac = new Map<string, Claim>();

  /** Throws SAME_UNIT when another slot holds this MAC. */
  claim(mac: string, claim: Claim): void {
    const holder = this.#byMac.get(mac);
    if (holder && holder.slotId !== claim.slotId) {
      throw new BenchError('SAME_UNIT', {
        message: `${holder.label} has reached this very unit (${mac}) already.`,
        detail: { mac, slot: holder.label },
      });
    }
    this.#byMac.set(mac, claim);
  }

  release(slotId: string): void {
    for (const [mac, claim] of this.#byMac) if (claim.slotId === slotId) this.#byMac.delete(mac);
  }
}
