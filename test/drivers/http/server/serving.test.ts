import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { md5Hex } from '../../../../src/core/digest.ts';
import { systemTcpTables } from '../../../../src/drivers/http/tcp-queues.ts';
import { until } from '../../until.ts';
import { hostInTest, SELF_TEST_KEY, someContent } from '../offers.ts';
import { ask, RawClient } from '../raw-client.ts';

const content = someContent(100_000);
const files = { 'a.bin': content };
const MAC = 'a4:cf:12:00:00:01';
/** An ESP8266 image for 4 MB of flash. */
const for4Mb = Buffer.concat([Buffer.from([0xe9, 1, 3, 0x40]), someContent(40_000)]);

describe('the answer', () => {
  it.each(['mongoose', 'takeover', 'esp8266-update', 'haa', 'sonoff-diy'] as const)(
    'to a plain GET of %s is the whole file, its length and nothing packed',
    async (style) => {
      const { folder, port, story } = await hostInTest().offer({ style, files });
      for (const version of ['1.0', '1.1']) {
        const client = await ask(port, `GET /${folder}/a.bin HTTP/${version}`, 'Accept-Encoding: gzip');
        expect(client.status).toBe(200);
        expect(client.head).toMatch(new RegExp(`^HTTP/${version} `));
        expect(client.header('Content-Length')).toBe('100000');
        expect(client.header('Connection')).toBe('close');
        expect(client.header('Transfer-Encoding')).toBeUndefined();
        expect(client.header('x-MD5')).toBe(style === 'esp8266-update' ? md5Hex(content) : undefined);
        expect(client.body.equals(content)).toBe(true);
      }
      await until(() => expect(story()).toEqual(['asked', 'whole', 'asked']));
    },
  );

  it('to HEAD is the same without the file, and counts as no transfer', async () => {
    const { folder, port, events } = await hostInTest().offer({ style: 'mongoose', files });
    const client = await ask(port, `HEAD /${folder}/a.bin HTTP/1.1`);
    expect([client.status, client.header('Content-Length'), client.body.length]).toEqual([200, '100000', 0]);
    await until(() => expect(events.map(({ type }) => type)).toEqual(['asked']));
  });

  it.each([
    ['0-', 206, 'bytes 0-99999/100000', [0, 100_000]],
    ['0-1', 206, 'bytes 0-1/100000', [0, 2]],
    ['4096-8191', 206, 'bytes 4096-8191/100000', [4_096, 8_192]],
    ['-10', 206, 'bytes 99990-99999/100000', [99_990, 100_000]],
    ['0-1,3-4', 200, undefined, [0, 100_000]],
    ['100000-', 416, 'bytes */100000', [0, 0]],
  ] as const)('to Range %s is %i', async (range, status, contentRange, [start, end]) => {
    const { folder, port } = await hostInTest().offer({ style: 'sonoff-diy', files });
    const client = await ask(
      port,
      `GET /${folder}/a.bin HTTP/1.1`,
      `Range: bytes=${range}`,
      'Host: dl.itead.cn',
    );
    expect(client.status).toBe(status);
    expect(client.header('Content-Range')).toBe(contentRange);
    expect(client.header('Content-Length')).toBe(String(end - start));
    expect(client.body.equals(content.subarray(start, end))).toBe(true);
  });

  it('to a takeover is the whole file whatever range it asks for', async () => {
    const { folder, port } = await hostInTest().offer({ style: 'takeover', files });
    for (const range of ['0-', '0-1', '99999999-']) {
      const client = await ask(port, `GET /${folder}/a.bin HTTP/1.1`, `Range: bytes=${range}`);
      expect([client.status, client.body.length]).toEqual([200, 100_000]);
    }
  });

  it('keeps the connection for HAA, sector by sector, and reports one try', async () => {
    const { folder, port, events } = await hostInTest().offer({ style: 'haa', files });
    const client = await RawClient.to(port);
    const got: Buffer[] = [];
    for (let at = 0; at < content.length; at += 4_096) {
      client.chunks.length = 0;
      client.say(`GET /${folder}/a.bin HTTP/1.1`, `Range: bytes=${at}-${at + 4_095}`);
      await client.untilBytes(Math.min(4_096, content.length - at));
      expect(client.header('Connection')).toBe('keep-alive');
      got.push(client.body);
    }
    expect(Buffer.concat(got).equals(content)).toBe(true);
    await until(() => expect(events.at(-1)).toEqual({ type: 'whole', file: 'a.bin' }));
    expect(events.filter(({ type }) => type === 'asked')).toHaveLength(1);
  });

  it('to requests that were sent ahead comes in order', async () => {
    const { folder, port } = await hostInTest().offer({ style: 'haa', files });
    const client = await RawClient.to(port);
    const one = `GET /${folder}/a.bin HTTP/1.1\r\nRange: bytes=0-9\r\n\r\n`;
    client.socket.write(one.repeat(3).replace(/\r\n\r\n$/, '\r\nConnection: close\r\n\r\n'));
    await client.untilEnd();
    expect(client.received.toString('latin1').match(/206 Partial Content/g)).toHaveLength(3);
  });
});

