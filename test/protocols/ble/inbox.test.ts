import { describe, expect, it } from 'vitest';
import { BenchError } from '../../../src/core/errors.ts';
import { Inbox } from '../../../src/protocols/ble/inbox.ts';
import { talk } from '../xiaomi/talk.ts';

const start = () => {
  const { clock, abort, context } = talk();
  return { clock, abort, inbox: new Inbox<number>(clock, context.signal) };
};

describe('what a peer sent', () => {
  it('is read in order, whether it came before or after it was asked for', async () => {
    const { inbox, clock } = start();
    inbox.push(1);
    inbox.push(2);
    expect([await inbox.next(10), await inbox.next(10)]).toEqual([1, 2]);
    const next = inbox.next(10);
    inbox.push(3);
    expect(await next).toBe(3);
    expect(clock.pendingTimers).toBe(0);
  });

  it('ends at the limit, and what comes later is for the next reader', async () => {
    const { inbox, clock } = start();
    expect(await clock.run(inbox.next(10))).toBeUndefined();
    inbox.push(4);
    expect(await inbox.next(10)).toBe(4);
  });

  it('is read to the end before the loss of the link is told', async () => {
    const { inbox } = start();
    inbox.push(5);
    inbox.fail(new BenchError('BLE_LINK_LOST'));
    expect(await inbox.next(10)).toBe(5);
    await expect(inbox.next(10)).rejects.toMatchObject({ code: 'BLE_LINK_LOST' });
  });

  it('ends on loss and on cancel at once', async () => {
    const lost = start();
    const waiting = lost.inbox.next(10);
    lost.inbox.fail(new BenchError('BLE_LINK_LOST'));
    await expect(waiting).rejects.toMatchObject({ code: 'BLE_LINK_LOST' });

    const { inbox, abort, clock } = start();
    const cancelled = inbox.next(10);
    abort.abort();
    await expect(cancelled).rejects.toMatchObject({ code: 'ABORTED' });
    await expect(inbox.next(10)).rejects.toMatchObject({ code: 'ABORTED' });
    expect(clock.pendingTimers).toBe(0);
  });

  it('has one reader at a time, and loses the oldest of a flood', async () => {
    const { inbox, clock } = start();
    const first = inbox.next(10);
    expect(() => inbox.next(10)).toThrow('two readers');
    expect(await clock.run(first)).toBeUndefined();
    for (let index = 0; index < 1_000; index++) inbox.push(index);
    expect(await inbox.next(10)).toBe(1_000 - 256);
  });
});
