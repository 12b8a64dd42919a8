import { describe, expect, it } from 'vitest';
import { Turns } from '../../src/bench/turns.ts';

const { signal } = new AbortController();

/** Work that ends when told. */
function work() {
  let end!: (value?: unknown) => void;
  let fail!: (error: Error) => void;
  const promise = new Promise((resolve, reject) => {
    end = resolve;
    fail = reject;
  });
  let begun = false;
  let begin!: () => void;
  const begins = new Promise<void>((resolve) => (begin = resolve));
  return {
    begins,
    run: () => {
      begun = true;
      begin();
      return promise;
    },
    end: () => end(),
    fail,
    begun: () => begun,
  };
}

describe('a thing of the bench that one run at a time may use', () => {
  it('is given in the order in which it was asked for', async () => {
    const turns = new Turns();
    const [first, second, third] = [work(), work(), work()];
    const waited: number[] = [];
    const all = [first, second, third].map(({ run }, index) =>
      turns.take('proof by radio', run, { signal, onWait: () => waited.push(index) }),
    );
    await first.begins;
    expect(second.begun()).toBe(false);
    first.end();
    await second.begins;
    expect(third.begun()).toBe(false);
    second.end();
    third.end();
    await Promise.all(all);
    expect(waited).toEqual([1, 2]);
  });

  it('goes on after a run that failed', async () => {
    const turns = new Turns();
    const [first, second] = [work(), work()];
    const failing = turns.take('a', first.run, { signal });
    const next = turns.take('a', second.run, { signal });
    first.fail(new Error('lost'));
    await expect(failing).rejects.toThrow('lost');
    second.end();
    await next;
    expect(second.begun()).toBe(true);
  });

  it('is not held by one that gave up waiting, and does not let the next one pass by', async () => {
    const turns = new Turns();
    const [first, second, third] = [work(), work(), work()];
    const leaving = new AbortController();
    const holding = turns.take('a', first.run, { signal });
    const waiting = turns.take('a', second.run, { signal: leaving.signal });
    const last = turns.take('a', third.run, { signal });
    leaving.abort(new Error('cancelled'));
    await expect(waiting).rejects.toThrow('cancelled');
    expect(third.begun()).toBe(false);
    first.end();
    third.end();
    await Promise.all([holding, last]);
    expect(second.begun()).toBe(false);
  });

  it('of different names do not wait for each other', async () => {
    const turns = new Turns();
    const [first, second] = [work(), work()];
    const one = turns.take('a', first.run, { signal });
    const two = turns.take('b', second.run, { signal });
    await second.begins;
    first.end();
    second.end();
    await Promise.all([one, two]);
  });
});