describe('nothing but the offer is served', () => {
  it.each([
    '/',
    '/FOLDER',
    '/FOLDER/',
    '/FOLDER/.',
    '/FOLDER/..',
    '/FOLDER/A.BIN',
    '/FOLDER/a.bin/',
    '/FOLDER//a.bin',
    '/FOLDER/%61.bin',
    '/FOLDER/../../etc/passwd',
    '/../../../../etc/passwd',
    '/FOLDER/__proto__',
    '/aaaaaaaaaaaaaaaaaaaa/a.bin',
    '/__proto__/a.bin',
  ])('%s is 404', async (path) => {
    const { folder, port } = await hostInTest().offer({ style: 'mongoose', files });
    const client = await ask(port, `GET ${path.replace('FOLDER', folder)} HTTP/1.1`);
    expect([client.status, client.body.length]).toEqual([404, 0]);
  });

  it('its folder cannot be guessed, and has no character that Tasmota looks for', async () => {
    const host = hostInTest();
    const folders = await Promise.all(
      Array.from({ length: 20 }, async () => (await host.offer({ style: 'mongoose', files })).folder),
    );
    expect(new Set(folders).size).toBe(20);
    for (const folder of folders) expect(folder).toMatch(/^[0-9A-Za-z]{12}$/);
  });

  it('a withdrawn offer is 404, the transfer that runs is finished', async () => {
    const host = hostInTest();
    const { folder, port, story } = await host.offer({ style: 'takeover', files });
    const running = await RawClient.to(port);
    running.say(`GET /${folder}/a.bin HTTP/1.1`);
    await running.untilBytes(1);
    running.socket.pause();
    await host.withdraw(folder);
    expect((await ask(port, `GET /${folder}/a.bin HTTP/1.1`)).status).toBe(404);
    running.socket.resume();
    await running.untilEnd();
    expect(running.body.equals(content)).toBe(true);
    running.socket.end();
    await until(() => expect(story()).toEqual(['asked', 'whole']));
  });

  it('the small build and the packed one are served only where they are offered', async () => {
    const host = hostInTest();
    const bare = await host.offer({ style: 'esp8266-update', files: { 'tasmota-lite.bin': content } });
    const full = await host.offer({
      style: 'esp8266-update',
      files: { 'tasmota-lite.bin': content, 'tasmota-minimal.bin': content, 'tasmota-lite.bin.gz': content },
    });
    for (const name of ['tasmota-minimal.bin', 'tasmota-lite.bin.gz']) {
      expect((await ask(bare.port, `GET /${bare.folder}/${name} HTTP/1.0`)).status).toBe(404);
      expect((await ask(full.port, `GET /${full.folder}/${name} HTTP/1.0`)).status).toBe(200);
    }
    await until(() =>
      expect(bare.events).toContainEqual({
        type: 'refused',
        file: 'tasmota-minimal.bin',
        status: 404,
        reason: 'this file is not offered to the unit',
      }),
    );
  });

  it('other methods are refused in a way that no unit takes for success', async () => {
    const { folder, port } = await hostInTest().offer({ style: 'mongoose', files });
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS'])
      expect((await ask(port, `${method} /${folder}/a.bin HTTP/1.1`)).status).toBe(405);
  });
});

