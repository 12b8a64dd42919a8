import { orAborted } from '../../src/core/abort.ts';

interface Going<T> {
  readonly result: Promise<T>;
  readonly stop: AbortController;
  users: number;
}

/**
 * Work that serves every unit alike (a sweep of the network, a scan of the air): who asks for it while it goes on gets
 * the same result. It is ended when nobody waits for it any more. Kept by what it is done on, so that two benches of
 * one process stay apart.
 */
export class SharedWork<T> {
  readonly #going = new WeakMap<object, Map<string, Going<T>>>();

  /** `work` is done by who comes first; its signal aborts when nobody waits any more. */
  async do(
    {
      on,
      detail = '',
      signal,
    }: { readonly on: object; readonly detail?: string; readonly signal: AbortSignal },
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const going = this.#join(on, detail, work);
    going.users += 1;
    try {
      await orAborted(
        going.result.then(() => undefined),
        signal,
      );
      return await going.result;
    } finally {
      going.users -= 1;
      if (going.users === 0) going.stop.abort();
    }
  }

  #join(on: object, detail: string, work: (signal: AbortSignal) => Promise<T>): Going<T> {
    const known = this.#going.get(on) ?? new Map<string, Going<T>>();
    this.#going.set(on, known);
    const running = known.get(detail);
    if (running !== undefined) return running;
    const stop = new AbortController();
    const result = work(stop.signal).finally(() => known.delete(detail));
    // Who waits gets it; when nobody does any more, there is nobody to tell.
    result.catch(() => {});
    const going: Going<T> = { result, stop, users: 0 };
    known.set(detail, going);
    return going;
  }
}
