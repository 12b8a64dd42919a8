import { createHash } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { systemClock, type Clock } from '../../../../src/core/clock.ts';
import { practiceTasmota } from '../../../../src/virtual/esp/images/plug-images.ts';
import { deviceIdOf, sonoffDiyFirmware } from '../../../../src/virtual/plug/sonoff/diy-firmware.ts';
import { DIY_FAULTS } from '../../../../src/virtual/plug/sonoff/faults.ts';
import { practiceDiyFlash } from '../../../../src/virtual/plug/sonoff/images.ts';
import {
  NEW_SETTINGS,
  settingsSector,
  type DiySettings,
} from '../../../../src/virtual/plug/sonoff/settings.ts';
import { BENCH_HOST, FirmwareBench } from '../harness/firmware-bench.ts';
import { ask } from '../harness/http.ts';
import { RangeServer, type RangeServerOptions } from '../harness/range-server.ts';

const open: { close(): void }[] = [];
afterEach(() => open.splice(0).forEach((each) => each.close()));

/** The real clock, but a second further on at each look: requests are never too fast for the unit. */
const roomyClock = (): Clock => {
  let looks = 0;
  return { ...systemClock, monotonicMs: () => systemClock.monotonicMs() + 1000 * looks++ };
};

interface UnitOptions extends Partial<ConstructorParameters<typeof FirmwareBench>[0]> {
  readonly settings?: Partial<DiySettings>;
  readonly version?: string;
}

function unit({ settings = {}, version = '3.6.0', ...options }: UnitOptions = {}): FirmwareBench {
  const flash = new Uint8Array(1_048_576).fill(0xff);
  flash.set(practiceDiyFlash(version));
  flash.set(
    settingsSector({ ...NEW_SETTINGS, ssid: 'workshop', password: 'password1', ...settings }),
    0x7_e000,
  );
  const bench = new FirmwareBench({
    firmware: sonoffDiyFirmware,
    flash,
    faultTable: DIY_FAULTS,
    clock: roomyClock(),
    ...options,
  });
  open.push(bench);
  return bench.powerUp();
}

const unlocked = { otaUnlock: true };

async function call(bench: FirmwareBench, name: string, data: object = {}, deviceid = '') {
  const answer = await ask(await bench.portOf(8081), `/zeroconf/${name}`, {
    method: 'POST',
    body: JSON.stringify({ deviceid, data }),
  });
  return JSON.parse(answer.text) as { seq: number; error: number; data?: unknown };
}

const IMAGE = practiceTasmota();
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

async function serve(options: Partial<RangeServerOptions> = {}): Promise<RangeServer> {
  const server = await RangeServer.start({ files: { '/t.bin': IMAGE }, ...options });
  open.push(server);
  return server;
}

const flash = (bench: FirmwareBench, port: number, hash = sha256(IMAGE), host = BENCH_HOST) =>
  call(bench, 'ota_flash', { downloadUrl: `http://${host}:${port}/t.bin`, sha256sum: hash });

const posted = (server: RangeServer): string | undefined =>
  server.seen.find(({ method }) => method === 'POST')?.body;
const result = async (server: RangeServer): Promise<string | undefined> => {
  await server.when(() => posted(server) != null);
  return posted(server);
};