describe('a unit that must not have the file', () => {
  it.each([
    ['x-ESP8266-STA-MAC', 'A4:CF:12:00:00:02'],
    ['X-MGOS-Device-ID', 'shellyplug-s-000002 A4CF12000002'],
  ])('is another one, by %s: 403, and told', async (name, value) => {
    const { folder, port, events } = await hostInTest().offer({ style: 'esp8266-update', files, mac: MAC });
    const client = await ask(port, `GET /${folder}/a.bin HTTP/1.0`, `${name}: ${value}`);
    expect([client.status, client.body.length]).toEqual([403, 0]);
    await until(() =>
      expect(events.at(-1)).toMatchObject({
        type: 'refused',
        status: 403,
        reason: 'another unit asked for it: a4:cf:12:00:00:02',
      }),
    );
  });

  it('the right one gets it', async () => {
    const { folder, port } = await hostInTest().offer({ style: 'esp8266-update', files, mac: MAC });
    const client = await ask(
      port,
      `GET /${folder}/a.bin HTTP/1.0`,
      `x-ESP8266-STA-MAC: ${MAC.toUpperCase()}`,
    );
    expect(client.status).toBe(200);
  });

  it('has no room for it', async () => {
    const { folder, port, events } = await hostInTest().offer({ style: 'esp8266-update', files });
    const client = await ask(port, `GET /${folder}/a.bin HTTP/1.0`, 'x-ESP8266-free-space: 99999');
    expect(client.status).toBe(404);
    const reason = 'the file has 100000 bytes, the unit has room for 99999';
    await until(() => expect(events.at(-1)).toMatchObject({ type: 'refused', status: 404, reason }));
  });

  it('has no room, but a small build is offered: it finds that out itself and comes for that one', async () => {
    const { folder, port } = await hostInTest().offer({
      style: 'esp8266-update',
      files: { 'tasmota.bin': content, 'tasmota-minimal.bin': content.subarray(0, 50_000) },
    });
    const noRoom = 'x-ESP8266-free-space: 60000';
    expect((await ask(port, `GET /${folder}/tasmota.bin HTTP/1.0`, noRoom)).status).toBe(200);
    expect((await ask(port, `GET /${folder}/tasmota-minimal.bin HTTP/1.0`, noRoom)).status).toBe(200);
  });

  it('has a smaller chip than the image is for', async () => {
    const { folder, port, events } = await hostInTest().offer({
      style: 'esp8266-update',
      files: { 'a.bin': for4Mb },
    });
    const client = await ask(port, `GET /${folder}/a.bin HTTP/1.0`, 'x-ESP8266-chip-size: 1048576');
    expect(client.status).toBe(404);
    const reason = 'the image is for 4194304 bytes of flash, the unit has 1048576';
    await until(() => expect(events.at(-1)).toMatchObject({ type: 'refused', reason }));
  });
});

describe('an offer that would brick is refused before anything is served', () => {
  it.each([
    [
      'another content than its hash says',
      { 'a.bin': content },
      { 'a.bin': 'f'.repeat(64) },
      /not what its hash/,
    ],
    ['an empty file', { 'a.bin': Buffer.alloc(0) }, {}, /is empty/],
    ['too little for a takeover', { 'a.bin': content.subarray(0, 0x7fff) }, {}, /too short for a takeover/],
  ])('%s', async (_what, offered, sha256s, why) => {
    const answer = await hostInTest().order({ style: 'takeover', files: offered, sha256s });
    expect(answer).toMatchObject({ kind: 'refused', why: expect.stringMatching(why) as string });
  });

  it('what was sent over is the own copy of the server', async () => {
    const mine = Buffer.from(content);
    const { folder, port } = await hostInTest().offer({ style: 'takeover', files: { 'a.bin': mine } });
    mine.fill(0);
    expect((await ask(port, `GET /${folder}/a.bin HTTP/1.1`)).body.equals(content)).toBe(true);
  });
});

