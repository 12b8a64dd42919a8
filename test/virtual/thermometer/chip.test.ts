import { describe, expect, it } from 'vitest';
import { factoryFlash, THERMOMETER_STATES } from '../../../src/virtual/thermometer/images/factory-flash.ts';
import { unitIdentity } from '../../../src/virtual/thermometer/images/unit-identity.ts';
import { concat, hexOf } from '../harness/wire-bench.ts';
import {
  decodeReply,
  dividerFor,
  encodeB,
  endFrame,
  readHeader,
  SOFT_RESET,
  STOP_CPU,
  SwsHost,
  writeFrame,
} from './harness/sws-host.ts';

const activated = (...options: ConstructorParameters<typeof SwsHost>) => {
  const host = new SwsHost(...options);
  host.activate();
  return host;
};
const FF = (length: number) => Array<number>(length).fill(0xff);

describe('a chip on the wire', () => {
  it('tells its id, and that it is stopped where it is', () => {
    const host = activated();
    expect(host.read(0x7d, 3)).toEqual([0x02, 0x62, 0x55]);
    const counter = host.read(0x6bc, 4);
    expect(host.read(0x6bc, 4)).toEqual(counter);
  });

  it('echoes every character that is sent to it, asleep or not', () => {
    const host = new SwsHost();
    expect(hexOf(host.exchange(STOP_CPU))).toBe(hexOf(STOP_CPU));
    host.activate();
    const frame = writeFrame(0x4_0000, [1, 2, 3]);
    expect(hexOf(host.exchange(frame))).toBe(hexOf(frame));
    expect(host.exchange(readHeader(0x4_0000))).toHaveLength(50);
  });

  it('is read at the rate for which its divider is right, and near it', () => {
    for (const baudRate of [460_800, 921_600, 1_500_000]) {
      const host = activated({ baudRate });
      expect(host.read(0x7e), `${baudRate} baud`).toEqual([0x62]);
    }
    const host = activated({ baudRate: 921_600 });
    const good = [];
    for (let divider = 40; divider <= 70; divider++) {
      host.write(0xb2, divider);
      if (host.read(0x7e)[0] === 0x62) good.push(divider);
    }
    expect(good).toContain(dividerFor(921_600));
    expect(good[0]).toBeGreaterThan(46);
    expect(good.at(-1)).toBeLessThan(60);
  });

  it('cannot be read with the divider it starts with, nor at a rate that no divider fits', () => {
    const host = new SwsHost();
    host.slot.perform('cycle-battery');
    host.exchange(STOP_CPU);
    expect(host.read(0x7e)).toEqual([undefined]);
    const slow = activated({ baudRate: 115_200 });
    slow.write(0xb2, 0x7f);
    expect(slow.read(0x7e)).not.toEqual([0x62]);
  });

  it('is read on a link without a rate, where any usual rate may be meant', () => {
    const host = activated({ baudRate: undefined });
    for (const divider of [52, 104, 127]) {
      host.write(0xb2, divider);
      expect(host.read(0xb2)).toEqual([divider]);
    }
    host.write(0xb2, 5);
    expect(host.read(0xb2)).toEqual([undefined]);
  });

  it('takes writes in either encoding at any rate', () => {
    for (const baudRate of [115_200, 230_400, 2_000_000]) {
      const host = new SwsHost({ baudRate });
      host.slot.perform('cycle-battery');
      host.exchange(writeFrame(0x602, [0x05], encodeB));
      expect(host.log.at(-1)).toContain('stopped');
    }
  });

  it('moves to the next address, but in FIFO mode', () => {
    const host = activated();
    host.write(0x4_0010, 1, 2, 3);
    expect(host.read(0x4_0010, 3)).toEqual([1, 2, 3]);
    host.write(0xb3, 0x80);
    host.write(0x4_0020, 7, 8, 9);
    expect(host.read(0x4_0020, 2)).toEqual([9, 9]);
    host.write(0xb3, 0x00);
    expect(host.read(0x4_0020, 2)).toEqual([9, 0]);
  });

  it('collides with a host that goes on talking before the answer is over', () => {
    const host = activated();
    const heard = host.exchange(concat(readHeader(0x7e), Uint8Array.of(0xfe), endFrame()));
    expect(decodeReply(heard.subarray(50, 59))).not.toBe(0x62);
    host.exchange(endFrame());
    expect(host.read(0x7e)).toEqual([0x62]);
  });
});

