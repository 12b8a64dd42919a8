import { existsSync, readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { HAA_FAULTS } from '../../../../src/virtual/plug/haa/faults.ts';
import { haaFirmware } from '../../../../src/virtual/plug/haa/firmware.ts';
import { mirrorFiles, practiceFullHaaboot } from '../../../../src/virtual/plug/haa/images.ts';
import { KEY, Settings, settingsArea } from '../../../../src/virtual/plug/haa/settings.ts';
import { BENCH_HOST, FirmwareBench } from '../harness/firmware-bench.ts';
import { ask } from '../harness/http.ts';
import { RangeServer, type RangeServerOptions } from '../harness/range-server.ts';

const REAL = '../shared/data/plugs/haa-fullhaaboot-12.18.0.bin';
const SCRIPT = '{"a":[{"t":1}]}';
const LOGGING_SCRIPT = '{"c":{"o":4},"a":[{"t":1}]}';

const mirror = (folder = 'haa'): Record<string, Uint8Array> =>
  Object.fromEntries(mirrorFiles.map(({ file, make }) => [`/${folder}/${file}`, make()]));

const open: { close(): void }[] = [];
afterEach(() => open.splice(0).forEach((each) => each.close()));

const unit = (options: Partial<ConstructorParameters<typeof FirmwareBench>[0]> = {}): FirmwareBench => {
  const bench = new FirmwareBench({
    firmware: haaFirmware,
    flash: practiceFullHaaboot(),
    faultTable: HAA_FAULTS,
    ...options,
  });
  open.push(bench);
  return bench.powerUp();
};

const serve = async (options: Partial<RangeServerOptions> = {}): Promise<RangeServer> => {
  const server = await RangeServer.start({ files: mirror(), ...options });
  open.push(server);
  return server;
};

const save = async (bench: FirmwareBench, fields: Readonly<Record<string, string>>) =>
  ask(await bench.portOf(4567), '/sn', {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams(fields).toString(),
  });

const wifi = { sid: 'workshop', psw: 'password1' };
const server = (port: number) => ({ ser: `${BENCH_HOST}/haa`, prt: String(port) });
const isAnnounced = (bench: FirmwareBench) => () => bench.services.length > 0;

describe('from the portal to HAA', () => {
  it('goes through both installers and is announced with the MAC in its name', async () => {
    const files = await serve();
    const bench = unit();
    expect(bench.accessPoint).toMatchObject({ ssid: 'HAA-A1B2C3', address: '192.168.4.1' });
    expect(bench.accessPoint?.password).toBeUndefined();
    const answer = await save(bench, { cnf: LOGGING_SCRIPT, ...wifi, ...server(files.port) });
    expect(answer).toMatchObject({ status: 200, text: '<center>OK</center>' });
    await bench.when(isAnnounced(bench));

    expect(bench.services).toMatchObject([
      { type: '_hap._tcp', name: 'HAA-A1B2C3', port: 5556, txt: { md: 'RavenSystem HAA Merlin', sf: '1' } },
    ]);
    expect(bench.services[0]!.txt.id).toMatch(/^([0-9A-F]{2}:){5}[0-9A-F]{2}$/);
    expect(bench.joins[0]).toEqual({ ssid: 'workshop', password: 'password1' });
    // Portal, HAABOOT, OTAMAIN, HAA.
    expect(bench.starts).toBe(4);
    const main = mirrorFiles.find(({ file }) => file === 'haamain.bin')!.make();
    expect(Buffer.compare(bench.flash.subarray(0x2000, 0x2000 + main.length), main)).toBe(0);
    expect(new Settings(bench).text(KEY.mainVersion)).toBe('12.18.0');
    expect(bench.flash.subarray(0xf_2000, 0xf_2003)).toEqual(Uint8Array.from(Buffer.from('HAP')));
    const http = await ask(await bench.portOf(5556), '/nothing-here');
    expect(http.status).toBe(404);
  });

  it('asks in the way the reference says, and logs it in lines with address and MAC', async () => {
    const files = await serve();
    const bench = unit();
    await save(bench, { cnf: SCRIPT, ...wifi, ...server(files.port) });
    await bench.when(isAnnounced(bench));
    const asked = files.seen.map(({ path, headers }) => `${path} ${headers.range}`);
    expect(asked.slice(0, 5)).toEqual([
      '/haa/otamain.bin.sec bytes=0-1',
      '/haa/otamain.bin.sec bytes=0-4095',
      '/haa/otamain.bin bytes=0-1',
      '/haa/otamain.bin bytes=0-4095',
      '/haa/otamain.bin bytes=4096-8191',
    ]);
    const ranges = files.seen.filter(
      ({ path, headers }) => path === '/haa/otamain.bin' && headers.range !== 'bytes=0-1',
    );
    expect(new Set(ranges.map(({ connection }) => connection)).size).toBe(1);
    expect(files.seen[0]!.headers).toEqual({ host: '10.77.0.1', range: 'bytes=0-1' });
    const order = files.seen.map(({ path }) => path).filter((path, index, all) => path !== all[index - 1]);
    expect(order).toEqual(
      ['otamain.bin.sec', 'otamain.bin', 'otaversion', 'haaversion', 'haamain.bin.sec', 'haamain.bin'].map(
        (name) => `/haa/${name}`,
      ),
    );

    expect(bench.datagrams.every(({ port }) => port === 45_678)).toBe(true);
    const lines = bench.datagrams.flatMap(({ text }) => text.split('\r\n'));
    expect(lines.find((line) => line.includes('OTAMAIN installed'))).toMatch(
      /^\d{4}\.\d{3} 10\.77\.0\.11-A1B2C3: \* OTAMAIN installed$/,
    );
    expect(lines.some((line) => line.endsWith(': * HAAMAIN 12.18.0 installed'))).toBe(true);
    // HAA itself logs to the network only where its script asks for it.
    expect(lines.some((line) => line.includes('Home Accessory Architect'))).toBe(false);
  });

  it.each(['closes', 'redirects'] as const)('gets through to a server that %s', async (manner) => {
    const files = await serve({ manner });
    const bench = unit();
    await save(bench, { cnf: SCRIPT, ...wifi, ...server(files.port) });
    await bench.when(isAnnounced(bench));
    expect(bench.services[0]!.name).toBe('HAA-A1B2C3');
  });

  it.each([
    ['a server that knows no ranges', 'whole'],
    ['a server without Content-Range', 'no-content-range'],
  ] as const)('comes back to its portal from %s', async (_what, manner) => {
    const files = await serve({ manner });
    const bench = unit();
    await save(bench, { cnf: SCRIPT, ...wifi, ...server(files.port) });
    await bench.when(() => bench.starts === 3 && bench.accessPoint != null);
    expect(bench.datagrams.some(({ text }) => text.includes('! No CR'))).toBe(true);
    expect(bench.flash[0x9_1000]).toBe(0xff);
  });

  it('does not find a server whose name has a scheme', async () => {
    const files = await serve();
    const bench = unit();
    await save(bench, { cnf: SCRIPT, ...wifi, ser: `http://${BENCH_HOST}/haa`, prt: String(files.port) });
    await bench.when(() => bench.starts === 3 && bench.accessPoint != null);
    expect(files.seen).toEqual([]);
    expect(bench.datagrams.some(({ text }) => text.includes('! OTAMAIN sign -1'))).toBe(true);
  });

  it('has no vendor to go to on the practice LAN', async () => {
    const bench = unit();
    await save(bench, { cnf: SCRIPT, ...wifi });
    await bench.when(() => bench.starts === 3 && bench.accessPoint != null);
    expect(bench.datagrams.some(({ text }) => text.includes('REPO https://github.com/'))).toBe(true);
  });

  it('an image with another signature is not started', async () => {
    const files = await serve();
    const image = mirror()['/haa/otamain.bin']!.slice();
    image[70_000]! ^= 1;
    files.files = { ...mirror(), '/haa/otamain.bin': image };
    const bench = unit();
    await save(bench, { cnf: SCRIPT, ...wifi, ...server(files.port) });
    await bench.when(() => bench.starts === 3 && bench.accessPoint != null);
    expect(bench.datagrams.some(({ text }) => text.includes('>>> ERROR'))).toBe(true);
    expect(bench.flash[0x9_1000]).toBe(0xff);
  });

  it('goes on with OTAMAIN when power went while HAA was written over HAABOOT', async () => {
    const files = await serve();
    const bench = unit();
    await save(bench, { cnf: SCRIPT, ...wifi, ...server(files.port) });
    await files.when((seen) =>
      seen.some(({ path, headers }) => path.endsWith('haamain.bin') && headers.range === 'bytes=40960-45055'),
    );
    bench.powerDown();
    expect(bench.flash[0x2000]).toBe(0xff);
    files.seen.length = 0;
    bench.powerUp();
    await bench.when(isAnnounced(bench));
    const paths = files.seen.map(({ path }) => path);
    expect(paths).toContain('/haa/otaversion');
    expect(paths).not.toContain('/haa/otamain.bin');
  });

  it.skipIf(!existsSync(REAL))('the real HAABOOT goes the same way with the practice mirror', async () => {
    const files = await serve();
    const bench = unit({ flash: readFileSync(REAL) });
    await save(bench, { cnf: SCRIPT, ...wifi, ...server(files.port) });
    await bench.when(isAnnounced(bench));
    expect(bench.services[0]!.name).toBe('HAA-A1B2C3');
  });
});

describe('what strands a unit', () => {
  it('an empty script is saved like any other, and HAA ends in its setup page on the network', async () => {
    const files = await serve();
    const bench = unit();
    await save(bench, { cnf: '', ...wifi, ...server(files.port) });
    await bench.when(() => bench.datagrams.some(({ port }) => port === 4567));
    expect(bench.datagrams.at(-1)).toEqual({ port: 4567, text: 'HAA-A1B2C3\r\n' });
    expect(bench.accessPoint).toBeUndefined();
    const page = await ask(await bench.portOf(4567), '/sn');
    expect(page.text).toContain('Home Accessory Architect<br>v12.18.0');
    await save(bench, { cnf: SCRIPT });
    await bench.when(isAnnounced(bench));
  });

  it('HAA renamed on the server: round and round without a portal, until the router is off', async () => {
    const files = await serve();
    const { ['/haa/haamain.bin']: _gone, ...rest } = mirror();
    files.files = rest;
    const bench = unit();
    await save(bench, { cnf: '', ...wifi, ...server(files.port) });
    await files.when((seen) => seen.filter(({ path }) => path === '/haa/otaversion').length >= 4);
    expect(bench.accessPoint).toBeUndefined();
    bench.hasNetwork = false;
    await bench.when(() => bench.accessPoint != null);
    expect(bench.accessPoint?.ssid).toBe('HAA-A1B2C3');
    expect((await ask(await bench.portOf(4567), '/sn')).text).toContain('Installer v7.14.0');
  }, 20_000);

  it('a wrong Wi-Fi password brings it back to the portal', async () => {
    const bench = unit({
      flash: withSettings({ [KEY.ssid]: 'workshop', [KEY.password]: 'short', [KEY.setupMode]: 0 }),
    });
    await bench.when(() => bench.accessPoint != null);
    expect(bench.starts).toBe(2);
  });
});

describe('faults of HAA', () => {
  it('mirror-404 and sec-mismatch end in the portal', async () => {
    for (const fault of ['mirror-404', 'sec-mismatch']) {
      const files = await serve();
      const bench = unit({ faults: [`${fault}-once`] });
      await save(bench, { cnf: SCRIPT, ...wifi, ...server(files.port) });
      await bench.when(() => bench.starts === 3 && bench.accessPoint != null);
      await save(bench, { cnf: SCRIPT, ...server(files.port) });
      await bench.when(isAnnounced(bench));
    }
  });

  it('portal-timeout: the page goes away before it can be saved', async () => {
    const bench = unit({ faults: ['portal-timeout-once'] });
    await ask(await bench.portOf(4567), '/sn');
    await bench.when(() => bench.starts === 2);
    expect((await ask(await bench.portOf(4567), '/sn')).status).toBe(200);
    expect(bench.starts).toBe(2);
  });

  it('no-log and silent-main: it is all there, and nothing is heard', async () => {
    const files = await serve();
    const bench = unit({ faults: ['no-log', 'silent-main'] });
    await save(bench, { cnf: LOGGING_SCRIPT, ...wifi, ...server(files.port) });
    await bench.when(() => bench.logged.includes('HAA 12.18.0 runs'));
    expect(bench.services).toEqual([]);
  });
});

function withSettings(values: Parameters<typeof settingsArea>[0]): Uint8Array {
  const flash = new Uint8Array(1_048_576).fill(0xff);
  flash.set(practiceFullHaaboot());
  flash.set(settingsArea(values), 0xf_3000);
  return flash;
}
