import { createHash } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { PLUG_S } from '../../../src/virtual/shelly/models.ts';
import { otaZip, stockZip, storedZip } from '../../../src/virtual/shelly/images/zip-maker.ts';
import { NEWER_FW, STOCK_FW, stockImage } from '../../../src/virtual/shelly/images/stock-images.ts';
import { ShellyBench, type BenchOptions } from './harness/shelly-bench.ts';

const benches: ShellyBench[] = [];
afterEach(() => {
  for (const bench of benches.splice(0)) bench.close();
});

async function laid(options: BenchOptions = {}): Promise<ShellyBench> {
  const bench = new ShellyBench(options);
  benches.push(bench);
  await bench.online();
  return bench;
}

const sha1 = (content: Uint8Array) => createHash('sha1').update(content).digest('hex');
const ZIP = stockZip(PLUG_S);

/** A package of the parts that a fault needs. */
function zipWith(change: (manifest: Manifest) => void, files: Record<string, Uint8Array> = {}): Uint8Array {
  const fw = new Uint8Array(5000).fill(0x42);
  const fs = new Uint8Array(4096).fill(0x43);
  const manifest: Manifest = {
    name: 'shelly-plug-s',
    platform: 'esp8266',
    version: '2.0',
    build_id: 'another',
    parts: {
      fw: { src: 'fw.bin', addr: 32_768, cs_sha1: sha1(fw) },
      fs: { src: 'fs.bin', addr: 0, cs_sha1: sha1(fs) },
    },
  };
  change(manifest);
  const content = { 'fw.bin': fw, 'fs.bin': fs, ...files };
  return storedZip([
    { name: 'manifest.json', content: Buffer.from(JSON.stringify(manifest)) },
    ...Object.entries(content).map(([name, bytes]) => ({ name, content: bytes })),
  ]);
}

interface Manifest {
  name?: string;
  platform: string;
  version: string;
  build_id: string;
  parts?: Record<string, { src?: string; addr: number; cs_sha1: string }>;
}

const changed = (zip: Uint8Array, change: (bytes: Buffer) => void): Uint8Array => {
  const copy = Buffer.from(zip);
  change(copy);
  return copy;
};

async function refusal(zip: Uint8Array): Promise<string> {
  const bench = await laid();
  const { url } = await bench.serveFiles({ '/a.zip': zip });
  await bench.ask(`/ota?url=${url}/a.zip`);
  await bench.saw(/^update failed/);
  expect(await bench.json('/ota')).toMatchObject({ status: 'idle' });
  expect(await bench.json('/shelly')).toMatchObject({ fw: STOCK_FW });
  return bench.log.find((line) => line.startsWith('update failed'))!.replace('update failed: ', '');
}

