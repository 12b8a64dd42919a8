import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { describe, expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../../../src/core/clock.ts';
import { createNetwork } from '../../../src/drivers/http/network.ts';
import type { HostPort } from '../../../src/drivers/http/port.ts';
import { ManualClock } from '../../harness/manual-clock.ts';
import { until } from '../until.ts';
import { deadPort, scriptedServer, type Visit } from './scripted-server.ts';

const network = createNetwork({ clock: systemClock });
const LIMIT = { limitMs: 20_000 };
const open = async (script: (visit: Visit) => unknown, clock = systemClock) => {
  const { at, visits } = await scriptedServer(script);
  const connection = await createNetwork({ clock }).connect(at, LIMIT);
  onTestFinished(() => connection.close());
  await until(() => expect(visits).toHaveLength(1));
  return { connection, visit: visits[0]! };
};

describe('a raw connection', () => {
  it('carries bytes both ways until the peer ends it', async () => {
    const { connection, visit } = await open(() => undefined);
    await connection.write(Uint8Array.of(0x6c, 0x26), LIMIT);
    await visit.until(/^l&$/);
    await visit.say(Uint8Array.of(0, 2));
    expect(await connection.read(LIMIT)).toEqual(Uint8Array.of(0, 2));
    visit.socket.end('.');
    expect(await connection.read(LIMIT)).toEqual(Uint8Array.of(0x2e));
    expect(await connection.read(LIMIT)).toEqual(new Uint8Array());
    expect(await connection.read(LIMIT)).toEqual(new Uint8Array());
    await connection.close();
    await connection.close();
  });

  it('that breaks while it is read says so, each time', async () => {
    const { connection, visit } = await open(() => undefined);
    const reading = connection.read(LIMIT);
    visit.socket.resetAndDestroy();
    await expect(reading).rejects.toMatchObject({ code: 'HTTP_RESET' });
    await expect(connection.read(LIMIT)).rejects.toMatchObject({ code: 'HTTP_RESET' });
    await expect(connection.write(Uint8Array.of(1), LIMIT)).rejects.toMatchObject({ code: 'HTTP_RESET' });
  });

  it('is waited for no longer than the limit, and is still there', async () => {
    const clock = new ManualClock();
    const { connection, visit } = await open(() => undefined, clock);
    const reading = expect(connection.read({ limitMs: 500 })).rejects.toMatchObject({
      code: 'HTTP_NO_ANSWER',
      detail: { connected: true },
    });
    await clock.advance(500);
    await reading;
    await visit.say('late');
    expect(await connection.read(LIMIT)).toHaveLength(4);
  });

  it('is written to no longer than the peer takes', async () => {
    const clock = new ManualClock();
    const { connection } = await open(({ socket }) => socket.pause(), clock);
    const writing = expect(
      connection.write(new Uint8Array(32 * 1024 * 1024), { limitMs: 500 }),
    ).rejects.toMatchObject({ code: 'HTTP_NO_ANSWER' });
    await clock.advance(500);
    await writing;
    const closing = connection.close();
    await clock.advance(2000);
    await closing;
  });

  it('is left when the signal says so', async () => {
    const stop = new AbortController();
    const { connection } = await open(() => undefined);
    const reading = expect(connection.read({ ...LIMIT, signal: stop.signal })).rejects.toMatchObject({
      code: 'ABORTED',
    });
    stop.abort();
    await reading;
    await expect(connection.read({ ...LIMIT, signal: stop.signal })).rejects.toMatchObject({
      code: 'ABORTED',
    });
  });

  it('to a closed port is HTTP_REFUSED', async () => {
    await expect(network.connect(await deadPort(), LIMIT)).rejects.toMatchObject({ code: 'HTTP_REFUSED' });
  });
});

describe('datagrams', () => {
  const freePort = async () => {
    const socket = createSocket('udp4').bind(0);
    await once(socket, 'listening');
    const { port } = socket.address();
    socket.close();
    await once(socket, 'close');
    return port;
  };

  it('come to all who listen, until they leave', async () => {
    const at: HostPort = { host: '127.0.0.1', port: await freePort() };
    const heard: string[] = [];
    const listen = (name: string) =>
      network.listenUdp(at.port, (bytes, from) =>
        heard.push(`${name} ${Buffer.from(bytes).toString()} ${from}`),
      );
    const leaveA = await listen('a');
    const leaveB = await listen('b');
    await network.sendUdp(at, Buffer.from('1'));
    await until(() => expect(heard).toEqual(['a 1 127.0.0.1', 'b 1 127.0.0.1']));
    leaveA();
    leaveA();
    await network.sendUdp(at, Buffer.from('2'));
    await until(() => expect(heard).toHaveLength(3));
    leaveB();
    const leaveC = await listen('c');
    await network.sendUdp(at, Buffer.from('3'));
    await until(() => expect(heard.at(-1)).toBe('c 3 127.0.0.1'));
    expect(heard).toHaveLength(4);
    leaveC();
  });

  it('on a port that another program keeps to itself are UDP_PORT_BUSY', async () => {
    const other = createSocket('udp4').bind(0);
    onTestFinished(() => void other.close());
    await once(other, 'listening');
    await expect(network.listenUdp(other.address().port, () => undefined)).rejects.toMatchObject({
      code: 'UDP_PORT_BUSY',
    });
  });

  it('to an unknown name are HOST_UNKNOWN', async () => {
    await expect(
      network.sendUdp({ host: 'no-such-unit.invalid', port: 9 }, Uint8Array.of(1)),
    ).rejects.toMatchObject({ code: 'HOST_UNKNOWN' });
  });
});

describe('the own address', () => {
  it('is the one towards the host', async () => {
    expect(await network.ownAddressTowards('127.0.0.1')).toBe('127.0.0.1');
  });
  it('towards an unknown name is HOST_UNKNOWN', async () => {
    await expect(network.ownAddressTowards('no-such-unit.invalid')).rejects.toMatchObject({
      code: 'HOST_UNKNOWN',
    });
  });
});
