import { describe, expect, it } from 'vitest';
import { BenchError } from '../../src/core/errors.ts';
import type { Advertisement, BleRadio } from '../../src/drivers/ble/radio.ts';
import { heardList } from '../../src/main/heard-list.ts';
import { ManualClock } from '../harness/manual-clock.ts';
import { heard, type HeardParts } from '../protocols/adverts/heard.ts';

const PVVX = { data: { '181a': '4c94b438c1a4a9066911b60b58f70d' }, name: 'ATC_B4944C' };

/** A radio that hears what the test says. */
class Radio implements Pick<BleRadio, 'offBecause' | 'onOffChange' | 'listen'> {
  offBecause: BenchError | undefined;
  readonly ears = new Set<(advertisement: Advertisement) => void>();
  readonly offListeners = new Set<() => void>();
  listen = (listener: (advertisement: Advertisement) => void) => {
    this.ears.add(listener);
    return () => this.ears.delete(listener);
  };
  onOffChange = (listener: () => void) => {
    this.offListeners.add(listener);
    return () => this.offListeners.delete(listener);
  };
  switch(off: BenchError | undefined): void {
    this.offBecause = off;
    for (const listener of this.offListeners) listener();
  }
}

function listening() {
  const clock = new ManualClock();
  const radio = new Radio();
  const opening = { count: 0, fails: undefined as BenchError | undefined };
  const list = heardList({
    clock,
    openRadio: async () => {
      opening.count += 1;
      if (opening.fails) throw opening.fails;
      return radio as unknown as BleRadio;
    },
  });
  let told = 0;
  const hear = (parts: HeardParts) => {
    for (const ear of radio.ears) ear(heard({ at: clock.monotonicMs(), ...parts }));
  };
  return { clock, radio, opening, list, hear, told: () => told, follow: () => list.subscribe(() => told++) };
}

describe('the units on the air', () => {
  it('are not listened for before somebody subscribes, and no longer than that', async () => {
    const { clock, radio, opening, list, follow } = listening();
    expect(list.now()).toEqual({ units: [], listenedSeconds: 0 });
    await clock.advance(10_000);
    expect(opening.count).toBe(0);
    const leave = [follow(), follow()];
    await clock.advance(3000);
    expect([opening.count, radio.ears.size, list.now().listenedSeconds]).toEqual([1, 1, 3]);
    for (const each of leave) each();
    expect([radio.ears.size, radio.offListeners.size, clock.pendingTimers]).toEqual([0, 0, 0]);
  });

  it('say what they are, age, and are the same objects while nothing changes', async () => {
    const { clock, list, hear, follow, told } = listening();
    follow();
    await clock.advance(0);
    const before = told();
    hear(PVVX);
    expect(told()).toBe(before + 1);
    const [unit] = list.now().units;
    expect(unit).toMatchObject({
      mac: 'a4:c1:38:b4:94:4c',
      link: 'ble:a4:c1:38:b4:94:4c',
      name: 'ATC_B4944C',
      firmware: 'pvvx',
      batteryPercent: 88,
      ageSeconds: 0,
    });
    hear(PVVX);
    expect(told()).toBe(before + 1);
    await clock.advance(500);
    expect(list.now().units[0]).toBe(unit);
    await clock.advance(41_500);
    expect(list.now().units[0]!.ageSeconds).toBe(42);
  });

  it('stay in the order in which they were heard first', async () => {
    const { clock, list, hear, follow } = listening();
    follow();
    await clock.advance(0);
    for (const last of ['01', '02', '03', '01'])
      hear({ ...PVVX, address: `a4:c1:38:00:00:${last}`, at: clock.monotonicMs() });
    expect(list.now().units.map(({ address }) => address.slice(-2))).toEqual(['01', '02', '03']);
  });

  it('have no link where the operating system hides their MAC', async () => {
    const { clock, list, hear, follow } = listening();
    follow();
    await clock.advance(0);
    hear({ ...PVVX, address: '7b0c', addressIsMac: false });
    expect(list.now().units[0]).toMatchObject({ mac: 'a4:c1:38:b4:94:4c' });
    expect(list.now().units[0]).not.toHaveProperty('link');
  });

  it('are none without Bluetooth: it says why and what to do, and looks again', async () => {
    const { clock, opening, list, follow } = listening();
    opening.fails = new BenchError('BLUETOOTH_UNAVAILABLE', {
      message: 'No adapter.',
      advice: 'Plug one in.',
    });
    follow();
    await clock.advance(0);
    expect(list.now()).toEqual({ units: [], problem: 'No adapter. Plug one in.', listenedSeconds: 0 });
    opening.fails = undefined;
    await clock.advance(6000);
    expect(opening.count).toBe(2);
    expect(list.now()).not.toHaveProperty('problem');
  });

  it('are not heard while Bluetooth is off, and listening counts anew when it is back', async () => {
    const { clock, radio, list, follow } = listening();
    follow();
    await clock.advance(20_000);
    radio.switch(new BenchError('BLUETOOTH_OFF', { message: 'It is off.', advice: 'Switch it on.' }));
    expect(list.now()).toMatchObject({ problem: 'It is off. Switch it on.', listenedSeconds: 0 });
    radio.switch(undefined);
    await clock.advance(2000);
    expect(list.now()).toEqual({ units: [], listenedSeconds: 2 });
  });
});
