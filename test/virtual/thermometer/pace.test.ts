import { describe, expect, it } from 'vitest';
import { concat, hexOf } from '../harness/wire-bench.ts';
import {
  decodeReply,
  dividerFor,
  encodeA,
  readHeader,
  STOP_CPU,
  SwsHost,
  writeFrame,
  type HostOptions,
} from './harness/sws-host.ts';

const BAUD = 460_800;
const wireMs = (bytes: number) => (bytes * 10_000) / BAUD;

async function paced(options: HostOptions = {}) {
  const host = new SwsHost({ paceBaud: 2_000_000, ...options });
  const sent = async (bytes: Uint8Array) => {
    await host.slot.wire.write(bytes);
  };
  /** Sends and lets the wire take its time. */
  const send = async (bytes: Uint8Array) => {
    let done = false;
    void sent(bytes).then(() => (done = true));
    await host.clock.until(() => done);
  };
  host.slot.perform('cycle-battery');
  await send(STOP_CPU);
  await send(writeFrame(0xb2, [dividerFor(BAUD)]));
  host.takeReceived();
  return { host, send };
}

describe('a thermometer whose wire takes its time', () => {
  it('echoes what is sent when it is sent, not later', async () => {
    const { host, send } = await paced();
    const frame = writeFrame(0x4_0000, Array<number>(256).fill(0x55));
    const startMs = host.clock.monotonicMs();
    await send(frame);
    await host.clock.advance(1);
    expect(hexOf(host.takeReceived())).toBe(hexOf(frame));
    expect(host.clock.monotonicMs() - startMs).toBeLessThan(wireMs(frame.length) + 3);
  });

  it('answers after the turnaround of an adapter and nine characters', async () => {
    const { host, send } = await paced();
    await send(readHeader(0x7e));
    await host.clock.advance(2);
    host.takeReceived();
    const startMs = host.clock.monotonicMs();
    await send(Uint8Array.of(0xfe));
    let heard = host.takeReceived();
    await host.clock.until(() => (heard = concat(heard, host.takeReceived())).length === 9);
    expect(decodeReply(heard)).toBe(0x62);
    expect(host.clock.monotonicMs() - startMs).toBeGreaterThanOrEqual(1);
    expect(host.clock.monotonicMs() - startMs).toBeLessThan(4);
  });

  it('has a pause between two bytes do no harm, and one behind bit 5 turn that 1 into a 0', async () => {
    const { host, send } = await paced();
    const frame = writeFrame(0x4_0000, [0xff, 0xff]);
    await send(frame.subarray(0, 60));
    await host.clock.advance(5);
    await send(frame.subarray(60));
    const first = await readBack(host, send);
    await send(frame.subarray(0, 54));
    await host.clock.advance(5);
    await send(frame.subarray(54));
    const second = await readBack(host, send);
    expect([first, second]).toEqual([0xff, 0xff & ~0x20]);
  });

  it('has no pause in a stream that the host writes in pieces without waiting', async () => {
    const { host, send } = await paced();
    const frame = writeFrame(0x4_0000, [0xff, 0xff]);
    for (let at = 0; at < frame.length; at += 7) void host.slot.wire.write(frame.subarray(at, at + 7));
    await send(encodeA());
    await host.clock.advance(5);
    expect(await readBack(host, send)).toBe(0xff);
  });

  it('listens for a moment after its reset, and sleeps then', async () => {
    const { host, send } = await paced();
    host.slot.perform('cycle-battery');
    await host.clock.advance(100);
    await send(STOP_CPU);
    expect(host.log.at(-1)).toContain('starts');
    host.slot.perform('cycle-battery');
    await host.clock.advance(10);
    await send(STOP_CPU);
    expect(host.log.at(-1)).toContain('stopped');
  });

  it('is busy for as long as its data sheet says, however often it is asked', async () => {
    const { host } = await paced();
    const busy = host.body.flash.busy!;
    busy.begin(45);
    for (let polls = 0; polls < 50; polls++) expect(busy.poll()).toBe(true);
    await host.clock.advance(45);
    expect(busy.poll()).toBe(false);
  });
});

async function readBack(host: SwsHost, send: (bytes: Uint8Array) => Promise<void>) {
  await send(readHeader(0x4_0000));
  await host.clock.advance(5);
  host.takeReceived();
  await send(Uint8Array.of(0xfe));
  await host.clock.advance(5);
  const value = decodeReply(host.takeReceived());
  await send(encodeA({ byte: 0xff, command: true }));
  return value;
}
