import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { systemClock, type Clock } from '../../../src/core/clock.ts';
import { practiceTasmota } from '../../../src/virtual/esp/images/plug-images.ts';
import { Lan } from '../../../src/virtual/lan/lan.ts';
import { mirrorFiles } from '../../../src/virtual/plug/haa/images.ts';
import { findVirtualDevice } from '../../../src/virtual/registry.ts';
import { memoryStorage } from '../../../src/virtual/store/storage.ts';
import { RangeServer } from '../../virtual/plug/harness/range-server.ts';

/** The examples of the reference's sections on HAA and on DIY mode, as curl sends them. */
const run = promisify(execFile);
const curl = async (...args: readonly string[]): Promise<string> =>
  (await run('curl', ['--silent', '--show-error', '--max-time', '20', ...args])).stdout;
const hasCurl = await run('curl', ['--version']).then(
  () => true,
  () => false,
);

const open: { close(): void }[] = [];
afterEach(() => open.splice(0).forEach((each) => each.close()));

/** The real clock, but a second further on at each look: no request comes within the 200 ms that a Sonoff wants. */
function roomyClock(): Clock {
  let looks = 0;
  return { ...systemClock, monotonicMs: () => systemClock.monotonicMs() + 1000 * looks++ };
}

function lay(device: string, state: string) {
  const lan = new Lan();
  const unit = findVirtualDevice(device).createNetworkUnit!({
    unit: 1,
    faults: [],
    state,
    paced: false,
    clock: roomyClock(),
    storage: memoryStorage(),
    struck: new Set(),
    lan,
  });
  open.push(unit);
  const radio = [...lan.radios][0]!;
  const when = (condition: () => boolean) =>
    new Promise<void>((resolve) => {
      const check = () => {
        if (!condition()) return;
        stop();
        resolve();
      };
      const stop = lan.onChange(check);
      check();
    });
  const baseOf = async (port: number): Promise<string> => {
    await when(() => radio.doors.has(port) && radio.isReachable);
    await radio.doors.get(port)!.opened;
    return `http://127.0.0.1:${radio.doors.get(port)!.at!.port}`;
  };
  return { unit, radio, when, baseOf };
}

async function serve(files: Readonly<Record<string, Uint8Array>>): Promise<RangeServer> {
  const server = await RangeServer.start({ files });
  open.push(server);
  return server;
}

describe.skipIf(!hasCurl)('curl', () => {
  it('reads the portal of HAA, saves its form, and HAA is announced', async () => {
    const server = await serve(
      Object.fromEntries(mirrorFiles.map(({ file, make }) => [`/haa/${file}`, make()])),
    );
    const plug = lay('haa-plug', 'portal');
    const base = await plug.baseOf(4567);
    expect(await curl(`${base}/sn`)).toContain('name="cnf"');
    const form = [
      'cnf={"a":[{"t":1}]}',
      'sid=workshop',
      'psw=password1',
      'ser=127.0.0.1/haa',
      `prt=${server.port}`,
    ].flatMap((field) => ['--data-urlencode', field]);
    expect(await curl(...form, `${base}/sn`)).toBe('<center>OK</center>');
    await plug.when(() => plug.radio.services.some(({ type }) => type === '_hap._tcp'));
  });

  it('unlocks a Sonoff and has it flashed', async () => {
    const image = practiceTasmota();
    const server = await serve({ '/t.bin': image });
    const plug = lay('sonoff-diy-plug', 'internet');
    const base = await plug.baseOf(8081);
    const call = async (name: string, data: object) => {
      const body = JSON.stringify({ deviceid: '', data });
      return JSON.parse(await curl('-d', body, `${base}/zeroconf/${name}`)) as { readonly error: number };
    };
    expect(await call('info', {})).toMatchObject({ error: 0, data: { otaUnlock: false } });
    expect(await call('ota_unlock', {})).toMatchObject({ error: 0 });
    const flash = {
      downloadUrl: `http://127.0.0.1:${server.port}/t.bin`,
      sha256sum: createHash('sha256').update(image).digest('hex'),
    };
    expect(await call('ota_flash', flash)).toMatchObject({ error: 0 });
    await plug.when(() => plug.radio.accessPoint?.ssid.startsWith('tasmota') === true);
  });
});