describe('sleep and activation', () => {
  it('reaches a sleeping chip by nothing but its battery', () => {
    const host = new SwsHost();
    for (let count = 0; count < 50; count++) host.exchange(count % 10 === 0 ? SOFT_RESET : STOP_CPU);
    expect(host.stops).toBe(0);
    host.slot.perform('cycle-battery');
    host.exchange(STOP_CPU);
    expect(host.log.at(-1)).toBe('thermometer 1: stopped through its wire');
  });

  it('is too late when the moment after the reset is over', () => {
    const host = new SwsHost();
    host.slot.perform('cycle-battery');
    for (let count = 0; count < 30; count++) host.exchange(endFrame().fill(0xfe));
    host.exchange(STOP_CPU);
    expect(host.log.at(-1)).toContain('stopped');
    host.slot.perform('cycle-battery');
    for (let count = 0; count < 200; count++) host.exchange(endFrame().fill(0xfe));
    host.exchange(STOP_CPU);
    expect(host.log.at(-1)).toContain('starts');
  });

  it('reaches a chip whose firmware is awake, and keeps it once it is stopped', async () => {
    let awake = false;
    const host = new SwsHost({ awake: () => awake });
    host.exchange(STOP_CPU);
    expect(host.stops).toBe(0);
    awake = true;
    host.exchange(STOP_CPU);
    expect(host.stops).toBe(1);
    awake = false;
    await host.clock.advance(60_000);
    host.write(0xb2, dividerFor(460_800));
    expect(host.read(0x7e)).toEqual([0x62]);
  });

  it.each([0x20, 0x22])('reboots into its firmware with %i, and listens for a moment', (value) => {
    const host = activated();
    const starts = host.starts.length;
    host.write(0x6f, value);
    expect(host.starts.length).toBe(starts + 1);
    host.exchange(STOP_CPU);
    expect(host.read(0x7e)).toEqual([undefined]);
    host.write(0xb2, dividerFor(460_800));
    expect(host.read(0x7e)).toEqual([0x62]);
  });

  it('lets the firmware restart the chip', () => {
    const host = new SwsHost();
    host.body.restart();
    expect([host.starts.length, host.stops]).toEqual([2, 1]);
  });

  it('is held by RTS and without supply by DTR, where they are wired', () => {
    const host = new SwsHost({ wiring: 'full-lines' });
    expect(host.slot.unit.hasControlLines).toBe(true);
    for (const lines of [
      { dtr: true, rts: true },
      { dtr: false, rts: true },
    ]) {
      host.slot.setLines(lines);
      host.exchange(STOP_CPU);
    }
    expect(host.stops).toBe(1);
    host.slot.setLines({ dtr: false, rts: false });
    host.exchange(STOP_CPU);
    expect(host.log.at(-1)).toContain('stopped');
    expect(new SwsHost().slot.unit.hasControlLines).toBe(false);
  });

  it('is on the air while its firmware runs', () => {
    const peripheral = {
      address: 'a4:c1:38:00:00:01',
      rssiDbm: -60,
      advertisement: () => undefined,
      accept: () => undefined,
    };
    const host = new SwsHost({ peripheral });
    expect([...host.air.peripherals]).toEqual([peripheral]);
    expect(host.slot.unit.radioAddress).toBe(peripheral.address);
    host.activate();
    expect(host.air.peripherals.size).toBe(0);
    host.write(0x6f, 0x20);
    expect(host.air.peripherals.size).toBe(1);
    host.slot.close();
    expect(host.air.peripherals.size).toBe(0);
  });

  it('has its next unit right after power-up in a jig', () => {
    const host = new SwsHost({ lastUnit: 2 });
    host.slot.perform('next-unit');
    host.exchange(STOP_CPU);
    expect(host.log.at(-1)).toBe('thermometer 2: stopped through its wire');
    host.slot.perform('next-unit');
    expect(host.exchange(STOP_CPU)).toHaveLength(0);
  });
});

