import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/core/clock.ts';
import { createHttpClient } from '../../../src/drivers/http/http-client.ts';
import type { HttpRequest } from '../../../src/drivers/http/port.ts';
import { ManualClock, settle } from '../../harness/manual-clock.ts';
import { until } from '../until.ts';
import { deadPort, scriptedServer, type Visit } from './scripted-server.ts';

const client = createHttpClient({ clock: systemClock });
const get = (facts: Pick<HttpRequest, 'to'> & Partial<HttpRequest>) =>
  client({ method: 'GET', path: '/', ...facts });
/** More than the buffers of both systems hold. */
const HUGE = new Uint8Array(16 * 1024 * 1024).fill(0xe9);

const answering = (text: string) =>
  scriptedServer(async (visit) => {
    await visit.request();
    await visit.say(text);
    visit.socket.end();
  });

describe('an answer', () => {
  it('is asked for with exact headers and a closed connection', async () => {
    const { at, visits } = await answering(
      'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-A: 1\r\nx-a: 2\r\n\r\nok',
    );
    const answer = await get({
      to: at,
      path: '/cm?cmnd=Status%200',
      login: { user: 'admin', password: 'p:ä' },
      headers: { Referer: `http://${at.host}/` },
    });
    expect(answer).toMatchObject({ status: 200, headers: { 'content-length': '2', 'x-a': '2' } });
    expect(answer.text()).toBe('ok');
    const login = Buffer.from('admin:p:ä').toString('base64');
    expect(visits[0]?.received()).toBe(
      [
        'GET /cm?cmnd=Status%200 HTTP/1.1',
        `Host: 127.0.0.1:${at.port}`,
        'User-Agent: benchflash',
        'Accept: */*',
        'Connection: close',
        `Authorization: Basic ${login}`,
        'Referer: http://127.0.0.1/',
        '\r\n',
      ].join('\r\n'),
    );
  });

  it.each([
    ['HTTP/1.0 without a length', 'HTTP/1.0 200 OK\r\n\r\nto the end', 200, 'to the end'],
    ['no reason', 'HTTP/1.1 200\r\n\r\nx', 200, 'x'],
    [
      'chunks',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n4;x=y\r\ndefg\r\n0\r\n\r\n',
      200,
      'abcdefg',
    ],
    ['more than its length', 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcdef', 200, 'abc'],
    ['an error', 'HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n', 401, ''],
    ['a redirect', 'HTTP/1.1 302 Found\r\nLocation: /sn\r\nContent-Length: 0\r\n\r\n', 302, ''],
    ['100 first', 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx', 200, 'x'],
    [
      'a length and chunks',
      'HTTP/1.1 200 OK\r\nContent-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n',
      200,
      'x',
    ],
    ['an error with too little', 'HTTP/1.1 500 Oops\r\nContent-Length: 99\r\n\r\nwhy', 500, 'why'],
  ])('with %s is taken', async (_name, text, status, body) => {
    const { at } = await answering(text);
    const answer = await get({ to: at });
    expect([answer.status, answer.text()]).toEqual([status, body]);
  });

  it('may come in pieces cut anywhere', async () => {
    const { at } = await scriptedServer(async (visit) => {
      await visit.request();
      visit.socket.setNoDelay(true);
      for (const letter of 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello') {
        await visit.say(letter);
        await new Promise((resolve) => setImmediate(resolve));
      }
    });
    expect((await get({ to: at })).text()).toBe('hello');
  });

  it('of the whole form comes after exactly what a browser would have sent', async () => {
    const { at, visits } = await answering('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
    const sent: [number, number][] = [];
    await client({
      to: at,
      method: 'POST',
      path: '/u2?fsz=4',
      body: {
        field: 'u2',
        fileName: 'a"b.bin',
        content: Uint8Array.of(0xe9, 13, 10, 45),
        fields: { x: 'y' },
      },
      onSent: (...progress) => sent.push(progress),
    });
    const { head, body } = (await visits[0]?.request())!;
    const boundary = /boundary=(\S+)\r/.exec(head)?.[1] ?? '';
    const text = Buffer.from(body).toString('latin1');
    expect(text).toBe(
      `--${boundary}\r\nContent-Disposition: form-data; name="x"\r\n\r\ny\r\n` +
        `--${boundary}\r\nContent-Disposition: form-data; name="u2"; filename="a%22b.bin"\r\n` +
        `Content-Type: application/octet-stream\r\n\r\n\xe9\r\n-\r\n--${boundary}--\r\n`,
    );
    expect(head).toContain(`Content-Length: ${body.length}\r\n`);
    expect(head).not.toMatch(/transfer-encoding/i);
    expect(sent.at(-1)).toEqual([body.length, body.length]);
  });

  it('is waited for over the same connection where it is kept', async () => {
    const { at, visits } = await scriptedServer(async (visit) => {
      for (;;) {
        await visit.until(/\r\n\r\n$/);
        const told = visit.received().split('\r\n\r\n').length - 1;
        await visit.say(`HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n${told}`);
        await once(visit.socket, 'data');
      }
    });
    expect((await get({ to: at, keepAlive: true })).text()).toBe('1');
    expect((await get({ to: at, keepAlive: true })).text()).toBe('2');
    expect(visits).toHaveLength(1);
    expect(visits[0]?.received()).toContain('Connection: keep-alive\r\n');
  });

  it('of a kept connection that is not used for long is not waited for: it is closed', async () => {
    const clock = new ManualClock();
    const { at, visits } = await answeringKept();
    await createHttpClient({ clock })({ to: at, method: 'GET', path: '/', keepAlive: true });
    const ended = once(visits[0]!.socket, 'end');
    await until(() => expect(clock.pendingTimers).toBe(1));
    await clock.advance(5000);
    await ended;
  });

  const answeringKept = () =>
    scriptedServer(async (visit) => {
      await visit.request();
      await visit.say('HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx');
    });

  it('comes from where the route leads, and the Host header keeps the address', async () => {
    const { at, visits } = await answering('HTTP/1.1 200 OK\r\n\r\nvirtual');
    const carried = createHttpClient({
      clock: systemClock,
      route: ({ host, port }) => (host === '10.77.0.11' && port === 80 ? at : undefined),
    });
    const answer = await carried({ to: { host: '10.77.0.11', port: 80 }, method: 'GET', path: '/' });
    expect(answer.text()).toBe('virtual');
    expect(visits[0]?.received()).toContain('\r\nHost: 10.77.0.11\r\n');
  });
});

describe('an upload', () => {
  const upload = (to: HttpRequest['to'], facts: Partial<HttpRequest> = {}) =>
    client({ to, method: 'POST', path: '/u2', body: HUGE, ...facts });

  it('is refused early: the answer is taken, the rest is not sent', async () => {
    const { at } = await scriptedServer(async (visit) => {
      await visit.until(/\r\n\r\n/);
      visit.socket.pause();
      await visit.say('HTTP/1.1 413 Too Large\r\nContent-Length: 5\r\n\r\nlarge');
    });
    const answer = await upload(at);
    expect([answer.status, answer.text()]).toEqual([413, 'large']);
  });

  it.each(Array.from({ length: 20 }, (_, index) => [index]))(
    'is refused early by one who closes at once, which breaks the connection (%i)',
    async () => {
      const { at } = await scriptedServer(async (visit) => {
        await visit.until(/\r\n\r\n/);
        visit.socket.pause();
        await visit.say('HTTP/1.1 413 Too Large\r\n\r\nlarge');
        visit.socket.resetAndDestroy();
      });
      expect(await upload(at)).toMatchObject({ status: 413 });
    },
  );

  it('tells no more than the peer has acknowledged', async () => {
    const clock = new ManualClock();
    const told: number[] = [];
    const { at, visits } = await scriptedServer((visit) => visit.socket.pause());
    const ended = createHttpClient({ clock })({
      to: at,
      method: 'POST',
      path: '/',
      body: HUGE,
      onSent: (bytes) => told.push(bytes),
    });
    await until(() => expect(visits).toHaveLength(1));
    await clock.advance(3000);
    const held = told.at(-1) ?? 0;
    expect(held).toBeLessThan(HUGE.length);
    await clock.advance(3000);
    visits[0]!.socket.resume();
    await visits[0]!.request();
    expect(visits[0]!.received().length).toBeGreaterThan(HUGE.length);
    await visits[0]!.say('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
    await ended;
    expect(told.at(-1)).toBe(HUGE.length);
    expect(told).toEqual(told.toSorted((a, b) => a - b));
  });

  it('that breaks in the middle says how far it was', async () => {
    const { at } = await scriptedServer(async (visit) => {
      await visit.until(/\r\n\r\n.{1000}/s);
      visit.socket.resetAndDestroy();
    });
    const error: unknown = await upload(at).catch((cause: unknown) => cause);
    expect(error).toMatchObject({ code: 'HTTP_RESET', detail: { sentAll: false } });
    expect((error as { detail: { sentBytes: number } }).detail.sentBytes).toBeLessThan(HUGE.length);
  });

  const lastByte = async (end: (visit: Visit) => void) => {
    const { at } = await scriptedServer(async (visit) => {
      await visit.request();
      end(visit);
    });
    return upload(at, { body: HUGE.subarray(0, 400_000) });
  };

  it('that is broken off after its last byte is told apart', async () => {
    await expect(lastByte(({ socket }) => socket.resetAndDestroy())).rejects.toMatchObject({
      code: 'HTTP_RESET',
      detail: { sentBytes: 400_000, sentAll: true },
    });
  });

  it('that nobody answers though it was taken whole is told apart', async () => {
    await expect(lastByte(({ socket }) => socket.end())).rejects.toMatchObject({
      code: 'HTTP_CLOSED',
      detail: { sentBytes: 400_000, sentAll: true },
    });
  });

  it('ends with its signal, and closes the connection', async () => {
    const stop = new AbortController();
    const { at, visits } = await scriptedServer((visit) => visit.until(/\r\n\r\n/));
    const ended = upload(at, { signal: stop.signal });
    await until(() => expect(visits).toHaveLength(1));
    const closed = once(visits[0]!.socket, 'close');
    stop.abort();
    await expect(ended).rejects.toMatchObject({ code: 'ABORTED' });
    visits[0]!.socket.end();
    await closed;
    await expect(upload(at, { signal: stop.signal })).rejects.toMatchObject({ code: 'ABORTED' });
  });
});

describe('no answer', () => {
  it('of a closed port is HTTP_REFUSED', async () => {
    const to = await deadPort();
    await expect(get({ to })).rejects.toMatchObject({
      code: 'HTTP_REFUSED',
      message: `127.0.0.1:${to.port} refuses the connection: its server does not run, or not on this port.`,
    });
  });

  it('of an unknown name is HOST_UNKNOWN', async () => {
    await expect(get({ to: { host: 'no-such-unit.invalid', port: 80 } })).rejects.toMatchObject({
      code: 'HOST_UNKNOWN',
    });
  });

  it.each([
    ['at once', ''],
    ['in the middle of its head', 'HTTP/1.1 200 OK\r\nContent-'],
  ])('of a peer that falls silent %s is HTTP_NO_ANSWER after the limit', async (_name, text) => {
    const clock = new ManualClock();
    const { at, visits } = await scriptedServer(async (visit) => {
      await visit.request();
      await visit.say(text);
    });
    const ended = createHttpClient({ clock })({ to: at, method: 'GET', path: '/', silenceLimitMs: 4000 });
    const outcome = expect(ended).rejects.toMatchObject({
      code: 'HTTP_NO_ANSWER',
      detail: { connected: true, sentAll: true },
      blame: 'device',
    });
    await until(() => expect(visits[0]?.received()).toMatch(/\r\n\r\n$/));
    await clock.advance(5000);
    await outcome;
  });

  it('is not what a slow one gives: each sign of life counts', async () => {
    const clock = new ManualClock();
    const { at, visits } = await scriptedServer((visit) => visit.request());
    const ended = createHttpClient({ clock })({ to: at, method: 'GET', path: '/', silenceLimitMs: 1000 });
    await until(() => expect(visits[0]?.received()).toMatch(/\r\n\r\n$/));
    for (const letter of 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nslow') {
      await visits[0]!.say(letter);
      await clock.advance(400);
    }
    expect((await ended).text()).toBe('slow');
  });

  it('of an address of the practice bench where nobody is comes after the connect limit', async () => {
    const clock = new ManualClock();
    const ended = createHttpClient({ clock, route: () => 'nobody' })({
      to: { host: '10.77.0.99', port: 80 },
      method: 'GET',
      path: '/',
    });
    const outcome = expect(ended).rejects.toMatchObject({
      code: 'HTTP_NO_ANSWER',
      message: '10.77.0.99 does not answer.',
      detail: { connected: false },
    });
    await clock.advance(5000);
    await outcome;
  });

  it.each([
    ['of another protocol', 'SSH-2.0-dropbear\r\n', 'HTTP_BAD_ANSWER'],
    ['that is cut short', 'HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nshort', 'HTTP_BAD_ANSWER'],
    ['cut in a chunk', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nshort', 'HTTP_BAD_ANSWER'],
    ['cut in its head', 'HTTP/1.1 200 OK\r\nContent-', 'HTTP_BAD_ANSWER'],
    ['with endless headers', `HTTP/1.1 200 OK\r\n${'X: y\r\n'.repeat(9000)}\r\n`, 'HTTP_BAD_ANSWER'],
    ['but the end', '', 'HTTP_CLOSED'],
  ])('%s is %s', async (_name, text, code) => {
    const { at } = await answering(text);
    await expect(get({ to: at })).rejects.toMatchObject({ code, detail: { sentAll: true } });
  });

  it('is taken that is longer than wanted', async () => {
    const { at } = await answering(`HTTP/1.1 200 OK\r\n\r\n${'x'.repeat(5000)}`);
    await expect(get({ to: at, maxAnswerBytes: 4999 })).rejects.toMatchObject({ code: 'HTTP_BAD_ANSWER' });
    expect((await get({ to: at, maxAnswerBytes: 5000 })).body).toHaveLength(5000);
  });

  it('that breaks off in an answer of good status is none, and is quoted', async () => {
    const { at } = await scriptedServer(async (visit) => {
      await visit.request();
      await visit.say('HTTP/1.1 200 OK\r\n\r\nUpload\u001b[2J Successful');
      // libuv takes a reset that it finds together with the last bytes for an orderly end.
      await settle();
      visit.socket.resetAndDestroy();
    });
    await expect(get({ to: at })).rejects.toMatchObject({
      code: 'HTTP_RESET',
      detail: { status: 200, answer: 'Upload Successful' },
    });
  });
});