describe('an update of stock firmware', () => {
  it('is pulled with the headers of the reference, written to the other slot, committed, and keeps settings', async () => {
    for (const unit of [1, 2]) {
      const bench = await laid({ unit });
      await bench.ask('/settings?name=kitchen');
      const { url, asked } = await bench.serveFiles({ '/SHPLG-S.zip': ZIP });
      expect(await bench.json(`/ota?url=${url}/SHPLG-S.zip`)).toMatchObject({ status: 'updating' });
      await bench.saw(/^slot \d committed/);
      await bench.saw(/^on the network/);
      await bench.online();
      expect(await bench.json('/shelly')).toMatchObject({ fw: NEWER_FW });
      expect(await bench.json('/settings')).toMatchObject({ name: 'kitchen' });
      const tail = bench.mac.slice(6);
      expect(asked).toEqual([
        {
          head: 'GET /SHPLG-S.zip HTTP/1.1',
          rawHeaders: [
            ...['Host', new URL(url).host],
            ...['User-Agent', 'shelly-plug-s/1.0 (MongooseOS/2.13.0; esp8266)'],
            ...['Connection', 'close'],
            ...['Range', 'bytes=0-'],
            ...['X-MGOS-Device-ID', `shellyplug-s-${tail} ${bench.mac}`],
            ...['X-MGOS-FW-Version', `ESP8266 1.0 ${STOCK_FW}`],
          ],
        },
      ]);
      // Unit 1 runs from the first slot, unit 2 from the second: each wrote the other one.
      const image = stockImage(PLUG_S, NEWER_FW);
      const at = unit === 1 ? 0x108000 : 0x8000;
      expect(Buffer.from(bench.cells.subarray(at, at + image.length)).equals(image)).toBe(true);
    }
  });

  it('follows a 302, and takes 206 as well', async () => {
    const bench = await laid();
    const { url } = await bench.serve((request, response) => {
      if (request.url === '/a.zip') response.writeHead(302, { Location: '/b.zip' }).end();
      else response.writeHead(206, { 'Content-Length': ZIP.length }).end(ZIP);
    });
    await bench.ask(`/ota?url=${url}/a.zip`);
    await bench.saw(/^slot 1 committed/);
  });

  it.each([
    ['Malformed archive (invalid file header)', Buffer.from('<html>not a zip at all, by no means</html>')],
    ['Cannot handle compressed .zip', changed(ZIP, (bytes) => bytes.writeUInt16LE(8, 8))],
    ['Archived file size is unknown', changed(ZIP, (bytes) => bytes.writeUInt16LE(8, 6))],
    [
      'Too long file name',
      storedZip([{ name: `${'x'.repeat(50)}/manifest.json`, content: Buffer.from('{}') }]),
    ],
    ['Expected manifest, found something else', storedZip([{ name: 'fw.bin', content: Buffer.from('x') }])],
    ['Failed to parse manifest', storedZip([{ name: 'manifest.json', content: Buffer.from('{"name":') }])],
    ['Required manifest field missing', zipWith((manifest) => delete manifest.name)],
    ['Wrong platform', zipWith((manifest) => (manifest.platform = 'esp32'))],
    [
      'Version is the same as current',
      zipWith((manifest) => Object.assign(manifest, { version: '1.0', build_id: STOCK_FW })),
    ],
    ['Invalid CRC', changed(ZIP, (bytes) => (bytes[100]! ^= 1))],
    ['Invalid manifest', zipWith((manifest) => delete manifest.parts!.fw!.src)],
    ['Missing fw part', zipWith((manifest) => delete manifest.parts!.fw)],
    ['Missing fs part', zipWith((manifest) => delete manifest.parts!.fs)],
    ['Invalid checksum format', zipWith((manifest) => (manifest.parts!.fw!.cs_sha1 = 'abc'))],
    ['Invalid checksum', zipWith((manifest) => (manifest.parts!.fw!.cs_sha1 = '0'.repeat(40)))],
    ['Image too big', zipWith(() => undefined, { 'fw.bin': new Uint8Array(0xb_4000) })],
    [
      'Incomplete update package',
      storedZip([{ name: 'manifest.json', content: Buffer.from(manifestAlone()) }]),
    ],
  ])('%s', async (message, zip) => {
    expect(await refusal(zip)).toBe(message);
  });

  it('skips a part that is there already', async () => {
    const bench = await laid();
    const firmware = stockImage(PLUG_S, NEWER_FW);
    bench.cells.set(firmware, 0x108000);
    const { url } = await bench.serveFiles({ '/a.zip': ZIP });
    await bench.ask(`/ota?url=${url}/a.zip`);
    await bench.saw(/^slot 1 committed/);
    expect(bench.log).toContain('fw: already there, skipped');
  });

  it('is aborted by a connection that breaks, an answer without a length, and a wrong status', async () => {
    const bench = await laid();
    const { url } = await bench.serve((request, response) => {
      if (request.url === '/half.zip') {
        response.writeHead(200, { 'Content-Length': ZIP.length });
        response.write(ZIP.subarray(0, ZIP.length / 2), () => response.destroy());
      } else if (request.url === '/chunked.zip') response.writeHead(200).end(ZIP);
      else response.writeHead(404).end();
    });
    for (const [path, message] of [
      ['/half.zip', 'Update aborted'],
      ['/chunked.zip', 'Invalid content-length'],
      ['/no.zip', 'Invalid HTTP response code'],
    ]) {
      await bench.ask(`/ota?url=${url}${path}`);
      await bench.saw(new RegExp(`^update failed: ${message}`));
    }
    expect(await bench.json('/shelly')).toMatchObject({ fw: STOCK_FW });
  });

  it('leaves the unit as it was when power goes while the other slot is written', async () => {
    for (const moment of [/^fs: 16384 bytes to/, /^fs: 16384 bytes written/, /^fw: \d+ bytes to/]) {
      const bench = await laid({ paced: true });
      const { url } = await bench.serveFiles({ '/a.zip': ZIP });
      await bench.ask(`/ota?url=${url}/a.zip`);
      await bench.saw(moment);
      bench.unit.perform('power-cycle');
      await bench.saw(/^starts shelly-stock \(power\)$/);
      await bench.until(() => bench.log.filter((line) => line.startsWith('on the network')).length === 2);
      await bench.online();
      expect(await bench.json('/shelly')).toMatchObject({ fw: STOCK_FW });
    }
  });

  it('is dead when power goes in the 45 ms in which the boot config is erased', async () => {
    const bench = await laid({ paced: true });
    const { url } = await bench.serveFiles({ '/a.zip': ZIP });
    await bench.ask(`/ota?url=${url}/a.zip`);
    await bench.saw(/^fw: \d+ bytes written/);
    await bench.until(() => bench.cells[0x7000] === 0xff);
    bench.unit.perform('power-cycle');
    await bench.saw(/^does not start: rboot finds no application/);
  });

  it('goes back to the old slot when the new firmware never commits', async () => {
    const bench = await laid({ faults: ['falls-back'] });
    const takeover = otaZip(PLUG_S, {
      version: '0.4.6',
      buildId: 'x',
      firmware: (await import('../../../src/virtual/shelly/images/stock-images.ts')).takeoverImage(
        PLUG_S,
        'http://127.0.0.1:1/t.bin',
      ),
      files: new Uint8Array(4096).fill(0xff),
    });
    const { url } = await bench.serveFiles({ '/a.zip': takeover });
    await bench.ask(`/ota?url=${url}/a.zip`);
    await bench.saw(/^slot 1 was not committed: back to slot 0/);
    await bench.until(() => bench.log.filter((line) => line.startsWith('on the network')).length === 2);
    await bench.online();
    expect(await bench.json('/shelly')).toMatchObject({ fw: STOCK_FW });
  });

  it('has the faults of a unit that takes the order and does not carry it out', async () => {
    const deaf = await laid({ faults: ['accepts-never-fetches'] });
    const served = await deaf.serveFiles({ '/a.zip': ZIP });
    expect(await deaf.json(`/ota?url=${served.url}/a.zip`)).toMatchObject({ status: 'updating' });
    await deaf.saw(/^update failed: nothing happens/);
    expect(served.asked).toEqual([]);

    const drops = await laid({ faults: ['drops-download-once'] });
    const { url } = await drops.serveFiles({ '/a.zip': ZIP });
    await drops.ask(`/ota?url=${url}/a.zip`);
    await drops.saw(/^update failed: Update aborted after 33/);
    await drops.ask(`/ota?url=${url}/a.zip`);
    await drops.saw(/^slot 1 committed/);

    const late = await laid({ faults: ['pending-long'], paced: true });
    const slow = await late.serveFiles({ '/a.zip': ZIP });
    await late.ask(`/ota?url=${slow.url}/a.zip`);
    expect(await late.json('/ota')).toMatchObject({ status: 'pending' });
    await late.saw(/^slot 1 committed/);
    expect(slow.asked).toHaveLength(1);
    expect(late.clock.monotonicMs()).toBeGreaterThan(180_000);
  });
});

function manifestAlone(): string {
  return JSON.stringify({
    name: 'shelly-plug-s',
    platform: 'esp8266',
    version: '2.0',
    build_id: 'another',
    parts: { fw: { src: 'fw.bin' }, fs: { src: 'fs.bin' } },
  });
}
