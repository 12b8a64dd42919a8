import { describe, expect, it } from 'vitest';
import type { FetchEvent } from '../../../../src/drivers/http/firmware-server.ts';
import type { ToBench } from '../../../../src/drivers/http/server/messages.ts';
import { Outbox } from '../../../../src/drivers/http/server/outbox.ts';
import { ManualClock } from '../../../harness/manual-clock.ts';

const bytes = (count: number, file = 'a'): FetchEvent => ({
  type: 'bytes',
  file,
  bytes: count,
  totalBytes: 9_999,
});
const asked: FetchEvent = { type: 'asked', file: 'a', headers: {} };
const whole: FetchEvent = { type: 'whole', file: 'a' };

function outboxInTest() {
  const clock = new ManualClock();
  const sent: ToBench[] = [];
  let taken = () => {};
  const outbox = new Outbox(clock, (message, whenTaken) => {
    sent.push(message);
    taken = whenTaken;
  });
  const events = () => sent.map((one) => (one.type === 'events' ? one.offers : []));
  const take = () => {
    const now = taken;
    taken = () => {};
    now();
  };
  return { clock, outbox, events, take };
}

describe('events on their way to the bench', () => {
  it('keep their order, and of bytes only the last word', async () => {
    const { clock, outbox, events } = outboxInTest();
    for (const event of [asked, bytes(1), bytes(2), bytes(3), whole, asked, bytes(4)]) outbox.add('f', event);
    await clock.advance(100);
    expect(events()).toEqual([[{ folder: 'f', events: [asked, bytes(3), whole, asked, bytes(4)] }]]);
  });

  it('make at most ten messages a second, and one at a time', async () => {
    const { clock, outbox, events, take } = outboxInTest();
    for (let at = 0; at < 1_000; at++) {
      outbox.add('f', bytes(at));
      await clock.advance(1);
      take();
    }
    expect(events().length).toBeLessThanOrEqual(10);
    const before = events().length;
    await clock.advance(200);
    for (let at = 0; at < 1_000; at++) outbox.add('f', bytes(at));
    await clock.advance(60_000);
    expect(events().length).toBe(before + 1);
  });

  it('do not pile up while the bench is stopped; what counts is kept', async () => {
    const { clock, outbox, events, take } = outboxInTest();
    outbox.add('f', whole);
    await clock.advance(100);
    outbox.add('f', { type: 'whole', file: 'first' });
    for (let at = 0; at < 5_000; at++) {
      outbox.add('f', asked);
      outbox.add('f', bytes(at));
    }
    take();
    await clock.advance(100);
    const kept = events()[1]?.[0]?.events ?? [];
    expect(kept).toHaveLength(500);
    expect(kept[0]).toEqual({ type: 'whole', file: 'first' });
    expect(kept.at(-1)).toEqual(bytes(4_999));
  });
});
