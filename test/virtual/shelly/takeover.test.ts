import { existsSync, readFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { practiceTasmota } from '../../../src/virtual/esp/images/plug-images.ts';
import { PLUG_S, SHELLY_1, type ShellyModel } from '../../../src/virtual/shelly/models.ts';
import { stockZip, takeoverZip } from '../../../src/virtual/shelly/images/zip-maker.ts';
import { NEWER_FW } from '../../../src/virtual/shelly/images/stock-images.ts';
import { ShellyBench, type BenchOptions } from './harness/shelly-bench.ts';

const benches: ShellyBench[] = [];
afterEach(() => {
  for (const bench of benches.splice(0)) bench.close();
});

const TARGET = practiceTasmota();
const DATA = new URL('../../../../shared/data/plugs/', import.meta.url);

type Target = (response: ServerResponse) => void;

const whole =
  (image: Uint8Array, pieceBytes = image.length): Target =>
  (response) => {
    response.writeHead(200, {
      'Content-Length': image.length,
      'Content-Type': 'application/octet-stream',
      Connection: 'close',
    });
    const next = (at: number) => {
      if (at >= image.length) return void response.end();
      response.write(image.subarray(at, at + pieceBytes), () => setImmediate(next, at + pieceBytes));
    };
    next(0);
  };

interface TakeoverOptions extends BenchOptions {
  readonly model?: ShellyModel;
}

/** Starts the takeover of a unit; its target is what `target` answers. */
async function takeover(target: Target, options: TakeoverOptions = {}) {
  const bench = new ShellyBench(options);
  benches.push(bench);
  await bench.online();
  let zip: Uint8Array = new Uint8Array();
  const server = await bench.serve((request, response) => {
    if (request.url !== '/takeover.zip') return target(response);
    response.writeHead(200, { 'Content-Length': zip.length, Connection: 'close' }).end(zip);
  });
  zip = takeoverZip(options.model ?? PLUG_S, `${server.url}/t.bin`);
  await bench.ask(`/ota?url=${server.url}/takeover.zip`);
  return { bench, ...server };
}

const holds = (cells: Uint8Array, image: Uint8Array) =>
  Buffer.from(cells.subarray(0, image.length)).equals(image);

/** It does not answer, and power does not bring it back. */
async function expectDead(bench: ShellyBench): Promise<void> {
  await bench.saw(/^does not start/);
  expect(bench.unit.at).toBeUndefined();
  const before = bench.log.filter((line) => line.startsWith('does not start')).length;
  bench.unit.perform('power-cycle');
  await bench.until(() => bench.log.filter((line) => line.startsWith('does not start')).length > before);
  expect(bench.unit.at).toBeUndefined();
}

describe('the takeover of a Plug S', () => {
  it.each([536, 1460, 4096, TARGET.length])(
    'puts the whole image to 0x0, sent in pieces of %i bytes',
    async (pieceBytes) => {
      for (const unit of [1, 2]) {
        const { bench, asked } = await takeover(whole(TARGET, pieceBytes), { unit });
        await bench.saw(/^moves \d+ bytes/);
        await bench.until(() => holds(bench.cells, TARGET), 'the image');
        await bench.saw(/^starts tasmota \(restart\)$/);
        await bench.online();
        const heard = await (await bench.side.wifi())!.scan(new AbortController().signal);
        expect(heard).toMatchObject([{ ssid: expect.stringMatching(/^tasmota_/) as string, open: true }]);
        expect(asked.map(({ head }) => head)).toEqual(['GET /takeover.zip HTTP/1.1', 'GET /t.bin HTTP/1.1']);
        // Unit 2 ran from the second slot: the intermediate had to copy itself there first.
        expect(bench.log.includes('booted from the first slot: copies itself to the second')).toBe(
          unit === 2,
        );
      }
    },
  );

  it('asks for the target like the real one', async () => {
    const { bench, asked, url } = await takeover(whole(TARGET));
    await bench.saw(/^moves/);
    expect(asked[1]!.rawHeaders).toEqual(['Host', new URL(url).host, 'Content-Length', '0']);
  });

  it('takes a Shelly 1 over with its own package', async () => {
    const { bench } = await takeover(whole(TARGET), { model: SHELLY_1, state: 'shelly1' });
    await bench.until(() => holds(bench.cells, TARGET), 'the image');
  });

  it.skipIf(!existsSync(DATA))('writes a published Tasmota byte for byte', async () => {
    const image = readFileSync(new URL('tasmota-lite-9.2.0.bin', DATA));
    const { bench } = await takeover(whole(image));
    await bench.until(() => holds(bench.cells, image), 'the image');
    await bench.saw(/^starts tasmota \(restart\)$/);
  });

  it.skipIf(!existsSync(DATA))('starts a published HAA where that was the target', async () => {
    const image = readFileSync(new URL('haa-fullhaaboot-12.18.0.bin', DATA));
    const { bench } = await takeover(whole(image));
    await bench.until(() => holds(bench.cells, image), 'the image');
    await bench.saw(/^starts haa/);
  });

  it.each([301, 307, 404, 503])('stays in stage 2 after %i, untouched', async (status) => {
    const { bench } = await takeover((response) => response.writeHead(status, { Location: '/x' }).end('no'));
    await bench.saw(new RegExp(`^stays: HTTP response error: ${status}`));
    const page = await bench.ask('/');
    expect(page.text).toContain('<title>Index of /</title>');
    expect((await bench.ask('/ota')).status).toBe(404);
    expect((await bench.ask('/shelly')).status).toBe(404);
    bench.unit.perform('power-cycle');
    await bench.until(() => bench.log.filter((line) => line.startsWith('stays')).length === 2);
  });

  it('follows a 302', async () => {
    let isFirst = true;
    const { bench } = await takeover((response) => {
      if (!isFirst) return whole(TARGET)(response);
      isFirst = false;
      response.writeHead(302, { Location: '/moved.bin' }).end();
    });
    await bench.until(() => holds(bench.cells, TARGET), 'the image');
  });

  it('dies of a 200 without a byte', async () => {
    const { bench } = await takeover((response) => response.writeHead(200, { 'Content-Length': 0 }).end());
    await bench.saw(/^dead: the length of a copy went below zero/);
    await expectDead(bench);
  });

  it('dies of half a body, which it takes for all of it', async () => {
    const { bench } = await takeover((response) => {
      response.writeHead(200, { 'Content-Length': TARGET.length });
      response.write(TARGET.subarray(0, TARGET.length / 2), () => response.destroy());
    });
    await bench.saw(/^moves/);
    await expectDead(bench);
  });

  it('dies of 20000 bytes, with both places of the boot config', async () => {
    const short: Target = (response) =>
      response.writeHead(200, { 'Content-Length': 20_000 }).end(TARGET.subarray(0, 20_000));
    const plug = await takeover(short);
    await plug.bench.saw(/^dead: the length of a copy went below zero/);
    await expectDead(plug.bench);
    // Here the copy succeeds, of a stub that is no application.
    const relay = await takeover(short, { model: SHELLY_1, state: 'shelly1' });
    await relay.bench.saw(/^moves 20000 bytes/);
    await expectDead(relay.bench);
    expect(relay.bench.log.join()).not.toContain('below zero');
  });

  it('is silently wrong from 0x3000 on when one network event brings more than 4096 bytes', async () => {
    const { bench } = await takeover(whole(TARGET), { faults: ['huge-segments'] });
    await expectDead(bench);
    expect(holds(bench.cells, TARGET)).toBe(false);
  });

  it('dies of a package that is built for the other place of the boot config', async () => {
    const { bench } = await takeover(whole(TARGET), { model: SHELLY_1 });
    await bench.saw(/^dead: built for a boot config at 0x1000/);
    await expectDead(bench);
  });

  it('does not overwrite itself with an image of more than 1 MiB', async () => {
    const { bench } = await takeover(whole(new Uint8Array(0x10_2000).fill(0xe9)));
    await bench.saw(/^stays: operation would overwrite/);
    expect((await bench.ask('/')).text).toContain('Index of');
  });
});

describe('the intermediate firmware', () => {
  const refuses: Target = (response) => response.writeHead(404).end();

  it('is told another target by RPC, and fetches that after its restart', async () => {
    const { bench } = await takeover(refuses);
    await bench.saw(/^stays/);
    const { url } = await bench.serveFiles({ '/t.bin': TARGET });
    const get = await bench.json('/rpc/Config.Get', { method: 'POST', body: '{"key":"mg2x"}' });
    expect(get.url).toMatch(/\/t\.bin$/);
    const set = await bench.ask('/rpc/Config.Set', {
      method: 'POST',
      body: JSON.stringify({ config: { mg2x: { url: `${url}/t.bin` } }, save: true, reboot: true }),
    });
    expect(JSON.parse(set.text)).toEqual({ saved: true });
    await bench.until(() => holds(bench.cells, TARGET), 'the image');
  });

  it('tells what it is, restarts on request, and has no other handlers', async () => {
    const { bench } = await takeover(refuses);
    await bench.saw(/^stays/);
    expect(await bench.json('/rpc/Sys.GetInfo')).toMatchObject({
      app: 'shelly-plug-s',
      fw_version: '0.4.6',
      mac: bench.mac,
      arch: 'esp8266',
      wifi: { sta_ip: '10.77.0.11', ssid: 'practice-net-1' },
    });
    expect((await bench.ask('/rpc/Shelly.Update')).status).toBe(404);
    await bench.ask('/rpc/Sys.Reboot', { method: 'POST', body: '{}' });
    await bench.until(() => bench.log.filter((line) => line.startsWith('stays')).length === 2);
  });

  it('takes another package by upload, or from a URL', async () => {
    const zip = Buffer.from(stockZip(PLUG_S));
    const { bench } = await takeover(refuses);
    await bench.saw(/^stays/);
    const form = Buffer.concat([
      Buffer.from('--b1\r\nContent-Disposition: form-data; name="commit_timeout"\r\n\r\n60\r\n'),
      Buffer.from('--b1\r\nContent-Disposition: form-data; name="f"; filename="a.zip"\r\n\r\n'),
      zip,
      Buffer.from('\r\n--b1--\r\n'),
    ]);
    const headers = { 'Content-Type': 'multipart/form-data; boundary=b1' };
    const bad = await bench.ask('/update', { method: 'POST', headers, body: form.subarray(0, -50_000) });
    expect(bad.status).toBe(400);
    const good = await bench.ask('/update', { method: 'POST', headers, body: form });
    expect([good.status, good.text]).toEqual([200, '1 Update applied, rebooting']);
    await bench.saw(/^starts shelly-stock \(restart\)/);
    await bench.until(() => bench.unit.firmware === 'shelly-stock' && bench.unit.at != null);
    expect(await bench.json('/shelly')).toMatchObject({ fw: NEWER_FW });

    const other = await takeover(refuses);
    await other.bench.saw(/^stays/);
    const { url } = await other.bench.serveFiles({ '/a.zip': zip });
    expect((await other.bench.ask(`/update?url=${url}/a.zip`)).text).toBe('1 Update applied, rebooting');
    await other.bench.saw(/^starts shelly-stock \(restart\)/);
  });

  it('comes back with another address, by its second network, or not before a further try', async () => {
    const moved = await takeover(refuses, { faults: ['new-address'] });
    await moved.bench.saw(/^on the network practice-net-1 as 10\.77\.0\.12/);
    const lost = await takeover(refuses, { faults: ['recover-network'], paced: true });
    await lost.bench.saw(/^on the network mgos-recover as/);
    const stuck = await takeover(whole(TARGET), { faults: ['stuck-stage2-once'] });
    await stuck.bench.saw(/^stays: no connection/);
    stuck.bench.unit.perform('power-cycle');
    await stuck.bench.until(() => holds(stuck.bench.cells, TARGET), 'the image');
    const restarts = await takeover(whole(TARGET), { faults: ['restarts-in-stage2-once'] });
    await restarts.bench.saw(/\(watchdog\)/);
    await restarts.bench.until(() => holds(restarts.bench.cells, TARGET), 'the image');
  });

  it('is slow for a minute and whole all the same, or takes a break for the end', async () => {
    const slow = await takeover(whole(TARGET), { faults: ['slow-stage2'], paced: true });
    await slow.bench.until(() => holds(slow.bench.cells, TARGET), 'the image');
    expect(slow.bench.clock.monotonicMs()).toBeGreaterThan(60_000);
    const broken = await takeover(whole(TARGET), { faults: ['drops-target'] });
    await broken.bench.saw(/^the connection breaks after 6\d+ bytes/);
    await expectDead(broken.bench);
  });

  it.skipIf(!existsSync(DATA))(
    'is what an unknown package is played as; its target is out of reach',
    async () => {
      const bench = new ShellyBench();
      benches.push(bench);
      await bench.online();
      const zip = readFileSync(new URL('synthetic-mg2x-ShellyPlugS.zip', DATA));
      const { url } = await bench.serveFiles({ '/mg2x.zip': zip });
      await bench.ask(`/ota?url=${url}/mg2x.zip`);
      await bench.saw(/^stays: no way to https:\/\/ota\.tasmota\.com/);
      expect((await bench.ask('/')).text).toContain('Index of');
    },
  );
});

describe('power that goes during a takeover', () => {
  /** Each stage by the line that it begins with, and what becomes of the unit. */
  it.each([
    ['in stage 0, the package is written', /^fw: \d+ bytes to/, 'stock'],
    ['in stage 1, before the slot is committed', /^starts mgos-takeover/, 'stock'],
    ['in stage 2, on its way to the network', /^slot 1 committed/, 'taken over'],
    ['in stage 3, bytes flow', /^GET http\S+t\.bin: 200/, 'taken over'],
    ['in stage 4, before the boot loader is written', /^moves/, 'dead'],
  ])('%s', async (_name, moment, end) => {
    const { bench } = await takeover(whole(TARGET), { paced: true });
    await bench.saw(moment);
    if (end === 'dead') {
      // The boot config goes before the boot loader; from then on nothing leads back.
      await bench.until(() => bench.cells[0x7000] !== 0xe1, 'the boot config');
    }
    bench.unit.perform('power-cycle');
    if (end === 'dead') return expectDead(bench);
    if (end === 'stock') {
      await bench.until(
        () => bench.log.filter((line) => line.startsWith('starts shelly-stock')).length === 2,
      );
      return;
    }
    await bench.until(() => holds(bench.cells, TARGET), 'the image');
  });

  it('in stage 1, while it copies itself to the second slot', async () => {
    const { bench } = await takeover(whole(TARGET), { paced: true, unit: 2 });
    await bench.saw(/^booted from the first slot/);
    bench.unit.perform('power-cycle');
    await bench.until(() => bench.log.filter((line) => line.startsWith('booted from')).length === 2);
    await bench.until(() => holds(bench.cells, TARGET), 'the image');
  });

  it('in stage 4, while what lies between the boot loader and its config is moved', async () => {
    const { bench } = await takeover(whole(TARGET), { paced: true });
    await bench.saw(/^moves/);
    await bench.until(() => bench.cells[0x1000] === TARGET[0x1000]);
    bench.unit.perform('power-cycle');
    // Boot loader and config still stand, and so does the intermediate in the second slot: it fetches once more.
    await bench.until(() => holds(bench.cells, TARGET), 'the image');
  });
});