describe('a body that was begun ends with its last byte', () => {
  const start = async (style: 'takeover' | 'mongoose' = 'takeover') => {
    const offer = await hostInTest().offer({ style, files });
    const client = await RawClient.to(offer.port);
    client.say(`GET /${offer.folder}/a.bin HTTP/1.1`);
    await client.untilBytes(1);
    return { ...offer, client };
  };

  it('also when the peer has closed its own side', async () => {
    const { client, story } = await start();
    client.socket.end();
    await client.untilEnd();
    expect(client.body.equals(content)).toBe(true);
    await until(() => expect(story()).toEqual(['asked', 'whole']));
  });

  it('also when the peer sends garbage, more than anybody reads', async () => {
    const { client } = await start();
    for (let at = 0; at < 50; at++) client.socket.write(Buffer.alloc(5_000, '\r\n\r\n\u0000'));
    await client.untilEnd();
    expect(client.body.equals(content)).toBe(true);
    expect(client.error).toBeUndefined();
  });

  it('also when the peer stands still meanwhile', async () => {
    const { client, events } = await start();
    client.socket.pause();
    await until(() => expect(events.at(-1)?.type).toBe('bytes'));
    const before = client.body.length;
    expect(before).toBeLessThan(content.length);
    client.socket.resume();
    await client.untilEnd();
    expect(client.body.equals(content)).toBe(true);
  });

  it('a reset in the middle is told with what had come, and the next try counts the same bytes once', async () => {
    const { client, folder, port, events, story } = await start();
    await client.untilBytes(20_000);
    client.socket.resetAndDestroy();
    await until(() => expect(story()).toEqual(['asked', 'broken']));
    const broken = events.at(-1);
    expect(broken?.type === 'broken' && broken.bytes).toBeLessThan(content.length);
    expect((await ask(port, `GET /${folder}/a.bin HTTP/1.1`)).body.equals(content)).toBe(true);
    await until(() => expect(story()).toEqual(['asked', 'broken', 'asked', 'whole']));
    const counted = events.flatMap((event) => (event.type === 'bytes' ? [event.bytes] : []));
    expect(counted).toEqual([...new Set(counted)].sort((one, other) => one - other));
    expect(counted.at(-1)).toBe(content.length);
  });

  it('two at once each get it, and it is whole once', async () => {
    const { client, folder, port, story } = await start();
    const other = await ask(port, `GET /${folder}/a.bin HTTP/1.1`);
    await client.untilEnd();
    expect(client.body.equals(content) && other.body.equals(content)).toBe(true);
    await until(() => expect(story()).toEqual(['asked', 'asked', 'whole']));
  });

  it.runIf(systemTcpTables())(
    'a takeover on this computer never reads more than 4096 bytes at once',
    async () => {
      const { client } = await start();
      await client.untilEnd();
      const sizes = client.chunks.map(({ length }) => length);
      expect(Math.max(...sizes)).toBeLessThanOrEqual(4_096);
    },
  );

  it.runIf(systemTcpTables())('bytes are told no faster than the peer takes them', async () => {
    const offer = await hostInTest().offer({
      style: 'mongoose',
      files: { 'a.bin': someContent(16_000_000) },
    });
    const client = await RawClient.to(offer.port);
    client.say(`GET /${offer.folder}/a.bin HTTP/1.1`);
    await client.untilBytes(1);
    client.socket.pause();
    await until(() => expect(offer.events.at(-1)?.type).toBe('bytes'));
    const last = offer.events.at(-1);
    expect(last?.type === 'bytes' && last.bytes).toBeLessThan(16_000_000);
    client.socket.resetAndDestroy();
    await until(() => expect(offer.story()).toEqual(['asked', 'broken']));
  });
});

describe.runIf(systemTcpTables())('where the kernel tells what was acknowledged', () => {
  // More than the buffers of both sides hold (tcp_rmem and tcp_wmem): the kernel of a peer takes for it what fits.
  it('what a peer sends instead of taking the rest proves nothing', async () => {
    const { folder, port, story } = await hostInTest().offer({
      style: 'mongoose',
      files: { 'a.bin': someContent(16_000_000) },
    });
    const client = await RawClient.to(port);
    client.say(`GET /${folder}/a.bin HTTP/1.1`);
    await client.untilBytes(1);
    client.socket.pause();
    for (let at = 0; at < 20; at++) {
      client.socket.write('GET / HTTP/1.1\r\n\r\n');
      await new Promise((resolve) => setImmediate(resolve));
    }
    await until(() => expect(story()).toContain('asked'));
    client.socket.resetAndDestroy();
    await until(() => expect(story()).toHaveLength(2));
    expect(story()).toEqual(['asked', 'broken']);
  });
});

describe('where the kernel does not tell what was acknowledged', () => {
  const offered = async () => {
    const host = hostInTest({ tcpTables: null });
    return host.offer({ style: 'haa', files });
  };

  it('the end of the peer after ours proves it', async () => {
    const { folder, port, story } = await offered();
    const client = await RawClient.to(port);
    client.say(`GET /${folder}/a.bin HTTP/1.1`, 'Connection: close');
    await client.untilEnd();
    expect(client.body.equals(content)).toBe(true);
    expect(story()).not.toContain('whole');
    client.socket.end();
    await until(() => expect(story()).toEqual(['asked', 'whole']));
  });

  it('its next request proves it', async () => {
    const { folder, port, story } = await offered();
    const client = await RawClient.to(port);
    client.say(`GET /${folder}/a.bin HTTP/1.1`);
    await client.untilBytes(content.length);
    client.say(`HEAD /${folder}/a.bin HTTP/1.1`);
    await until(() => expect(story()).toEqual(['asked', 'whole']));
  });

  it('a reset after the last byte does not', async () => {
    const { folder, port, story, events } = await offered();
    const client = await RawClient.to(port);
    client.say(`GET /${folder}/a.bin HTTP/1.1`);
    const bytes = content.length - 1;
    await until(() => expect(events.at(-1)).toMatchObject({ type: 'bytes', bytes }));
    client.socket.resetAndDestroy();
    await until(() => expect(story()).toEqual(['asked', 'broken']));
    expect(events.at(-1)).toMatchObject({ bytes });
  });
});

