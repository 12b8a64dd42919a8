import { BenchError } from '../core/errors.ts';
import type { NamedChoice } from './virtual-device.ts';

const ONCE = '-once';

/**
 * The faults of one unit. A plain fault stays. A `-once` fault lasts until the unit is powered up again after it
 * struck, or ends at once where it says so (`spend`).
 */
export class FaultLedger<Fault extends string = string> {
  private readonly always = new Set<string>();
  private readonly once = new Set<string>();
  private readonly struck: Set<string>;
  private readonly hits = new Set<string>();

  /** Throws USAGE for a fault that is not in the table. */
  constructor(names: readonly string[], table: readonly NamedChoice[], struck: Set<string>) {
    this.struck = struck;
    for (const name of names) {
      const isOnce = name.endsWith(ONCE);
      const base = isOnce ? name.slice(0, -ONCE.length) : name;
      if (!table.some((fault) => fault.name === base)) throw unknownChoice('fault', name, table);
      (isOnce ? this.once : this.always).add(base);
    }
  }

  /** Whether the fault is there just now, without it having struck. */
  has(fault: Fault): boolean {
    return this.always.has(fault) || (this.once.has(fault) && !this.struck.has(fault));
  }

  /** Whether the fault is there; if so, it has struck. */
  strikes(fault: Fault): boolean {
    if (!this.has(fault)) return false;
    this.hits.add(fault);
    return true;
  }

  /** The fault has struck and, if it is a `-once`, is over from now on. */
  spend(fault: Fault): void {
    this.struck.add(fault);
  }

  /** The unit is powered up anew: what struck before and was for once is over. */
  poweredUp(): void {
    for (const fault of this.hits) this.struck.add(fault);
    this.hits.clear();
  }
}

export function unknownChoice(kind: string, name: string, table: readonly NamedChoice[]): BenchError {
  return new BenchError('USAGE', {
    message: `There is no ${kind} "${name}" for this virtual device.`,
    advice: `Known: ${table.map((choice) => choice.name).join(', ')}.`,
  });
}
