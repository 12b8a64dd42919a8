import { mkdtempSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/core/clock.ts';
import { parseLinks } from '../../../src/core/link.ts';
import { createPracticeBench } from '../../../src/virtual/create-practice-bench.ts';
import { findVirtualDevice } from '../../../src/virtual/registry.ts';
import { serveVirtualDevice } from '../../../src/virtual/servers/server.ts';
import { unitIdentity } from '../../../src/virtual/thermometer/images/unit-identity.ts';
import { ManualClock, settle } from '../harness/manual-clock.ts';
import { concat } from '../harness/wire-bench.ts';
import { decodeReply, dividerFor, endFrame, readHeader, STOP_CPU, writeFrame } from './harness/sws-host.ts';

const opened: { close(): unknown }[] = [];
afterEach(async () => {
  for (const each of opened.splice(0).reverse()) await each.close();
});

/** Sends, and waits until as many characters have come back as must. */
type Exchange = (bytes: Uint8Array, characters: number) => Promise<Uint8Array>;

async function readBytes(exchange: Exchange, address: number, count: number) {
  await exchange(readHeader(address), 50);
  const bytes = [];
  for (let index = 0; index < count; index++) bytes.push(decodeReply(await exchange(Uint8Array.of(0xfe), 9)));
  await exchange(endFrame(), 10);
  return bytes;
}

/** Wake-up, divider, and the MAC out of flash. */
async function macByWire(exchange: Exchange) {
  const write = (address: number, ...data: number[]) =>
    exchange(writeFrame(address, data), (6 + data.length) * 10);
  await exchange(STOP_CPU, 70);
  await write(0xb2, dividerFor(460_800));
  await write(0xb3, 0x80);
  await write(0x0d, 0x00);
  await write(0x0c, 0x03, 0x07, 0x60, 0x00, 0x00);
  await write(0x0d, 0x0a);
  const mac = await readBytes(exchange, 0x0c, 6);
  await write(0x0d, 0x01);
  await write(0xb3, 0x00);
  return mac;
}

describe('a thermometer at the practice bench', () => {
  it('lies there with its battery in, and is read by wire after that was cycled', async () => {
    const bench = createPracticeBench({
      dataDir: mkdtempSync(join(tmpdir(), 'benchflash-thermometer-')),
      clock: new ManualClock(),
    });
    const [link] = parseLinks('virtual:thermometer?unit=2');
    const port = await bench.openSerial(link!, { baudRate: 460_800 });
    opened.push(port);
    let received: Uint8Array = new Uint8Array();
    port.onData((bytes) => (received = concat(received, bytes)));
    const exchange: Exchange = async (bytes, characters) => {
      received = new Uint8Array();
      await port.write(bytes);
      await settle();
      expect(received).toHaveLength(characters);
      return received;
    };
    await port.perform('cycle-battery');
    expect(await macByWire(exchange)).toEqual([...unitIdentity(2).mac.toReversed()]);
    expect(port.hasControlLines).toBe(false);
  });

  it('refuses names it does not know', () => {
    const bench = createPracticeBench({ dataDir: tmpdir(), clock: new ManualClock() });
    for (const query of ['fault=gpio0-high', 'state=factory', 'wiring=lines'])
      expect(() => bench.check(parseLinks(`virtual:thermometer?${query}`)[0]!)).toThrow(/there is no/);
    for (const query of ['fault=ftdi-once,neighbours', 'state=pvvx-bound', 'wiring=tx-only'])
      bench.check(parseLinks(`virtual:thermometer?${query}`)[0]!);
  });
});

describe('a served thermometer', () => {
  it('is powered up by a connection on tcp://, and takes characters of any rate', async () => {
    const server = await serveVirtualDevice(findVirtualDevice('thermometer'), {
      scheme: 'tcp',
      host: '127.0.0.1',
      port: 0,
      clock: systemClock,
      unit: 4,
    });
    opened.push(server);
    const socket: Socket = connect(server.port, '127.0.0.1');
    opened.push({ close: () => socket.destroy() });
    let received: Uint8Array = new Uint8Array();
    let wake = () => {};
    socket.on('data', (bytes) => {
      received = concat(received, bytes);
      wake();
    });
    const exchange: Exchange = async (bytes, characters) => {
      received = new Uint8Array();
      socket.write(bytes);
      while (received.length < characters) await new Promise<void>((resolve) => (wake = resolve));
      return received;
    };
    expect(await macByWire(exchange)).toEqual([...unitIdentity(4).mac.toReversed()]);
  });

  it('has lines on rfc2217://', () => {
    const lines = findVirtualDevice('thermometer').wirings.filter(({ hasControlLines }) => hasControlLines);
    expect(lines.map(({ name }) => name)).toEqual(['full-lines']);
    const esp = findVirtualDevice('lamp').wirings.filter(({ hasControlLines }) => hasControlLines);
    expect(esp.map(({ name }) => name)).toEqual(['lines']);
  });
});
