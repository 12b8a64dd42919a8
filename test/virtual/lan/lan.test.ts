import { connect, createServer, type Socket } from 'node:net';
import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import type { AnnouncedService, HostPort } from '../../../src/drivers/http/port.ts';
import { benchSide } from '../../../src/virtual/lan/bench-side.ts';
import { settle } from '../../harness/manual-clock.ts';
import { Lan } from '../../../src/virtual/lan/lan.ts';

const MAC = '84:cc:a8:01:02:03';
const ending: (() => void)[] = [];
afterEach(() => {
  for (const end of ending.splice(0)) end();
});

function laid() {
  const lan = new Lan();
  const radio = lan.attach({ mac: MAC, rssiDbm: -52 });
  ending.push(() => radio.close());
  return { lan, radio, bench: benchSide(lan) };
}

const signal = new AbortController().signal;

async function dial(at: HostPort | 'nobody' | undefined): Promise<Socket> {
  if (at == null || at === 'nobody') throw new Error('nowhere to connect to');
  const socket = connect(at);
  ending.push(() => socket.destroy());
  await once(socket, 'connect');
  return socket;
}

const heard = async (socket: Socket) => String((await once(socket, 'data'))[0]);

describe('the practice LAN', () => {
  it('gives a unit an address by its MAC, the same at each visit, another when it is to change', async () => {
    const { lan, radio } = laid();
    const other = lan.attach({ mac: '84:cc:a8:09:09:09', rssiDbm: -52 });
    ending.push(() => other.close());
    const first = await radio.join('workshop', 'secret-word');
    expect(first).toBe('10.77.0.11');
    expect(await other.join('workshop', '')).toBe('10.77.0.12');
    radio.leave();
    expect(await radio.join('workshop', 'secret-word')).toBe(first);
    expect(await radio.join('workshop', 'secret-word', { newAddress: true })).toBe('10.77.0.13');
  });

  it('takes any name with a password of eight characters or none, and nobody while the router is off', async () => {
    const { lan, radio } = laid();
    expect(await radio.join('', 'secret-word')).toBeUndefined();
    expect(await radio.join('workshop', 'short')).toBeUndefined();
    await radio.join('workshop', '');
    lan.switchRouter(false);
    expect(radio.host).toBeUndefined();
    expect(await radio.join('workshop', '')).toBeUndefined();
    lan.switchRouter(true);
    expect(await radio.join('workshop', '')).toBe('10.77.0.11');
  });

  it('carries a connection to the unit, is refused where nothing listens, and finds nobody elsewhere', async () => {
    const { radio, bench } = laid();
    radio.serve(80, (socket) => socket.end('hello'));
    await radio.join('workshop', '');
    expect(await heard(await dial(bench.route({ host: '10.77.0.11', port: 80 })))).toBe('hello');
    await expect(dial(bench.route({ host: '10.77.0.11', port: 81 }))).rejects.toMatchObject({
      code: 'ECONNREFUSED',
    });
    expect(bench.route({ host: '10.77.0.99', port: 80 })).toBe('nobody');
    expect(bench.route({ host: '192.168.4.1', port: 80 })).toBe('nobody');
    expect(bench.route({ host: '127.0.0.1', port: 80 })).toBeUndefined();
    expect(await bench.macOf('10.77.0.11')).toBe(MAC);
  });

  it('lets a unit without network fall silent, and reset what it knows nothing of once it is back', async () => {
    const { radio, bench } = laid();
    const serve = () => radio.serve(80, (socket) => socket.on('data', (bytes) => void socket.write(bytes)));
    serve();
    await radio.join('workshop', '');
    const socket = await dial(bench.route({ host: '10.77.0.11', port: 80 }));
    socket.write('one');
    expect(await heard(socket)).toBe('one');
    radio.powerOff();
    expect(bench.route({ host: '10.77.0.11', port: 80 })).toBe('nobody');
    const answers: string[] = [];
    socket.on('data', (bytes) => answers.push(String(bytes)));
    socket.write('two');
    const broken = once(socket, 'error');
    serve();
    await radio.join('workshop', '');
    expect((await broken)[0]).toMatchObject({ code: 'ECONNRESET' });
    expect(answers).toEqual([]);
  });

  it('lets the bench hear and join access points, and reach the unit there', async () => {
    const { lan, radio, bench } = laid();
    radio.serve(80, (socket) => socket.end('set me up'));
    radio.openAccessPoint({ ssid: 'shellyplug-s-010203', address: '192.168.33.1' });
    await settle();
    const station = (await bench.wifi())!;
    expect(await station.scan(signal)).toEqual([
      { ssid: 'shellyplug-s-010203', bssid: '86:cc:a8:01:02:03', signalPercent: 80, open: true },
    ]);
    await expect(station.join('another', { signal })).rejects.toMatchObject({ code: 'WIFI_JOIN_FAILED' });
    expect(bench.route({ host: '192.168.33.1', port: 80 })).toBe('nobody');
    const joined = await station.join('shellyplug-s-010203', { signal });
    expect(joined).toMatchObject({ ownAddress: '192.168.33.2', gateway: '192.168.33.1' });
    expect(await heard(await dial(bench.route({ host: '192.168.33.1', port: 80 })))).toBe('set me up');
    expect(await bench.macOf('192.168.33.1')).toBe('86:cc:a8:01:02:03');
    radio.closeAccessPoint();
    expect(lan.joined).toBeUndefined();
    expect(await station.scan(signal)).toEqual([]);
  });

  it('lets a unit out to this computer and to other units, and not to the internet', async () => {
    const { lan, radio } = laid();
    const server = createServer((socket) => socket.end('from the bench')).listen(0, '127.0.0.1');
    ending.push(() => server.close());
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    await expect(radio.connect('127.0.0.1', port)).rejects.toMatchObject({ code: 'ENETUNREACH' });
    await radio.join('workshop', '');
    expect(await heard(await radio.connect('127.0.0.1', port))).toBe('from the bench');
    expect(await heard(await radio.connect('10.77.0.2', port))).toBe('from the bench');
    await expect(radio.connect('ota.tasmota.com', 443)).rejects.toMatchObject({ code: 'ENETUNREACH' });
    await expect(radio.connect('127.0.0.1', 1)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    const other = lan.attach({ mac: '84:cc:a8:09:09:09', rssiDbm: -52 });
    ending.push(() => other.close());
    other.serve(80, (socket) => socket.end('other unit'));
    await other.join('workshop', '');
    expect(await heard(await radio.connect('10.77.0.12', 80))).toBe('other unit');
  });

  it('announces, is swept and carries datagrams', async () => {
    const { radio, bench } = laid();
    const found: AnnouncedService[] = [];
    ending.push(await bench.browse(['_http._tcp'], (service) => found.push(service)));
    const service = { type: '_http._tcp', name: 'one', hostName: 'one.local', port: 80, txt: { id: 'one' } };
    radio.announce([service, { ...service, type: '_other._tcp' }]);
    expect(found).toEqual([]);
    await radio.join('workshop', '');
    await radio.join('workshop', '', { newAddress: true });
    expect(found.map(({ at }) => at.host)).toEqual(['10.77.0.11', '10.77.0.12']);
    radio.serve(80, (socket) => socket.end());
    const swept: HostPort[] = [];
    await bench.sweep({ ports: [80, 8081], signal, onHost: (host) => swept.push(host) });
    expect(swept).toEqual([{ host: '10.77.0.12', port: 80 }]);

    const lines: string[] = [];
    ending.push(
      await bench.listenUdp(45_678, (bytes, from) => lines.push(`${from} ${Buffer.from(bytes).toString()}`)),
    );
    radio.broadcast(45_678, Buffer.from('a line'));
    expect(lines).toEqual(['10.77.0.12 a line']);
    const asked: string[] = [];
    radio.onDatagram(5353, (bytes) => asked.push(Buffer.from(bytes).toString()));
    await bench.sendUdp({ host: '10.77.0.12', port: 5353 }, Buffer.from('who'));
    await bench.sendUdp({ host: '10.77.3.255', port: 5353 }, Buffer.from('all'));
    expect(asked).toEqual(['who', 'all']);
  });
});
