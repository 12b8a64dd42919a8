import { connect, type Socket } from 'node:net';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import { isBenchError } from '../../src/core/errors.ts';
import { findVirtualDevice } from '../../src/virtual/registry.ts';
import {
  serveRfc2217,
  serveTcp,
  serveVirtualDevice,
  type RunningServer,
  type ServeOptions,
} from '../../src/virtual/servers/server.ts';
import { concat, dataRequest, fromHex, hexOf, le, request, slip, SYNC } from './harness/wire-bench.ts';

const running: { close(): unknown }[] = [];
afterEach(async () => {
  for (const each of running.splice(0).reverse()) await each.close();
});

const options = (more: Partial<ServeOptions> = {}): ServeOptions => ({
  host: '127.0.0.1',
  port: 0,
  clock: systemClock,
  ...more,
});

class Client {
  private readonly socket: Socket;
  private bytes: Uint8Array = new Uint8Array();
  private waiting: (() => void)[] = [];
  ended = false;

  constructor(server: RunningServer) {
    this.socket = connect(server.port, '127.0.0.1');
    this.socket.on('data', (chunk) => {
      this.bytes = concat(this.bytes, chunk);
      for (const wake of this.waiting.splice(0)) wake();
    });
    this.socket.on('error', () => {});
    this.socket.on('close', () => {
      this.ended = true;
      for (const wake of this.waiting.splice(0)) wake();
    });
    running.push({ close: () => this.socket.destroy() });
  }

  send(bytes: Uint8Array): void {
    this.socket.write(bytes);
  }

  /** Waits until `hex` has come, and forgets everything up to its end. */
  async until(hex: string): Promise<void> {
    for (;;) {
      const at = hexOf(this.bytes).indexOf(hex);
      if (at >= 0 && at % 2 === 0) {
        this.bytes = this.bytes.slice((at + hex.length) / 2);
        return;
      }
      if (this.ended) throw new Error(`closed before ${hex} came, only ${hexOf(this.bytes)}`);
      await this.more();
    }
  }

  async untilClosed(): Promise<void> {
    while (!this.ended) await this.more();
  }

  private more(): Promise<void> {
    return new Promise((resolve) => this.waiting.push(resolve));
  }
}

const text = (value: string) => hexOf(new TextEncoder().encode(value));
const ESP32_SYNC_REPLY = 'c0010804000707122000000000c0';

describe('raw TCP server', () => {
  it('powers the unit in its loader with each connection, at any rate', async () => {
    const server = await serveTcp(findVirtualDevice('lamp'), options());
    running.push(server);
    expect(server.url).toBe(`tcp://127.0.0.1:${server.port}`);
    for (let count = 0; count < 2; count++) {
      const client = new Client(server);
      await client.until(text('waiting for download'));
      client.send(SYNC);
      await client.until(ESP32_SYNC_REPLY.repeat(8));
    }
  });

  it('lets the newest connection have the unit', async () => {
    const server = await serveTcp(findVirtualDevice('lamp'), options());
    running.push(server);
    const first = new Client(server);
    await first.until(text('waiting for download'));
    const second = new Client(server);
    await second.until(text('waiting for download'));
    await first.untilClosed();
  });

  it('loads an image and writes it back', async () => {
    const path = join(mkdtempSync(join(tmpdir(), 'benchflash-image-')), 'flash.bin');
    writeFileSync(path, new Uint8Array(100).fill(0x77));
    const server = await serveTcp(findVirtualDevice('lamp'), options({ image: path }));
    running.push(server);
    const client = new Client(server);
    await client.until(text('waiting for download'));
    client.send(SYNC);
    await client.until(ESP32_SYNC_REPLY.repeat(8));
    client.send(slip(request(0x0d, le(0, 0))));
    await client.until('c0010d');
    client.send(slip(request(0x0e, le(96, 8))));
    await client.until('77777777ffffffff');
    client.send(slip(request(0x02, le(1024, 1, 1024, 0x1000))));
    await client.until('c00102');
    client.send(slip(dataRequest(0x03, new Uint8Array(1024).fill(0x33), 0)));
    await client.until('c00103');
    await server.close();
    const written = readFileSync(path);
    expect(written).toHaveLength(4_194_304);
    expect(written[0x1000 + 1023]).toBe(0x33);
    expect(written[0x1000 + 1024]).toBe(0xff);
  });

  it('refuses what it does not know before it listens', async () => {
    const lamp = findVirtualDevice('lamp');
    for (const bad of [{ faults: ['none-such'] }, { state: 'none-such' }])
      await expect(serveTcp(lamp, options(bad))).rejects.toSatisfy((error) => isBenchError(error, 'USAGE'));
    await expect(serveVirtualDevice(lamp, { ...options(), scheme: 'http' })).rejects.toSatisfy((error) =>
      isBenchError(error, 'USAGE'),
    );
    const server = await serveTcp(lamp, options());
    running.push(server);
    await expect(serveTcp(lamp, options({ port: server.port }))).rejects.toSatisfy((error) =>
      isBenchError(error, 'USAGE'),
    );
  });
});

