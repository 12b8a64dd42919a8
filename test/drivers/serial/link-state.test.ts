import { describe, expect, it } from 'vitest';
import { LinkState } from '../../../src/drivers/serial/link-state.ts';
import { ManualClock } from '../../harness/manual-clock.ts';

const state = () => new LinkState('/dev/ttyUSB0', new ManualClock());

describe('the state of a link', () => {
  it('keeps the last 64 KiB while nobody listens, for the next who does', () => {
    const link = state();
    for (let block = 0; block < 20; block++) link.deliver(new Uint8Array(4096).fill(block));
    const first: Uint8Array[] = [];
    const later: Uint8Array[] = [];
    const leave = link.onData((bytes) => first.push(bytes));
    link.onData((bytes) => later.push(bytes));
    expect(first.map((bytes) => bytes[0])).toEqual([
      4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19,
    ]);
    expect(later).toEqual([]);
    leave();
    link.deliver(Uint8Array.of(20));
    expect(later).toEqual([Uint8Array.of(20)]);
    expect(first).toHaveLength(16);
  });

  it('drops what it kept when the input is flushed', () => {
    const link = state();
    link.deliver(Uint8Array.of(1, 2, 3));
    link.dropUnheard();
    link.deliver(Uint8Array.of(4));
    const heard: Uint8Array[] = [];
    link.onData((bytes) => heard.push(bytes));
    expect(heard).toEqual([Uint8Array.of(4)]);
  });

  it('lets the work of one turn fail without the next', async () => {
    const link = state();
    const order: number[] = [];
    const first = link.inTurn(async () => {
      order.push(1);
      throw new Error('first');
    });
    const second = link.inTurn(async () => void order.push(2));
    await expect(first).rejects.toThrow('first');
    await second;
    expect(order).toEqual([1, 2]);
  });

  it('tells the work by its signal that nobody waits any more', async () => {
    const link = state();
    let aborted: AbortSignal | undefined;
    const work = link.within(
      1000,
      () => new Error('late'),
      (signalOf) => {
        aborted = signalOf();
        return new Promise<never>(() => undefined);
      },
    );
    link.lose(new Error('EIO'));
    await expect(work).rejects.toMatchObject({ code: 'LINK_LOST' });
    expect(aborted?.aborted).toBe(true);
  });
});
