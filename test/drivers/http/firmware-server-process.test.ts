import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { sha256Hex } from '../../../src/core/digest.ts';
import { isProcessAlive } from '../../../src/core/process-alive.ts';
import type { FetchEvent, FetchStyle, Offer } from '../../../src/drivers/http/firmware-server.ts';
import {
  createFirmwareServer,
  type FirmwareServerOptions,
  type FirmwareServerProcess,
} from '../../../src/drivers/http/firmware-server-process.ts';
import { until } from '../until.ts';
import { someContent } from './offers.ts';
import { ask, RawClient } from './raw-client.ts';

const content = someContent(60_000);
const { signal } = new AbortController();
const offerOf = (name = 'a.bin', more: Partial<Offer> = {}): Offer => ({
  unit: 'A',
  towards: '127.0.0.1',
  style: 'mongoose',
  files: [{ name, content, sha256: sha256Hex(content) }],
  ...more,
});

const servers: FirmwareServerProcess[] = [];
const folder = mkdtempSync(join(tmpdir(), 'benchflash-server-'));
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(async () => {
  for (const server of servers.splice(0)) {
    const { pid } = server;
    await server.close();
    if (pid !== undefined) await until(() => expect(isProcessAlive(pid)).toBe(false));
  }
});

function serverInTest(options: FirmwareServerOptions = {}): FirmwareServerProcess {
  const server = createFirmwareServer(options);
  servers.push(server);
  return server;
}

/** Another program in the place of the server. */
function script(text: string): string {
  const path = join(folder, `${sha256Hex(Buffer.from(text)).slice(0, 8)}.cjs`);
  writeFileSync(path, text);
  return path;
}

const path = (url: string) => new URL(url).pathname;

