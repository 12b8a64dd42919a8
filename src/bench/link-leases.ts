import { BenchError } from '../core/errors.ts';

/** One owner per link: two slots, even of two batches, never open the same port. */
export class LinkLeases {
  readonly #owners = new Map<string, string>();

  /** Returns the function that gives the lease back (idempotent). Throws PORT_BUSY naming the owner. */
  take(link: string, owner: string): () => void {
    const holder = this.#owners.get(link);
    if (holder !== undefined) {
      throw new BenchError('PORT_BUSY', {
        message: `${link} is in use by ${holder}.`,
        advice: 'Wait until that slot is settled, then retry.',
      });
    }
    this.#owners.set(link, owner);
    return () => {
      if (this.#owners.get(link) === owner) this.#owners.delete(link);
    };
  }
}
