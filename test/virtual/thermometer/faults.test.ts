import { describe, expect, it } from 'vitest';
import { THERMOMETER_FAULTS } from '../../../src/virtual/thermometer/faults.ts';
import { unitIdentity } from '../../../src/virtual/thermometer/images/unit-identity.ts';
import { pvvx58 } from '../../../src/virtual/thermometer/images/practice-images.ts';
import { hexOf } from '../harness/wire-bench.ts';
import { dividerFor, endFrame, readHeader, STOP_CPU, SwsHost, writeFrame } from './harness/sws-host.ts';

const activated = (...options: ConstructorParameters<typeof SwsHost>) => {
  const host = new SwsHost(...options);
  host.activate();
  return host;
};
const answers = (host: SwsHost) => host.read(0x7e)[0] === 0x62;
const PAGE = 256;

/** Erases what the image covers and writes it, polling as a client should; stops when nobody answers any more. */
function flashImage(host: SwsHost, image: Uint8Array): void {
  for (let offset = 0; offset < image.length; offset += 4096) {
    host.erase(offset);
    host.waitReady();
  }
  for (let offset = 0; offset < image.length && !host.unplugged; offset += PAGE) {
    host.program(offset, [...image.subarray(offset, offset + PAGE)]);
    if (host.waitReady() === Infinity) return;
  }
}
const holds = (host: SwsHost, image: Uint8Array) =>
  Buffer.compare(host.cells.subarray(0, image.length), image) === 0;