describe('the result that a Sonoff posts', () => {
  const post = (body: string) =>
    [`POST /api/device/otaFlash HTTP/1.1`, `Content-Length: ${body.length}`, 'Host: dl.itead.cn'] as const;

  it('is told to the offer of its address, and answered 200', async () => {
    const host = hostInTest();
    const other = await host.offer({ style: 'sonoff-diy', files, unit: 'B', towards: '10.1.0.9' });
    const { folder, port, events } = await host.offer({ style: 'sonoff-diy', files });
    await ask(port, `GET /${folder}/a.bin HTTP/1.1`, 'Range: bytes=0-');
    const client = await RawClient.to(port);
    client.socket.write(`${post('{"error":0}').join('\r\n')}\r\nConnection: close\r\n\r\n{"error":0}`);
    await client.untilEnd();
    expect(client.status).toBe(200);
    await until(() =>
      expect(events.at(-1)).toEqual({ type: 'posted', path: '/api/device/otaFlash', body: '{"error":0}' }),
    );
    expect(other.events).toEqual([]);
  });

  it('is told to the offer that was fetched over the same connection', async () => {
    const host = hostInTest();
    const first = await host.offer({ style: 'sonoff-diy', files });
    await host.offer({ style: 'sonoff-diy', files, unit: 'B' });
    const client = await RawClient.to(first.port);
    client.say(`GET /${first.folder}/a.bin HTTP/1.1`, 'Range: bytes=0-99');
    await client.untilBytes(100);
    client.socket.write(`${post('{"error":409}').join('\r\n')}\r\n\r\n{"error":409}`);
    await until(() => expect(first.events.at(-1)).toMatchObject({ type: 'posted', body: '{"error":409}' }));
  });
});

describe('the test of the bench itself', () => {
  it('is not reported as the unit', async () => {
    const { folder, port, events } = await hostInTest().offer({ style: 'mongoose', files });
    const test = await ask(port, `GET /${folder}/a.bin HTTP/1.1`, `X-Benchflash-Self-Test: ${SELF_TEST_KEY}`);
    expect(test.body.equals(content)).toBe(true);
    await ask(port, `GET /${folder}/a.bin HTTP/1.1`, 'X-Benchflash-Self-Test: guessed', 'User-Agent: unit');
    await until(() => expect(events.at(-1)?.type).toBe('whole'));
    expect(events.filter(({ type }) => type === 'asked')).toHaveLength(1);
    expect(events[0]).toMatchObject({ type: 'asked', headers: { 'user-agent': 'unit' } });
  });
});

describe('a unit that has closed its side', () => {
  // Node looks no more at a connection whose other side has ended: only the kernel knows that it was reset.
  it.skipIf(!systemTcpTables())('and is gone for good leaves nothing behind', async () => {
    const host = hostInTest();
    const { folder, port, story } = await host.offer({
      style: 'mongoose',
      files: { 'a.bin': someContent(1_000_000) },
    });
    const unit = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    unit.pause();
    await once(unit, 'connect');
    unit.end(`GET /${folder}/a.bin HTTP/1.1\r\n\r\n`);
    await until(() => expect(story()).toEqual(['asked']));
    await allHanded(unit);
    unit.resetAndDestroy();
    await until(() => expect(story()).toEqual(['asked', 'broken']));
  });
});

/** The kernel of this computer holds all that the server has to send: what stands in the queue does not grow any more. */
async function allHanded(unit: Socket): Promise<void> {
  const tables = systemTcpTables()!;
  let before = -1;
  await until(() => {
    const now = tables.look().unacknowledged({
      localAddress: unit.remoteAddress,
      localPort: unit.remotePort,
      remoteAddress: unit.localAddress,
      remotePort: unit.localPort,
    } as Socket);
    const isSteady = now === before && now !== undefined && now > 0;
    before = now ?? -1;
    expect(isSteady).toBe(true);
  });
}
