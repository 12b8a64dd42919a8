import { describe, expect, it } from 'vitest';
import type { Advertisement, BleRadio } from '../../../src/drivers/ble/radio.ts';
import { awaitUnit, Sightings } from '../../../src/protocols/adverts/index.ts';
import { talk } from '../xiaomi/talk.ts';
import { heard } from './heard.ts';

const PVVX = '4c94b438c1a4a9066911b60b58f70d';

function air() {
  const listeners = new Set<(heard: Advertisement) => void>();
  const radio: BleRadio = {
    name: 'test',
    maxConnections: 1,
    offBecause: undefined,
    onOffChange: () => () => undefined,
    listen(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    connect: () => Promise.reject(new Error('not in this test')),
  };
  return { radio, listeners, send: (each: Advertisement) => listeners.forEach((listener) => listener(each)) };
}

describe('waiting for a unit', () => {
  it('ends with the first that fits, heard anew', async () => {
    const { radio, send, listeners } = air();
    const { clock, context } = talk();
    const sightings = new Sightings();
    sightings.hear(heard({ data: { '181a': PVVX } }));
    const isFree = awaitUnit(radio, sightings, ({ firmware }) => firmware?.family === 'free', {
      ...context,
      limitMs: 60_000,
    });
    send(heard({ address: 'a4:c1:38:00:00:02', name: 'LYWSD03MMC' }));
    send(heard({ address: 'a4:c1:38:00:00:03', data: { '181a': PVVX } }));
    expect(await isFree).toMatchObject({ mac: 'a4:c1:38:00:00:03' });
    expect(listeners.size).toBe(0);
    expect(clock.pendingTimers).toBe(0);
  });

  it('ends without one at the limit, and on cancel', async () => {
    const { radio, listeners } = air();
    const { clock, context, abort } = talk();
    const wait = () => awaitUnit(radio, new Sightings(), () => true, { ...context, limitMs: 60_000 });
    expect(await clock.run(wait())).toBeUndefined();
    expect(clock.monotonicMs()).toBe(60_000);
    const cancelled = wait();
    abort.abort();
    await expect(cancelled).rejects.toMatchObject({ code: 'ABORTED' });
    await expect(wait()).rejects.toMatchObject({ code: 'ABORTED' });
    expect(listeners.size).toBe(0);
  });
});