describe('the firmware server of the bench', () => {
  it.each(['mongoose', 'takeover', 'esp8266-update', 'haa', 'sonoff-diy'] satisfies FetchStyle[])(
    'serves what %s fetches, from one process, and tells only what the unit did',
    async (style) => {
      const server = serverInTest();
      const first = await server.offer(offerOf('a.bin', { style, mac: 'A4:CF:12:00:00:01' }), { signal });
      const { pid } = server;
      const second = await server.offer(offerOf('b.bin', { style, unit: 'B' }), { signal });
      expect(server.pid).toBe(pid);
      expect(first.at).toEqual(second.at);
      expect(first.selfTestBytesPerSecond).toBeGreaterThan(0);
      const events: FetchEvent[] = [];
      first.subscribe((event) => events.push(event));
      const answer = await ask(first.at.port, `GET ${path(first.urlOf('a.bin'))} HTTP/1.1`);
      expect(answer.body.equals(content)).toBe(true);
      await until(() => expect(events.at(-1)).toEqual({ type: 'whole', file: 'a.bin' }));
      expect(events.filter(({ type }) => type !== 'bytes')).toHaveLength(2);
      const late: FetchEvent[] = [];
      first.subscribe((event) => late.push(event));
      expect(late.at(-1)).toEqual({ type: 'whole', file: 'a.bin' });
      await second.withdraw();
      await second.withdraw();
      expect((await ask(first.at.port, `GET ${path(second.urlOf('b.bin'))} HTTP/1.1`)).status).toBe(404);
    },
  );

  it('gives addresses that a Tasmota can keep, and refuses longer ones', async () => {
    const server = serverInTest();
    const offering = await server.offer(offerOf('tasmota-lite.bin'), { signal });
    expect(offering.urlOf('tasmota-lite.bin').length).toBeLessThanOrEqual(100);
    for (const name of [`${'a'.repeat(90)}.bin`, 'a b.bin', '../a.bin', '', 'ä.bin', '-a.bin'])
      await expect(server.offer(offerOf(name), { signal })).rejects.toMatchObject({
        code: 'FIRMWARE_REFUSED',
      });
  });

  it('refuses a file that is not what its hash says, an empty one, and no file at all', async () => {
    const server = serverInTest();
    const bad = [
      [{ name: 'a.bin', content, sha256: 'f'.repeat(64) }],
      [{ name: 'a.bin', content: Buffer.alloc(0), sha256: sha256Hex(Buffer.alloc(0)) }],
      [],
    ];
    for (const files of bad)
      await expect(server.offer(offerOf('a.bin', { files }), { signal })).rejects.toMatchObject({
        code: 'FIRMWARE_REFUSED',
        blame: 'operator',
      });
  });

  it('says that its port is taken before any unit is told', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const server = serverInTest({ port });
    await expect(server.offer(offerOf(), { signal })).rejects.toMatchObject({
      code: 'SERVER_PORT_TAKEN',
      detail: { port },
    });
    other.close();
    await once(other, 'close');
    expect((await server.offer(offerOf(), { signal })).at.port).toBe(port);
  });

  it('listens only on the address that the unit reaches', async () => {
    const offering = await serverInTest().offer(offerOf('a.bin', { towards: '127.0.0.1' }), { signal });
    expect(offering.at.host).toBe('127.0.0.1');
    expect((await ask(offering.at.port, 'GET / HTTP/1.1')).status).toBe(404);
    // On Linux all of 127.0.0.0/8 is this computer.
    await expect(RawClient.to(offering.at.port, '127.0.0.2')).rejects.toThrow();
  });

  it('that was killed is SERVER_LOST to its offers, and the next offer starts another', async () => {
    const server = serverInTest();
    const offering = await server.offer(offerOf(), { signal });
    const events: FetchEvent[] = [];
    offering.subscribe((event) => events.push(event));
    const { pid = 0 } = server;
    process.kill(pid, 'SIGSTOP');
    const inFlight = server.offer(offerOf(), { signal });
    process.kill(pid, 'SIGKILL');
    await expect(inFlight).rejects.toMatchObject({ code: 'SERVER_LOST', blame: 'bench' });
    await until(() => expect(events.at(-1)?.type).toBe('lost'));
    await offering.withdraw();
    await server.offer(offerOf(), { signal });
    expect(server.pid).not.toBe(pid);
  });

  it('that does not start is SERVER_FAILED', async () => {
    for (const text of ['process.exit(3)', 'throw new Error("x")'])
      await expect(serverInTest({ script: script(text) }).offer(offerOf(), { signal })).rejects.toMatchObject(
        {
          code: 'SERVER_FAILED',
        },
      );
    const missing = serverInTest({ script: join(folder, 'missing.cjs') });
    await expect(missing.offer(offerOf(), { signal })).rejects.toMatchObject({ code: 'SERVER_FAILED' });
  });

  const servingElsewhere = (port: number) => `
    process.on('disconnect', () => process.exit());
    process.on('message', ({ id, type }) => process.send({ type: 'answer', id,
      answer: type === 'offer' ? { kind: 'offered', folder: 'f', port: ${port} } : { kind: 'withdrawn' } }));
    process.send({ type: 'ready' });`;

  it('that cannot be reached, or serves something else, is SERVER_UNREACHABLE', async () => {
    const closed = createServer().listen(0, '127.0.0.1');
    await once(closed, 'listening');
    const { port } = closed.address() as AddressInfo;
    closed.close();
    await once(closed, 'close');
    const unreachable = serverInTest({ script: script(servingElsewhere(port)) });
    await expect(unreachable.offer(offerOf(), { signal })).rejects.toMatchObject({
      code: 'SERVER_UNREACHABLE',
    });

    const wrong = createServer((socket) => {
      socket.on('error', () => {});
      socket.end('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello');
    }).listen(0, '127.0.0.1');
    await once(wrong, 'listening');
    const other = serverInTest({ script: script(servingElsewhere((wrong.address() as AddressInfo).port)) });
    await expect(other.offer(offerOf(), { signal })).rejects.toMatchObject({
      code: 'SERVER_UNREACHABLE',
      detail: { why: 'a.bin comes back changed (5 of 60000 bytes)' },
    });
    wrong.close();
  });

  it('is not started for a job that was cancelled', async () => {
    const server = serverInTest();
    await expect(server.offer(offerOf(), { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'ABORTED',
    });
    expect(server.pid).toBeUndefined();
  });
});
