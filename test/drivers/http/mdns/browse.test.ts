import { type Answer, decode, encode } from 'dns-packet';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { browse } from '../../../../src/drivers/http/mdns/browse.ts';
import { decodeRecords } from '../../../../src/drivers/http/mdns/packet.ts';
import type { AnnouncedService } from '../../../../src/drivers/http/port.ts';
import { ManualClock } from '../../../harness/manual-clock.ts';

const NAME = 'shellyplug-s-A1B2C3._http._tcp.local';
const HOST = 'shellyplug-s-A1B2C3.local';
const pointer = (ttl = 120): Answer => ({ type: 'PTR', name: '_http._tcp.local', ttl, data: NAME });
const srv = (port = 80): Answer => ({ type: 'SRV', name: NAME, ttl: 120, data: { port, target: HOST } });
const txt = (...data: string[]): Answer => ({ type: 'TXT', name: NAME, ttl: 120, data });
const address = (data = '192.168.1.41'): Answer => ({ type: 'A', name: HOST, ttl: 120, data });
const all = [pointer(), srv(), txt('id=shellyplug-s-A1B2C3', 'arch=esp8266'), address()];

function group(types = ['_http._tcp', '_ewelink._tcp']) {
  const clock = new ManualClock();
  const found: AnnouncedService[] = [];
  const asked: string[][] = [];
  const state = { closed: false, hear: (_bytes: Uint8Array) => {} };
  const stop = browse({
    types,
    onFound: (service) => found.push(service),
    clock,
    ownAddresses: () => [{ interfaceName: 'eth0', address: '93.184.216.1', prefixBits: 24 }],
    join: (onMessage) => {
      state.hear = onMessage;
      return {
        send: (bytes) => {
          const { questions = [] } = decode(Buffer.from(bytes));
          asked.push(questions.map(({ type, name }) => `${type} ${name}`));
        },
        close: () => (state.closed = true),
      };
    },
  });
  const hear = (answers: Answer[], additionals: Answer[] = []) =>
    state.hear(encode({ type: 'response', answers, additionals }));
  return { clock, found, asked, state, stop, hear };
}