describe('calls of DIY mode', () => {
  it('info tells the fields of protocol 2.0, and its own id only as three bytes of the MAC', async () => {
    const bench = unit();
    const { error, data } = await call(bench, 'info');
    expect(error).toBe(0);
    expect(data).toEqual({
      switch: 'off',
      startup: 'off',
      pulse: 'off',
      pulseWidth: 500,
      ssid: 'workshop',
      otaUnlock: false,
      fwVersion: '3.6.0',
      deviceid: '1000a1b2c3',
      bssid: 'd0:6e:de:00:77:01',
      signalStrength: -60,
    });
  });

  it('firmware 3.3 gives data as a text, and less of it', async () => {
    const { data } = await call(unit({ version: '3.3.0' }), 'info');
    expect(JSON.parse(data as string)).toEqual({
      switch: 'off',
      startup: 'off',
      pulse: 'off',
      pulseWidth: 500,
      ssid: 'workshop',
      otaUnlock: false,
    });
  });

  it('is announced as the protocol says, anew at each change', async () => {
    const bench = unit();
    await bench.when(() => bench.services.length > 0);
    const [service] = bench.services;
    expect(service).toMatchObject({
      type: '_ewelink._tcp',
      hostName: 'eWeLink_1000a1b2c3',
      port: 8081,
      txt: { txtvers: '1', id: '1000a1b2c3', type: 'diy_plug', apivers: '1' },
    });
    expect(JSON.parse(service!.txt.data1!)).toMatchObject({ otaUnlock: false, ssid: 'workshop' });
    await call(bench, 'switch', { switch: 'on' });
    expect(JSON.parse(bench.services[0]!.txt.data1!)).toMatchObject({ switch: 'on' });
    expect(Number(bench.services[0]!.txt.seq)).toBeGreaterThan(Number(service!.txt.seq));
  });

  it('answers what is wrong with numbers of its own, always with status 200', async () => {
    const bench = unit();
    expect((await call(bench, 'info', {}, '1000ffffff')).error).toBe(404);
    expect((await call(bench, 'info', {}, deviceIdOf(bench.chip.mac))).error).toBe(0);
    expect((await call(bench, 'switch', { switch: 'maybe' })).error).toBe(422);
    expect((await call(bench, 'pulse', { pulse: 'on', pulseWidth: 750 })).error).toBe(422);
    expect((await call(bench, 'pulse', { pulse: 'on', pulseWidth: 1000 })).error).toBe(0);
    const broken = await ask(await bench.portOf(8081), '/zeroconf/info', { method: 'POST', body: '{' });
    expect([broken.status, (JSON.parse(broken.text) as { error: number }).error]).toEqual([200, 400]);
    expect((await ask(await bench.portOf(8081), '/zeroconf/nothing', { method: 'POST' })).status).toBe(404);
  });

  it('does not answer what comes within 200 ms of the last request', async () => {
    const bench = unit({ clock: { ...systemClock, monotonicMs: () => 1000 } });
    await call(bench, 'info');
    await expect(call(bench, 'info')).rejects.toThrow();
  });

  it('is unlocked by the vendor only', async () => {
    const connected = unit();
    expect((await call(connected, 'ota_unlock')).error).toBe(0);
    expect((await call(connected, 'info')).data).toMatchObject({ otaUnlock: true });
    const alone = unit({ settings: { hasInternet: false } });
    expect((await call(alone, 'ota_unlock')).error).toBe(503);
    expect((await call(unit({ faults: ['unlock-500'] }), 'ota_unlock')).error).toBe(500);
    await expect(call(unit({ faults: ['unlock-empty'] }), 'ota_unlock')).rejects.toThrow();
  });

  it('without a network it opens its own, with a page to be told one', async () => {
    const bench = unit({ settings: { ssid: undefined } });
    await bench.when(() => bench.accessPoint != null);
    expect(bench.accessPoint).toEqual({
      ssid: 'ITEAD-1000a1b2c3',
      address: '10.10.7.1',
      password: '12345678',
    });
    const page = await bench.portOf(80);
    await ask(page, '/', { method: 'POST', body: 'ssid=workshop&password=password1' });
    await bench.when(() => bench.services.length > 0);
    expect(bench.joins.at(-1)).toEqual({ ssid: 'workshop', password: 'password1' });
  });
});