// Bytes of RFC 854 (telnet) and RFC 2217 (COM-PORT-OPTION 44 = 2c).
describe('RFC 2217 server', () => {
  const connected = async () => {
    const server = await serveRfc2217(findVirtualDevice('lamp'), options());
    running.push(server);
    const client = new Client(server);
    await client.until('fffb2c');
    return client;
  };

  it('offers the option, and confirms what the client asks without end', async () => {
    const client = await connected();
    client.send(fromHex('fffd2c fffb2c fffd00 fffb00'));
    // An option it does not have is refused.
    client.send(fromHex('fffd63 fffb63'));
    await client.until('fffc63');
    await client.until('fffe63');
  });

  it('confirms rate, data bits, parity and stop bits with the command plus 100', async () => {
    const client = await connected();
    client.send(fromHex('fffa2c01 0001c200 fff0'));
    await client.until('fffa2c65' + '0001c200' + 'fff0');
    client.send(fromHex('fffa2c0208fff0 fffa2c0301fff0 fffa2c0401fff0'));
    await client.until('fffa2c6608fff0fffa2c6701fff0fffa2c6801fff0');
    client.send(fromHex('fffa2c01 00000000 fff0'));
    await client.until('fffa2c65' + '0001c200' + 'fff0');
  });

  it('answers purge, masks and the state of the modem lines', async () => {
    const client = await connected();
    client.send(fromHex('fffa2c0c01fff0'));
    await client.until('fffa2c7001fff0');
    client.send(fromHex('fffa2c0b ffff fff0'));
    await client.until('fffa2c6f' + 'ffff' + 'fff0');
    await client.until('fffa2c6bb0fff0');
  });

  it('resets the chip into its loader by DTR and RTS, one line at a time', async () => {
    const client = await connected();
    client.send(fromHex('fffa2c01 0001c200 fff0'));
    await client.until('fff0');
    // DTR off, RTS on: in reset. DTR on, then RTS off: GPIO0 low as EN has risen. DTR off.
    for (const value of ['09', '0b', '08', '0c', '09']) {
      client.send(fromHex(`fffa2c05${value}fff0`));
      await client.until(`fffa2c69${value}fff0`);
    }
    client.send(SYNC);
    await client.until(ESP32_SYNC_REPLY.repeat(8));
  });

  it('doubles FF both ways', async () => {
    const client = await connected();
    for (const value of ['09', '0b', '08', '0c', '09']) client.send(fromHex(`fffa2c05${value}fff0`));
    await client.until(text('waiting for download'));
    client.send(SYNC);
    await client.until(ESP32_SYNC_REPLY.repeat(8));
    const word = 0x3ffe_9000;
    // The mask ffffffff and the value ff0000ff go out doubled, and the value comes back doubled.
    const packet = slip(request(0x09, le(word, 0xff00_00ff, 0xffff_ffff, 0)));
    client.send(fromHex(hexOf(packet).replaceAll('ff', 'ffff')));
    await client.until('c00109');
    client.send(slip(request(0x0a, le(word))));
    await client.until('c0010a0400' + 'ffff0000ffff');
  });
});