describe('its flash', () => {
  it('tells who it is, and what is in it', () => {
    const host = activated();
    const identity = unitIdentity(1);
    expect(host.flash([0x9f], 3)).toEqual([0xc8, 0x60, 0x13]);
    expect(host.flash([0x03, 0x07, 0x60, 0x00], 6)).toEqual([...identity.mac.toReversed()]);
    expect(host.flash([0x03, 0x07, 0x70, 0x00], 2)).toEqual([identity.trim, 0xff]);
    const hardware = Uint8Array.from(host.flash([0x03, 0x05, 0x50, 0x00], 24), (byte) => byte!);
    expect(Buffer.from(hardware).toString('latin1')).toBe(identity.hardwareString);
    const id = host.flash([0x4b, 0, 0, 0, 0], 16);
    expect(host.flash([0x4b, 0, 0, 0, 0], 16)).toEqual(id);
    expect(new Set(id).size).toBeGreaterThan(8);
  });

  it('erases a sector and programs pages, ones to zeros only, wrapping within the page', () => {
    const host = activated();
    host.erase(0x1_2345);
    host.waitReady();
    expect([...host.cells.subarray(0x1_2000, 0x1_3000)]).toEqual(FF(4096));
    expect(host.cells[0x1_1fff] !== 0xff || host.cells[0x1_3000] !== 0xff).toBe(true);
    host.program(0x1_20fe, [1, 2, 3]);
    host.waitReady();
    expect(host.flash([0x03, 0x01, 0x20, 0xfe], 3)).toEqual([1, 2, 0xff]);
    expect(host.cells[0x1_2000]).toBe(3);
    host.program(0x1_20fe, [0xf0, 0x82]);
    host.waitReady();
    expect(host.flash([0x03, 0x01, 0x20, 0xfe], 2)).toEqual([0, 2]);
  });

  it('does nothing without write enable, and forgets it after each command', () => {
    const host = activated();
    const before = host.cells.slice(0, 4096);
    host.flash([0x20, 0, 0, 0]);
    expect(Buffer.compare(host.cells.subarray(0, 4096), before)).toBe(0);
    host.flash([0x06]);
    expect(host.flash([0x05], 1)[0]! & 0x02).toBe(0x02);
    host.flash([0x04]);
    expect(host.flash([0x05], 1)[0]! & 0x02).toBe(0);
  });

  it('is busy for some status reads, and hears nothing else meanwhile', () => {
    const host = activated();
    host.erase(0x1000);
    host.program(0x1000, [0]);
    expect(host.cells[0x1000]).toBe(0xff);
    expect(host.waitReady()).toBeGreaterThan(0);
    host.program(0x1000, [0]);
    expect(host.cells[0x1000]).toBe(0);
    expect(host.waitReady()).toBe(1);
  });

  it('is done after the time of its data sheet, for a host that only waits', async () => {
    const host = activated({ wiring: 'tx-only' });
    host.erase(0x1000);
    await host.clock.advance(300);
    host.program(0x1000, [1, 2, 3]);
    await host.clock.advance(10);
    host.flash([0x06]);
    host.flash([0x02, 0x00, 0x10, 0x03, 4]);
    expect([...host.cells.subarray(0x1000, 0x1005)]).toEqual([1, 2, 3, 4, 0xff]);
    host.flash([0x06]);
    await host.clock.advance(10);
    host.flash([0x06]);
    host.flash([0x60]);
    await host.clock.advance(3500);
    host.program(0, [5]);
    expect(host.cells[0]).toBe(5);
  });

  it('ignores erase and program silently where it came protected, until its status is cleared', () => {
    const host = activated({ unit: 3 });
    expect(host.flash([0x05], 1)[0]! & 0x7c).not.toBe(0);
    host.erase(0);
    expect(host.waitReady()).toBe(0);
    expect(host.cells[8]).toBe(0x4b);
    host.flash([0x06]);
    host.flash([0x01, 0x00]);
    host.waitReady();
    host.erase(0);
    expect(host.waitReady()).toBeGreaterThan(0);
    expect(host.cells[8]).toBe(0xff);
  });

  it('stays unprotected when it is laid into its place again', () => {
    const host = activated({ unit: 3 });
    host.flash([0x06]);
    host.flash([0x01, 0x00]);
    host.slot.close();
    const { notes } = host.storages.get(3)!;
    const again = activated({ unit: 3, content: host.cells, notes });
    again.erase(0);
    expect(again.cells[8]).toBe(0xff);
    const untouched = activated({ unit: 3, content: factoryFlash(THERMOMETER_STATES[0]!, 3) });
    untouched.erase(0);
    expect(untouched.cells[8]).toBe(0x4b);
  });

  it('is protected where its code lies, not where its firmware keeps keys and settings', () => {
    const host = activated({ unit: 3 });
    for (const offset of [0x2_0000, 0x3_ff00, 0x7_8000]) host.body.flash.program(offset, Uint8Array.of(0x12));
    expect([0x2_0000, 0x3_ff00, 0x7_8000].map((offset) => host.cells[offset])).toEqual([0xff, 0xff, 0x12]);
    host.flash([0x06]);
    host.flash([0x60]);
    expect(host.cells[8]).toBe(0x4b);
  });

  it('answers to nothing in power-down but to the command that wakes it', () => {
    const host = activated();
    host.flash([0xb9]);
    expect(host.flash([0x9f], 3)).toEqual([0xff, 0xff, 0xff]);
    host.flash([0xab]);
    expect(host.flash([0x9f], 3)).toEqual([0xc8, 0x60, 0x13]);
  });

  it('shows no status to a host that does not clock one, as the public tool does not', () => {
    const host = activated();
    host.erase(0x1000);
    host.write(0x0d, 0x00);
    host.write(0x0c, 0x05);
    expect(host.read(0x0c)).toEqual([0x00]);
    host.write(0x0d, 0x01);
    expect(host.waitReady()).toBeGreaterThan(0);
  });
});
