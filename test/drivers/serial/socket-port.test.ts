import { createServer } from 'node:net';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, vi } from 'vitest';
import { openSerialPort } from '../../../src/drivers/serial/open-serial-port.ts';
import { openSocketPort } from '../../../src/drivers/serial/socket-port.ts';
import { ManualClock } from '../../harness/manual-clock.ts';
import { until } from '../until.ts';
import { listen } from './contract.ts';
import { rawPeer, TcpPeer } from './tcp-peer.ts';

const baudRate = 115_200;
/** TEST-NET-1 (RFC 5737): nobody answers there, where anything is routed at all. */
const NOWHERE = 'socket://192.0.2.1:2000';

describe('socket://', () => {
  it('says that nothing listens there', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const link = `socket://127.0.0.1:${(server.address() as AddressInfo).port}`;
    server.close();
    await once(server, 'close');
    await expect(openSocketPort(link, { baudRate })).rejects.toMatchObject({
      code: 'LINK_REFUSED',
      message: `${link} cannot be connected: nothing listens on that port.`,
    });
  });

  it('gives up on a host that does not answer', async () => {
    const clock = new ManualClock();
    const opening = openSocketPort(NOWHERE, { baudRate, clock });
    const failed = expect(opening).rejects.toMatchObject({ code: 'LINK_REFUSED', detail: { link: NOWHERE } });
    clock.pass(10_000);
    await failed;
    expect(clock.pendingTimers).toBe(0);
  });

  it('can be aborted while it connects', async () => {
    const abort = new AbortController();
    const opening = openSocketPort(NOWHERE, { baudRate, signal: abort.signal });
    const failed = expect(opening).rejects.toBe('enough');
    abort.abort('enough');
    await failed;
    const link = { kind: 'socket', text: NOWHERE } as const;
    await expect(openSerialPort(link, { baudRate, signal: abort.signal })).rejects.toBe('enough');
  });

  it('has neither rate nor lines', async () => {
    const server = await TcpPeer.start();
    const port = await openSocketPort(`socket://${server.address}`, { baudRate });
    expect(port).toMatchObject({ hasBaudRate: false, hasControlLines: false });
    await port.close();
    await server.stop();
  });

  it('is not woken during a rest, and then has all that came', async () => {
    const server = await TcpPeer.start();
    const clock = new ManualClock();
    const port = await openSocketPort(`socket://${server.address}`, { baudRate, clock });
    const chunks: Uint8Array[] = [];
    port.onData((bytes) => void chunks.push(bytes));
    const peer = rawPeer(await server.client());
    peer.send(Uint8Array.of(0));
    await until(() => expect(chunks).toHaveLength(1));
    port.rest?.(100);
    for (let count = 1; count <= 3; count++) {
      peer.send(Uint8Array.of(count));
      // What the peer has by now shows that the sockets work on meanwhile.
      await port.write(Uint8Array.of(count));
      await peer.received(count);
    }
    expect(chunks).toEqual([Uint8Array.of(0)]);
    await clock.advance(100);
    await until(() => expect(chunks.length).toBeGreaterThan(1));
    expect(chunks[1]).toEqual(Uint8Array.of(1, 2, 3));
    await port.close();
    await server.stop();
  });

  it('can be closed during a rest', async () => {
    const server = await TcpPeer.start();
    const clock = new ManualClock();
    const port = await openSocketPort(`socket://${server.address}`, { baudRate, clock });
    port.onData(() => undefined);
    port.rest?.(100);
    await port.close();
    expect(clock.pendingTimers).toBe(0);
    await server.stop();
  });

  it('takes the end of the connection for a loss, after its last bytes', async () => {
    const server = await TcpPeer.start();
    const port = await openSocketPort(`socket://${server.address}`, { baudRate });
    const heard = listen(port);
    const lost = new Promise<Error>((resolve) => port.onLost(resolve));
    (await server.client()).end(Uint8Array.of(1, 2));
    expect(await lost).toMatchObject({ code: 'LINK_LOST' });
    expect(await heard.atLeast(2)).toEqual(Uint8Array.of(1, 2));
    await server.stop();
  });

  it('connects to an IPv6 address', async (context) => {
    const server = createServer();
    const listening = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false));
      server.listen(0, '::1', () => resolve(true));
    });
    if (!listening) return context.skip('this machine has no IPv6');
    const link = `socket://[::1]:${(server.address() as AddressInfo).port}`;
    const port = await openSocketPort(link, { baudRate });
    expect(port.link).toBe(link);
    await port.close();
    server.close();
  });

  it('ends a write that the server does not take', async () => {
    const clock = new ManualClock();
    const server = await TcpPeer.start();
    const port = await openSocketPort(`socket://${server.address}`, { baudRate, clock });
    rawPeer(await server.client()).stall();
    const writing = port.write(new Uint8Array(16 * 1024 * 1024));
    const failed = expect(writing).rejects.toMatchObject({ code: 'WRITE_TIMEOUT' });
    await until(() => expect(clock.pendingTimers).toBe(1));
    clock.pass(10_000 + (16 * 1024 * 1024 * 10_000) / baudRate);
    await failed;
    await server.stop();
    await port.close();
  });
});

describe('opening a link', () => {
  it('refuses kinds that are not serial', async () => {
    const link = { kind: 'ble', text: 'ble:a4:c1:38:00:11:22' } as const;
    await expect(openSerialPort(link, { baudRate })).rejects.toMatchObject({ code: 'LINK_UNKNOWN' });
    await expect(
      openSerialPort({ kind: 'virtual', text: 'virtual:lamp#1' }, { baudRate }),
    ).rejects.toMatchObject({ code: 'LINK_UNKNOWN' });
  });

  it('leaves virtual links to the practice bench', async () => {
    const openVirtual = vi.fn(async () => {
      throw new Error('the bench was asked');
    });
    const link = { kind: 'virtual', text: 'virtual:lamp#1' } as const;
    await expect(openSerialPort(link, { baudRate, openVirtual })).rejects.toThrow('the bench was asked');
  });
});
