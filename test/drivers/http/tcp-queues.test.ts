import { createServer, type Socket } from 'node:net';
import { once } from 'node:events';
import { endianness } from 'node:os';
import { afterEach, describe, expect, it } from 'vitest';
import { systemTcpTables, tcpQueues } from '../../../src/drivers/http/tcp-queues.ts';
import { until } from '../until.ts';
import { RawClient } from './raw-client.ts';

const HEADER =
  '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n';
const socket = (own: string, ownPort: number, peer: string, peerPort: number) =>
  ({ localAddress: own, localPort: ownPort, remoteAddress: peer, remotePort: peerPort }) as Socket;

describe('the tables of TCP connections', () => {
  // Written on a little-endian machine, as all are on which this runs.
  it.runIf(endianness() === 'LE')('are read by both ends, of both families', () => {
    const v4 =
      HEADER +
      '   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 1 1 0 100\n' +
      '   1: 0202010A:1F90 0B02010A:C001 01 000005B4:00000010 01:00000014 00000000  1000        0 2 2 0 20\n';
    const v6 =
      HEADER +
      '   0: 000080FE00000000FF005450B6AD1DFE:1F90 000080FE00000000FF005450B6AD1DFF:0050 01 00000007:00000003 00:0 0 0 0\n';
    const queues = tcpQueues((table) => (table.endsWith('6') ? v6 : v4));
    const toUnit = socket('10.1.2.2', 0x1f90, '10.1.2.11', 0xc001);
    expect(queues.unacknowledged(toUnit)).toBe(1_460);
    expect(queues.unreadByPeer(toUnit)).toBeUndefined();
    expect(queues.unreadByPeer(socket('10.1.2.11', 0xc001, '10.1.2.2', 0x1f90))).toBe(16);
    expect(
      queues.unacknowledged(socket('fe80::5054:ff:fe1d:adb6%eth0', 0x1f90, 'fe80::5054:ff:ff1d:adb6', 80)),
    ).toBe(7);
    expect(queues.unacknowledged({} as Socket)).toBeUndefined();
  });

  const tables = systemTcpTables();
  const servers: { close(): unknown }[] = [];
  afterEach(() => servers.splice(0).forEach((server) => server.close()));

  it.runIf(tables)('tell of this system what a peer has not read', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    servers.push(server);
    await once(server, 'listening');
    const accepted = once(server, 'connection') as Promise<[Socket]>;
    const client = await RawClient.to((server.address() as { port: number }).port);
    const [served] = await accepted;
    client.socket.pause();
    await until(() => expect(client.socket.isPaused()).toBe(true));
    // What it reads ahead in spite of that is Node's own.
    served.write(Buffer.alloc(4_000_000));
    await expect.poll(() => tables?.look().unreadByPeer(served), { timeout: 20_000 }).toBeGreaterThan(10_000);
    client.socket.resume();
    await expect.poll(() => tables?.look().unacknowledged(served), { timeout: 20_000 }).toBe(0);
    served.destroy();
  });
});
