import { orAborted } from '../core/abort.ts';

/** Things of the bench that only one run at a time may use, over all batches; who comes next waits in line. */
export class Turns {
  readonly #last = new Map<string, Promise<void>>();

  /**
   * Does `work` when everybody who asked for `resource` before is through, whatever became of them. Rejects with the
   * signal's reason when it aborts while waiting; `onWait` is called when there is somebody to wait for.
   */
  async take<T>(
    resource: string,
    work: () => Promise<T>,
    options: { readonly signal: AbortSignal; readonly onWait?: () => void },
  ): Promise<T> {
    const before = this.#last.get(resource);
    let finish!: () => void;
    const through = new Promise<void>((resolve) => (finish = resolve));
    const mine = before === undefined ? through : Promise.all([before, through]).then(() => undefined);
    this.#last.set(resource, mine);
    try {
      if (before !== undefined) {
        options.onWait?.();
        await orAborted(before, options.signal);
      }
      options.signal.throwIfAborted();
      return await work();
    } finally {
      finish();
      if (this.#last.get(resource) === mine) this.#last.delete(resource);
    }
  }
}