describe('announced services', () => {
  it('are asked for at once, and then at growing intervals', async () => {
    const { clock, asked, stop, state } = group();
    const types = ['PTR _http._tcp.local', 'PTR _ewelink._tcp.local'];
    expect(asked).toEqual([types]);
    await clock.advance(1000);
    await clock.advance(3000);
    await clock.advance(9000);
    await clock.advance(27_000);
    expect(asked).toHaveLength(5);
    await clock.advance(60_000 * 10);
    expect(asked).toHaveLength(15);
    stop();
    expect([clock.pendingTimers, state.closed]).toEqual([0, true]);
  });

  it('are told whole, and again when they change', () => {
    const { found, hear } = group();
    hear(all.slice(0, 1), all.slice(1));
    expect(found).toEqual([
      {
        type: '_http._tcp',
        name: 'shellyplug-s-A1B2C3',
        hostName: 'shellyplug-s-A1B2C3',
        at: { host: '192.168.1.41', port: 80 },
        txt: { id: 'shellyplug-s-A1B2C3', arch: 'esp8266' },
      },
    ]);
    hear(all);
    expect(found).toHaveLength(1);
    hear([address('192.168.1.77')]);
    hear([txt('fw_version=1.0', 'flag', 'FLAG', 'a=b=c', '=x')]);
    expect(found.slice(1)).toMatchObject([
      { at: { host: '192.168.1.77', port: 80 } },
      { txt: { fw_version: '1.0', flag: '', FLAG: '', a: 'b=c' } },
    ]);
  });

  it('that say goodbye are new when they come again', () => {
    const { found, hear } = group();
    hear(all);
    hear([pointer(0)]);
    hear([address()]);
    expect(found).toHaveLength(1);
    hear(all);
    expect(found).toHaveLength(2);
  });

  it('that come in pieces are asked for what is missing, once a round', async () => {
    const { clock, asked, found, hear } = group(['_http._tcp']);
    hear([pointer()]);
    await clock.advance(200);
    expect(asked.at(-1)).toEqual([`SRV ${NAME}`, `TXT ${NAME}`]);
    hear([pointer()]);
    await clock.advance(200);
    expect(asked).toHaveLength(2);
    hear([srv(), txt('')]);
    await clock.advance(200);
    expect(asked.at(-1)).toEqual([`A ${HOST}`]);
    await clock.advance(400);
    expect(asked.at(-1)).toEqual(['PTR _http._tcp.local', `A ${HOST}`]);
    hear([address()]);
    expect(found).toMatchObject([{ name: 'shellyplug-s-A1B2C3', txt: {} }]);
  });

  it('are found whatever the case of their names', () => {
    const { found, hear } = group();
    hear([
      { type: 'PTR', name: '_HTTP._tcp.LOCAL', ttl: 9, data: 'My.Plug._http._tcp.local' },
      { type: 'SRV', name: 'my.plug._HTTP._tcp.local', ttl: 9, data: { port: 80, target: 'Plug.local' } },
      { type: 'TXT', name: 'my.plug._http._tcp.local', ttl: 9, data: [] },
      { type: 'A', name: 'PLUG.local', ttl: 9, data: '10.0.0.2' },
    ]);
    expect(found).toMatchObject([{ name: 'My.Plug', hostName: 'Plug' }]);
  });

  it('of other types, elsewhere on the internet, or with names that draw, are not what they seem', () => {
    const { found, hear } = group();
    hear([{ ...pointer(), name: '_ipp._tcp.local' }, srv(), txt(), address()]);
    hear([{ ...pointer(), data: 'other._ipp._tcp.local' } as Answer]);
    expect(found).toEqual([]);
    hear([pointer(), srv(0), txt(), address()]);
    hear([srv(), address('8.8.8.8')]);
    expect(found).toMatchObject([{ at: { host: '192.168.1.41' } }]);
    hear([address('93.184.216.7')]);
    expect(found.at(-1)).toMatchObject({ at: { host: '93.184.216.7' } });
    const name = '\u001b[2Jx._http._tcp.local';
    hear([
      { type: 'PTR', name: '_http._tcp.local', ttl: 9, data: name },
      { type: 'SRV', name, ttl: 9, data: { port: 80, target: HOST } },
      { type: 'TXT', name, ttl: 9, data: [] },
    ]);
    expect(found.at(-1)?.name).toBe('x');
  });

  it('are remembered within bounds', () => {
    const { found, hear } = group();
    for (let number = 0; number < 600; number++) {
      const name = `n${number}._http._tcp.local`;
      hear([
        { type: 'PTR', name: '_http._tcp.local', ttl: 9, data: name },
        { type: 'SRV', name, ttl: 9, data: { port: 80, target: 'h.local' } },
        { type: 'TXT', name, ttl: 9, data: [] },
        { type: 'A', name: 'h.local', ttl: 9, data: '10.0.0.2' },
      ]);
    }
    expect(found).toHaveLength(512);
  });

  it('survive any noise', () => {
    const { found, state, hear } = group();
    const message = encode({ type: 'response', answers: all });
    fc.assert(
      fc.property(
        fc.nat(message.length),
        fc.uint8Array({ maxLength: 40 }),
        fc.boolean(),
        (at, noise, isWhole) => {
          const bytes = Buffer.concat([message.subarray(0, at), noise, message.subarray(at + noise.length)]);
          state.hear(isWhole ? bytes : bytes.subarray(0, at + noise.length));
        },
      ),
      { numRuns: 2000 },
    );
    state.hear(encode({ type: 'query', questions: [{ type: 'PTR', name: '_http._tcp.local' }] }));
    found.length = 0;
    hear([pointer(0)]);
    hear(all);
    expect(found.some(({ name }) => name === 'shellyplug-s-A1B2C3')).toBe(true);
  });

  it('of a message that is none are a CodecError', () => {
    expect(() => decodeRecords(Uint8Array.of(1, 2, 3))).toThrow('This is no DNS message.');
  });
});