describe('flashing by ota_flash', () => {
  it('downloads by ranges under a wrong host name, tells the server, and starts what it got', async () => {
    const server = await serve();
    const bench = unit({ settings: unlocked });
    expect((await flash(bench, server.port)).error).toBe(0);
    await bench.when(() => bench.logged.includes('nothing in flash starts'));
    expect(sha256(bench.flash.subarray(0, IMAGE.length))).toBe(sha256(IMAGE));
    expect(posted(server)).toBe('{"error":0}');
    const gets = server.seen.filter(({ method }) => method === 'GET');
    expect(gets[0]!.headers).toEqual({ host: 'dl.itead.cn', range: 'bytes=0-4095' });
    expect(gets).toHaveLength(Math.ceil(IMAGE.length / 4096));
    expect(new Set(server.seen.map(({ connection }) => connection)).size).toBe(1);
    expect(server.seen.at(-1)).toMatchObject({ method: 'POST', path: '/api/device/otaFlash' });
  });

  it('firmware 3.3 names the right host and answers when all is over', async () => {
    const server = await serve();
    const bench = unit({ settings: unlocked, version: '3.3.0' });
    expect((await flash(bench, server.port)).error).toBe(0);
    expect(posted(server)).toBe('{"error":0}');
    expect(server.seen[0]!.headers.host).toBe(`${BENCH_HOST}:${server.port}`);
    await bench.when(() => bench.logged.includes('nothing in flash starts'));
  });

  it('refuses while it is locked, and what is no image of this size', async () => {
    const server = await serve({ files: { '/t.bin': new Uint8Array(520_193) } });
    expect((await flash(unit(), server.port)).error).toBe(403);
    expect((await flash(unit({ settings: unlocked }), server.port)).error).toBe(413);
  });

  it.each([
    ['knows no ranges', { manner: 'whole' }],
    ['gives no Content-Range', { manner: 'no-content-range' }],
    ['does not have it', { files: {} }],
  ] as const)('is unreachable for it: a server that %s', async (_what, options) => {
    const server = await serve(options);
    expect((await flash(unit({ settings: unlocked }), server.port)).error).toBe(424);
  });

  it('says yes to an address outside of the LAN and does nothing', async () => {
    const bench = unit({ settings: unlocked });
    expect((await flash(bench, 80, sha256(IMAGE), 'ota.tasmota.com')).error).toBe(0);
    expect((await flash(bench, 80, sha256(IMAGE), '93.184.216.34')).error).toBe(0);
    expect(bench.logged).toEqual(['DIY mode, firmware 3.6.0']);
  });

  it('a hash in capitals is a wrong one: told to the server, and a brick once power goes', async () => {
    const server = await serve();
    const bench = unit({ settings: unlocked });
    await flash(bench, server.port, sha256(IMAGE).toUpperCase());
    expect(await result(server)).toBe('{"error":409}');
    server.seen.length = 0;
    expect((await flash(bench, server.port, 'a'.repeat(64))).error).toBe(0);
    await result(server);
    bench.powerDown();
    bench.powerUp();
    expect(bench.runs).toBe(false);
  });

  it('firmware 3.3 answers the wrong hash with 471', async () => {
    const server = await serve();
    const bench = unit({ settings: unlocked, version: '3.3.0' });
    expect((await flash(bench, server.port, 'a'.repeat(64))).error).toBe(471);
    // With its power kept it takes the right one.
    expect((await flash(bench, server.port)).error).toBe(0);
  });

  it('an image that is not DOUT, or has no boot loader, is written all the same', async () => {
    const dio = IMAGE.slice();
    dio[2] = 2;
    const server = await serve({ files: { '/t.bin': dio } });
    const bench = unit({ settings: unlocked });
    await flash(bench, server.port, sha256(dio));
    await bench.when(() => bench.logged.includes('nothing in flash starts'));
    expect(sha256(bench.flash.subarray(0, dio.length))).toBe(sha256(dio));
  });

  it.each(['error-403', 'error-408', 'error-413', 'error-424'])(
    '%s-once is over at the second try',
    async (fault) => {
      const server = await serve();
      const bench = unit({ settings: unlocked, faults: [`${fault}-once`] });
      expect((await flash(bench, server.port)).error).toBe(Number(fault.slice(-3)));
      expect((await flash(bench, server.port)).error).toBe(0);
    },
  );

  it('drops-download is told to the server, and harmless', async () => {
    const server = await serve();
    const bench = unit({ settings: unlocked, faults: ['drops-download'] });
    await flash(bench, server.port);
    expect(await result(server)).toBe('{"error":404}');
    bench.powerDown();
    expect(bench.powerUp().runs).toBe(true);
  });

  it('never-posts: it becomes what it downloaded without a word', async () => {
    const server = await serve();
    const bench = unit({ settings: unlocked, faults: ['never-posts'] });
    await flash(bench, server.port);
    await bench.when(() => bench.logged.includes('nothing in flash starts'));
    expect(posted(server)).toBeUndefined();
  });

  it('data-as-string and host-bug are there for every version', async () => {
    const server = await serve();
    const bench = unit({ settings: unlocked, version: '3.7.0', faults: ['data-as-string', 'host-bug'] });
    expect(typeof (await call(bench, 'info')).data).toBe('string');
    await flash(bench, server.port);
    expect(server.seen[0]!.headers.host).toBe('dl.itead.cn');
  });
});
