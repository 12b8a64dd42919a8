import { describe, expect, it } from 'vitest';
import { garble, sameRate } from '../../src/virtual/serial/garble.ts';
import { Wire } from '../../src/virtual/serial/wire.ts';
import { modelledWriteMs } from '../../src/virtual/flash-chip/flash-times.ts';
import { ManualClock } from '../harness/manual-clock.ts';
import { dataRequest, le, RawUnit, request, slip, unslip } from './harness/wire-bench.ts';

function wire(paceBaud: number | undefined, hostBaud: number | undefined = 115_200) {
  const clock = new ManualClock();
  const atUnit: { bytes: Uint8Array; atMs: number }[] = [];
  const atHost: { bytes: Uint8Array; atMs: number }[] = [];
  const made = new Wire(
    {
      clock,
      paceBaud,
      toHost: (bytes) => atHost.push({ bytes, atMs: clock.monotonicMs() }),
      toUnit: (bytes, atMs) => atUnit.push({ bytes, atMs }),
      unitBaud: () => 115_200,
    },
    hostBaud,
  );
  return { clock, made, atUnit, atHost, startMs: clock.monotonicMs() };
}

describe('wire', () => {
  it('takes 10 bits a byte at the slower of pace and rate, each way', async () => {
    for (const [pace, rate, ms] of [
      [115_200, 921_600, 1000],
      [921_600, 115_200, 1000],
      [460_800, 460_800, 250],
    ] as const) {
      const { clock, made, atUnit, atHost, startMs } = wire(pace, rate);
      let left = false;
      void made.write(new Uint8Array(11_520)).then(() => (left = true));
      const endMs = made.send(new Uint8Array(11_520), startMs, rate);
      expect(endMs - startMs).toBeCloseTo(ms, 6);
      await clock.advance(ms - 1);
      expect(left).toBe(false);
      await clock.advance(2);
      expect(left).toBe(true);
      expect(atUnit.reduce((sum, { bytes }) => sum + bytes.length, 0)).toBe(11_520);
      expect(atUnit.at(-1)!.atMs - startMs).toBeCloseTo(ms, 6);
      expect(atHost.reduce((sum, { bytes }) => sum + bytes.length, 0)).toBe(11_520);
    }
  });

  it('is paced by the rate of the unit where the link has none', async () => {
    const { clock, made, atUnit } = wire(921_600, undefined);
    void made.write(new Uint8Array(1152));
    await clock.advance(99);
    expect(atUnit.reduce((sum, { bytes }) => sum + bytes.length, 0)).toBeLessThan(1152);
    await clock.advance(2);
    expect(atUnit.reduce((sum, { bytes }) => sum + bytes.length, 0)).toBe(1152);
  });

  it('needs no time and few steps without a pace', async () => {
    const { clock, made, atUnit, atHost } = wire(undefined);
    await made.write(new Uint8Array(1_000_000));
    made.send(new Uint8Array(1_000_000), clock.monotonicMs(), 115_200);
    await clock.advance(0);
    expect(atUnit).toHaveLength(1);
    expect(atHost).toHaveLength(1);
    expect(clock.pendingTimers).toBe(0);
  });

  it('hands over some thirty pieces a second, not one a byte', async () => {
    const { clock, made, atHost, startMs } = wire(921_600, 921_600);
    made.send(new Uint8Array(92_160), startMs, 921_600);
    await clock.advance(1001);
    expect(atHost.length).toBeLessThan(40);
  });

  it('brings garbage where the rates differ, by what they are when it arrives', async () => {
    const { clock, made, atHost, startMs } = wire(undefined, 115_200);
    made.send(Uint8Array.of(1, 2, 3), startMs, 74_880);
    made.send(Uint8Array.of(1, 2, 3), startMs, 117_000);
    await clock.advance(0);
    expect([...atHost[0]!.bytes]).not.toEqual([1, 2, 3]);
    expect([...atHost[1]!.bytes]).toEqual([1, 2, 3]);
    made.send(Uint8Array.of(1, 2, 3), startMs, 460_800);
    made.hostBaud = 460_800;
    await clock.advance(0);
    expect([...atHost[2]!.bytes]).toEqual([1, 2, 3]);
  });

  it('drops what is queued when the chip is reset', async () => {
    const { clock, made, atHost, startMs } = wire(9600, 9600);
    made.send(new Uint8Array(960), startMs, 9600);
    await clock.advance(100);
    made.dropQueued();
    await clock.advance(2000);
    expect(atHost.reduce((sum, { bytes }) => sum + bytes.length, 0)).toBeLessThan(120);
  });

  it('knows rates that still read right', () => {
    expect(sameRate(115_200, 118_000)).toBe(true);
    expect(sameRate(115_200, 74_880)).toBe(false);
    expect(garble(new Uint8Array(100), 115_200, 230_400)).toHaveLength(200);
  });
});

describe('timing model', () => {
  const blocks = 16;
  const payload = new Uint8Array(0x4000).fill(0x11);

  /** Time to write 256 KiB in plain blocks, each sent when the one before was acknowledged, ms. */
  async function writeMs(baudRate: number): Promise<number> {
    const unit = await RawUnit.open(`virtual:lamp?pace=${baudRate}`);
    const heardFrames = async (packet: Uint8Array, count = 1) => {
      const frames: Uint8Array[] = [];
      void unit.port.write(slip(packet));
      await unit.clock.until(() => {
        frames.push(...unslip(unit.heard()));
        return frames.length >= count;
      });
    };
    await unit.port.perform('power-into-loader');
    await unit.clock.advance(100);
    unit.heard();
    const text = new TextEncoder().encode('....OHAI....');
    await heardFrames(
      Uint8Array.of(0, 8, 36, 0, 0, 0, 0, 0, 7, 7, 18, 32, ...Array<number>(32).fill(0x55)),
      8,
    );
    await heardFrames(request(0x05, le(text.length, 1, 0x1800, 0x400a_8000)));
    await heardFrames(dataRequest(0x07, text, 0));
    await heardFrames(request(0x06, le(0, 0x400a_8004)), 2);
    await heardFrames(request(0x0f, le(baudRate, 115_200)));
    await unit.port.setBaudRate(baudRate);
    await heardFrames(request(0x02, le(blocks * 0x4000, blocks, 0x4000, 0x10000, 0)));
    const startMs = unit.clock.monotonicMs();
    for (let block = 0; block < blocks; block++) await heardFrames(dataRequest(0x03, payload, block));
    await heardFrames(request(0x04, le(1)));
    return unit.clock.monotonicMs() - startMs;
  }

  it('of a write is the slower of wire and flash: receiving overlaps writing', async () => {
    const flashMs = modelledWriteMs(blocks * 0x4000);
    const wireMs = (baudRate: number) => (blocks * (0x4000 + 26) * 10_000) / baudRate;
    const slow = await writeMs(115_200);
    expect(slow).toBeGreaterThan(wireMs(115_200));
    expect(slow).toBeLessThan(wireMs(115_200) * 1.05);
    const fast = await writeMs(921_600);
    expect(flashMs).toBeGreaterThan(wireMs(921_600));
    expect(fast).toBeGreaterThan(flashMs * 0.98);
    expect(fast).toBeLessThan(flashMs * 1.06);
  });
});
