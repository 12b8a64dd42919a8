import { mkdtempSync, readFileSync } from 'node:fs';
import { createServer, get } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import { practiceTasmota } from '../../src/virtual/esp/images/plug-images.ts';
import { findVirtualDevice } from '../../src/virtual/registry.ts';
import {
  serveVirtualDevice,
  type RunningServer,
  type ServeOptions,
} from '../../src/virtual/servers/server.ts';
import { takeoverZip } from '../../src/virtual/shelly/images/zip-maker.ts';
import { PLUG_S } from '../../src/virtual/shelly/models.ts';
import { settle } from '../harness/manual-clock.ts';

const ends: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

async function served(
  options: Partial<ServeOptions> & { device?: string; scheme?: string } = {},
): Promise<{ server: RunningServer; log: string[] }> {
  const log: string[] = [];
  const server = await serveVirtualDevice(findVirtualDevice(options.device ?? 'shelly-plug-s'), {
    scheme: 'http',
    host: '127.0.0.1',
    port: 0,
    clock: systemClock,
    log: (line) => log.push(line),
    ...options,
  });
  ends.push(() => server.close());
  return { server, log };
}

const ask = (url: string): Promise<string> =>
  new Promise((resolve, reject) => {
    get(url, { agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (piece: string) => (text += piece));
      response.on('end', () => resolve(text));
    }).on('error', reject);
  });

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await settle();
}

describe('a plug served to other programs', () => {
  it('answers on the given port, and is another unit with another number', async () => {
    const one = await served();
    const two = await served({ unit: 2, state: 'shelly1' });
    expect(one.server.url).toBe(`http://127.0.0.1:${one.server.port}`);
    expect(await ask(`${one.server.url}/shelly`)).toContain('"type":"SHPLG-S"');
    expect(await ask(`${two.server.url}/shelly`)).toContain('"type":"SHSW-1"');
  });

  it('goes through a takeover, and what it becomes answers on the same port', async () => {
    const image = join(mkdtempSync(join(tmpdir(), 'benchflash-served-')), 'flash.bin');
    const { server, log } = await served({ image });
    const target = practiceTasmota();
    const files = createServer((request, response) => {
      const file = request.url === '/t.bin' ? target : zip;
      response.writeHead(200, { 'Content-Length': file.length, Connection: 'close' }).end(file);
    }).listen(0, '127.0.0.1');
    ends.push(() => void files.close());
    await once(files, 'listening');
    const base = `http://127.0.0.1:${(files.address() as AddressInfo).port}`;
    const zip = takeoverZip(PLUG_S, `${base}/t.bin`);
    await ask(`${server.url}/ota?url=${base}/a.zip`);
    await until(() => log.some((line) => line.startsWith('starts tasmota')));
    await until(() => log.some((line) => /tasmota_\S+, its access point, .*answers on port/.test(line)));
    expect(await ask(`${server.url}/`)).toMatch(/tasmota/i);
    await server.close();
    expect(readFileSync(image).subarray(0, target.length).equals(target)).toBe(true);
  });

  it('holds who connects while it restarts, and knows nothing of it afterwards', async () => {
    const { server, log } = await served();
    const early = connect(server.port, '127.0.0.1');
    const broken = once(early, 'error');
    await once(early, 'connect');
    await ask(`${server.url}/reboot`);
    await until(() => log.includes('starts shelly-stock (restart)'));
    expect((await broken)[0]).toMatchObject({ code: 'ECONNRESET' });
    expect(await ask(`${server.url}/shelly`)).toContain('SHPLG-S');
  });

  it('has the port of a firmware that has but that one', async () => {
    const { server } = await served({ device: 'haa-plug' });
    expect(await ask(`${server.url}/sn`)).toMatch(/html/i);
  });

  it('refuses what it is not reached by, and names that cannot be', async () => {
    await expect(served({ scheme: 'rfc2217' })).rejects.toMatchObject({ code: 'USAGE' });
    await expect(served({ device: 'lamp' })).rejects.toMatchObject({ code: 'USAGE' });
    await expect(served({ state: 'nothing' })).rejects.toMatchObject({ code: 'USAGE' });
    await expect(served({ faults: ['nothing'] })).rejects.toMatchObject({ code: 'USAGE' });
    const { server } = await served();
    await expect(served({ port: server.port })).rejects.toMatchObject({ code: 'USAGE' });
  });
});
