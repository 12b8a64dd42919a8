import { once } from 'node:events';
import { connect, type AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/core/clock.ts';
import { parseArpTable } from '../../../src/drivers/http/arp.ts';
import {
  type OwnAddress,
  ipv4Number,
  ipv4Text,
  isPrivate,
  neighbourhoodOf,
} from '../../../src/drivers/http/interfaces.ts';
import { connectError, noAnswer } from '../../../src/drivers/http/network-errors.ts';
import { sweep, sweepTargets } from '../../../src/drivers/http/sweep.ts';
import { unacknowledged } from '../../../src/drivers/http/unacknowledged.ts';
import { ManualClock } from '../../harness/manual-clock.ts';
import { until } from '../until.ts';
import { scriptedServer } from './scripted-server.ts';

const own = (address: string, prefixBits = 24, interfaceName = 'wlan0'): OwnAddress => ({
  address,
  prefixBits,
  interfaceName,
});

describe('addresses', () => {
  it('are numbers and text', () => {
    expect(ipv4Text(ipv4Number('192.168.4.1')!)).toBe('192.168.4.1');
    expect(ipv4Text(ipv4Number('255.255.255.255')!)).toBe('255.255.255.255');
    for (const text of ['', '1.2.3', '1.2.3.256', 'a.b.c.d', '1.2.3.4.5', '::1'])
      expect(ipv4Number(text)).toBeUndefined();
  });

  it('belong to the subnet they lie in', () => {
    const subnets = [own('10.1.0.20', 22), own('192.168.4.7')];
    expect(neighbourhoodOf('10.1.3.255', subnets)?.address).toBe('10.1.0.20');
    expect(neighbourhoodOf('10.1.4.0', subnets)).toBeUndefined();
    expect(neighbourhoodOf('shelly.local', subnets)).toBeUndefined();
  });

  it.each([
    ['10.0.0.1', true],
    ['172.16.0.1', true],
    ['172.32.0.1', false],
    ['192.168.1.1', true],
    ['192.169.1.1', false],
    ['8.8.8.8', false],
    ['nonsense', false],
  ])('%s is private: %s', (address, expected) => expect(isPrivate(address)).toBe(expected));
});

describe('a sweep', () => {
  it('tries every host of a private subnet but this computer', () => {
    const targets = sweepTargets([own('192.168.1.20')]);
    expect(targets).toHaveLength(253);
    expect([targets[0], targets.at(-1)]).toEqual(['192.168.1.1', '192.168.1.254']);
    expect(targets).not.toContain('192.168.1.20');
  });

  it('goes over all private subnets, or the one that is near', () => {
    const subnets = [own('192.168.1.20'), own('10.2.0.5'), own('93.184.216.34')];
    expect(sweepTargets(subnets)).toHaveLength(506);
    expect(sweepTargets(subnets, '10.2.0.77')).toHaveLength(253);
    expect(sweepTargets(subnets, '10.3.0.77')).toEqual([]);
    expect(sweepTargets(subnets, '93.184.216.1')).toEqual([]);
  });

  it('of a wide subnet stays around the place that is meant, and is bounded', () => {
    const targets = sweepTargets([own('10.9.0.5', 8)], '10.77.5.1');
    expect(targets).toHaveLength(1022);
    expect([targets[0], targets.at(-1)]).toEqual(['10.77.4.1', '10.77.7.254']);
    const many = Array.from({ length: 9 }, (_, index) => own(`10.${index}.0.5`));
    expect(sweepTargets(many)).toHaveLength(1022);
  });

  it('reports what takes a connection, 32 at a time', async () => {
    const { at } = await scriptedServer(() => undefined);
    const clock = new ManualClock();
    const tried = new Set<string>();
    const found: unknown[] = [];
    let atOnce = 0;
    let isThrough = false;
    const ended = sweep(
      { ports: [80, 8081], signal: new AbortController().signal, onHost: (host) => found.push(host) },
      {
        clock,
        route: ({ host, port }) => {
          tried.add(`${host}:${port}`);
          return host === '10.77.0.11' && port === 80 ? at : 'nobody';
        },
        ownAddresses: () => [own('10.77.0.1')],
      },
    ).finally(() => (isThrough = true));
    await clock.until(() => {
      atOnce = Math.max(atOnce, clock.pendingTimers);
      return isThrough;
    });
    await ended;
    expect(atOnce).toBe(32);
    expect(found).toEqual([{ host: '10.77.0.11', port: 80 }]);
    expect(tried.size).toBe(2 * 253);
  });

  it('ends with its signal', async () => {
    const stop = new AbortController();
    const ended = sweep(
      { ports: [80], signal: stop.signal, onHost: () => undefined },
      { clock: systemClock, route: () => 'nobody', ownAddresses: () => [own('10.77.0.1')] },
    );
    stop.abort();
    await expect(ended).rejects.toMatchObject({ code: 'ABORTED' });
  });

  it('of a computer without a private network is NO_ROUTE', async () => {
    const options = { ports: [80], signal: new AbortController().signal, onHost: () => undefined };
    const sweepOf = (subnets: readonly OwnAddress[]) =>
      sweep(options, { clock: systemClock, ownAddresses: () => subnets });
    await expect(sweepOf([])).rejects.toMatchObject({
      code: 'NO_ROUTE',
      message: 'This computer is on no network.',
    });
    await expect(sweepOf([own('8.8.8.8')])).rejects.toMatchObject({
      message: 'Only private networks of this computer are searched; it has 8.8.8.8/24 on wlan0.',
    });
  });
});

describe('the table of neighbours', () => {
  it.each([
    [
      '/proc/net/arp',
      'IP address       HW type     Flags       HW address            Mask     Device\n' +
        '10.1.0.41        0x1         0x2         A1:B2:C3:0D:E5:F6     *        wlan0\n' +
        '10.1.0.42        0x1         0x0         00:00:00:00:00:00     *        wlan0\n',
    ],
    [
      'ip neigh',
      '10.1.0.41 dev wlan0 lladdr a1:b2:c3:0d:e5:f6 REACHABLE\n10.1.0.42 dev wlan0  FAILED\n' +
        '10.1.0.43 dev wlan0  INCOMPLETE\n',
    ],
    [
      'macOS',
      '? (10.1.0.41) at a1:b2:c3:d:e5:f6 on en0 ifscope [ethernet]\n? (10.1.0.42) at (incomplete) on en0 ifscope [ethernet]\n',
    ],
    [
      'Windows',
      '\r\nInterface: 10.1.0.5 --- 0x3\r\n  Internet Address      Physical Address      Type\r\n' +
        '  10.1.0.41             a1-b2-c3-0d-e5-f6     dynamic   \r\n',
    ],
  ])('of %s is read', (_name, text) => {
    expect([...parseArpTable(text)]).toEqual([['10.1.0.41', 'a1:b2:c3:0d:e5:f6']]);
  });
});

describe('why nobody answers', () => {
  const to = { host: '10.1.0.41', port: 80 };
  const around = { own: ['10.1.0.20/24 on wlan0'] };
  const silent = (facts: object) => noAnswer(to, { ...around, ...facts }, { connected: false });

  it('is that the address lies elsewhere', () => {
    expect(silent({})).toMatchObject({
      code: 'HTTP_NO_ANSWER',
      detail: { outside: true },
      message:
        "10.1.0.41 does not answer, and lies outside of this computer's networks (10.1.0.20/24 on wlan0).",
    });
  });
  it('may be client isolation where its MAC was never heard', () => {
    expect(silent({ neighbour: { interfaceName: 'wlan0' } }).message).toMatch(/client isolation/);
  });
  it('is the unit where its MAC was heard', () => {
    const mac = 'a1:b2:c3:0d:e5:f6';
    expect(silent({ neighbour: { interfaceName: 'wlan0' }, mac })).toMatchObject({
      blame: 'device',
      detail: { mac },
    });
  });

  it.each([
    ['ENETUNREACH', 'NO_ROUTE', /on no network that leads to 10\.1\.0\.41 \(10\.1\.0\.20\/24 on wlan0\)/],
    ['EPERM', 'NO_ROUTE', /firewall/],
    ['EHOSTUNREACH', 'HTTP_NO_ANSWER', /outside/],
    ['ECONNRESET', 'HTTP_RESET', /broke the connection off/],
    ['EAI_AGAIN', 'HOST_UNKNOWN', /No host of the name/],
  ])('is in the words of the system %s, which is %s', (cause, code, message) => {
    const error = connectError(to, Object.assign(new Error('x'), { code: cause }), around);
    expect(error).toMatchObject({ code, message: expect.stringMatching(message) as string });
  });
});

describe('what the peer has not acknowledged', () => {
  it.skipIf(process.platform !== 'linux')('is all that a peer that has left off reading leaves', async () => {
    const { at, visits } = await scriptedServer(({ socket }) => socket.pause());
    const socket = connect(at);
    await once(socket, 'connect');
    const queues = unacknowledged(systemClock);
    expect(queues.of(socket)).toBe(0);
    socket.write(new Uint8Array(32 * 1024 * 1024));
    await until(() => expect(visits).toHaveLength(1));
    const known = unacknowledged({ ...systemClock, monotonicMs: () => performance.now() * 1000 });
    await until(() => expect(known.of(socket)).toBeGreaterThan(0));
    visits[0]!.socket.resume();
    await until(() => expect(known.of(socket)).toBe(0));
    expect((socket.address() as AddressInfo).port).toBeGreaterThan(0);
    socket.destroy();
  });
});