describe('faults of the wire', () => {
  it('are in one table with those of the radio, each with a text of its own', () => {
    expect(new Set(THERMOMETER_FAULTS.map(({ name }) => name)).size).toBe(THERMOMETER_FAULTS.length);
    expect(new Set(THERMOMETER_FAULTS.map(({ text }) => text)).size).toBe(THERMOMETER_FAULTS.length);
    expect(() => new SwsHost({ faults: ['gpio0-high'] })).toThrow(/There is no fault "gpio0-high"/);
    expect(() => new SwsHost({ state: 'factory' })).toThrow(/There is no state "factory"/);
    expect(() => new SwsHost({ wiring: 'lines' })).toThrow(/There is no wiring "lines"/);
  });

  it('asleep: awake only right after the battery was put in, whatever the firmware does', () => {
    const host = new SwsHost({ faults: ['asleep'], awake: () => true });
    host.exchange(STOP_CPU);
    expect(host.stops).toBe(0);
    host.activate();
    expect(answers(host)).toBe(true);
  });

  it('locked-flash: nothing is erased until the status register is cleared', () => {
    const host = activated({ faults: ['locked-flash'] });
    host.erase(0);
    expect(host.cells[8]).toBe(0x4b);
    host.flash([0x06]);
    host.flash([0x01, 0x00]);
    host.waitReady();
    host.erase(0);
    expect(host.cells[8]).toBe(0xff);
  });

  it('busy-flash: ten times as many polls, or ten times as long', async () => {
    const host = activated({ faults: ['busy-flash'] });
    const usual = activated();
    host.erase(0);
    usual.erase(0);
    expect(host.waitReady()).toBeGreaterThan(5 * usual.waitReady());
    host.erase(0);
    await host.clock.advance(300);
    host.program(0, [0]);
    expect(host.cells[0]).toBe(0xff);
    await host.clock.advance(200);
    host.program(0, [0]);
    expect(host.cells[0]).toBe(0);
  });

  it('ftdi: what begins with a 1 cannot be read; writing works', () => {
    const host = activated({ faults: ['ftdi'] });
    expect(host.read(0x7e)).toEqual([0x62]);
    host.write(0x4_0000, 0x7f, 0x80);
    expect(host.read(0x4_0000, 2)).toEqual([0x7f, undefined]);
    host.erase(0);
    host.waitReady();
    expect(host.cells[0]).toBe(0xff);
  });

  it('tx-rx-swapped: silence on either side', () => {
    const host = activated({ faults: ['tx-rx-swapped'] });
    expect(host.exchange(STOP_CPU)).toHaveLength(0);
    expect(host.stops).toBe(1);
    expect(host.log.at(-1)).toContain('starts');
  });

  it.each(['no-power', 'echo-only'])('%s: what is sent comes back, and nothing else', (fault) => {
    const host = activated({ faults: [fault] });
    expect(hexOf(host.exchange(STOP_CPU))).toBe(hexOf(STOP_CPU));
    host.exchange(readHeader(0x7e));
    expect(hexOf(host.exchange(Uint8Array.of(0xfe)))).toBe('fe');
  });

  it('led-on-rx: garbage comes back', () => {
    const heard = activated({ faults: ['led-on-rx'] }).exchange(STOP_CPU);
    expect(heard).toHaveLength(STOP_CPU.length);
    expect(hexOf(heard)).not.toBe(hexOf(STOP_CPU));
  });

  it('drops-characters: an answer of 97 lacks one', () => {
    const host = activated({ faults: ['drops-characters'] });
    const bytes = host.read(0x7d, 300);
    expect(bytes.filter((byte) => byte == null)).toHaveLength(3);
  });

  it('gap-in-stream: what is written comes out wrong above 230400 baud, and right below', () => {
    const image = pvvx58().subarray(0, 0x4000);
    const at = (baudRate: number, faults: string[]) => {
      const host = activated({ baudRate, faults });
      flashImage(host, image);
      return host;
    };
    expect(holds(at(460_800, ['gap-in-stream']), image)).toBe(false);
    expect(holds(at(230_400, []), image)).toBe(holds(at(230_400, ['gap-in-stream']), image));
    const once = at(460_800, ['gap-in-stream-once']);
    expect(holds(once, image)).toBe(false);
    once.activate();
    flashImage(once, image);
    expect(holds(once, image)).toBe(true);
  });

  it('blank-after-flash: nothing runs after the first flash, power or not; a second one cures it', () => {
    const host = activated({ faults: ['blank-after-flash'] });
    const image = pvvx58().subarray(0, 0x1000);
    flashImage(host, image);
    const starts = host.starts.length;
    host.write(0x6f, 0x20);
    host.slot.perform('cycle-battery');
    expect(host.log.at(-1)).toContain('nothing: the display stays blank');
    expect(host.starts.length).toBe(starts);
    host.activate();
    flashImage(host, image);
    host.write(0x6f, 0x20);
    expect(host.starts.length).toBe(starts + 1);
  });

  it('watchdog: a halted chip restarts, unless its watchdog was stopped', async () => {
    const host = activated({ faults: ['watchdog'] });
    expect(host.read(0x622)[0]! & 0x08).toBe(0x08);
    await host.clock.advance(2000);
    expect(answers(host)).toBe(true);
    await host.clock.advance(1500);
    expect(answers(host)).toBe(false);
    expect(host.log.at(-1)).toContain('starts');
    host.activate();
    host.write(0x622, 0x00);
    await host.clock.advance(60_000);
    expect(answers(host)).toBe(true);
  });

  it('watchdog: it bites a host that talks for longer than that, too', () => {
    const host = activated({ faults: ['watchdog'] });
    const page = writeFrame(0x4_0000, Array<number>(256).fill(0));
    const seconds = (count: number) => (page.length * count * 10) / 460_800;
    for (let count = 0; seconds(count) < 3.2; count++) host.exchange(page);
    expect(host.log.some((line) => line.includes('watchdog'))).toBe(true);
  });

  it('swapped-unit: another one lies there after the MAC was read', async () => {
    const host = activated({ faults: ['swapped-unit'] });
    const mac = () => host.flash([0x03, 0x07, 0x60, 0x00], 6);
    expect(mac()).toEqual([...unitIdentity(1).mac.toReversed()]);
    expect(answers(host)).toBe(false);
    await host.clock.advance(100);
    host.exchange(STOP_CPU);
    host.write(0xb2, dividerFor(460_800));
    expect(mac()).toEqual([...unitIdentity(5001).mac.toReversed()]);
  });

  it('dies-at-50%: no answer from the middle of the image on, until the battery is put in again', () => {
    const host = activated({ faults: ['dies-at-50%-once'] });
    const image = pvvx58();
    flashImage(host, image);
    const half = image.length / 2;
    expect(holds(host, image.subarray(0, half - PAGE))).toBe(true);
    expect(host.cells[image.length - 1]).toBe(0xff);
    expect(answers(host)).toBe(false);
    host.exchange(endFrame());
    host.activate();
    expect(answers(host)).toBe(true);
    flashImage(host, image);
    expect(holds(host, image)).toBe(true);
  });

  it('unplugged-at-50%: the link breaks in the middle of the image', () => {
    const host = activated({ faults: ['unplugged-at-50%'] });
    const image = pvvx58();
    flashImage(host, image);
    expect(host.unplugged).toBe(true);
    expect(host.cells[image.length - 1]).toBe(0xff);
  });

  it('low-battery: nearly empty until the cell is changed', () => {
    const host = new SwsHost({ faults: ['low-battery'] });
    expect(host.body.batteryPercent).toBeLessThan(10);
    host.slot.perform('cycle-battery');
    expect(host.body.batteryPercent).toBeLessThan(10);
    host.slot.perform('change-cell');
    expect(host.body.batteryPercent).toBe(100);
    expect(new SwsHost().body.batteryPercent).toBeGreaterThan(50);
  });
});
