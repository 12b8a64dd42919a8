import { connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { HAA_FAULTS } from '../../../../src/virtual/plug/haa/faults.ts';
import { haaFirmware } from '../../../../src/virtual/plug/haa/firmware.ts';
import { practiceFullHaaboot, practiceOldFullHaaboot } from '../../../../src/virtual/plug/haa/images.ts';
import { KEY, Settings, settingsArea } from '../../../../src/virtual/plug/haa/settings.ts';
import { ManualClock } from '../../../harness/manual-clock.ts';
import { FirmwareBench } from '../harness/firmware-bench.ts';
import { ask } from '../harness/http.ts';

const open: FirmwareBench[] = [];
afterEach(() => open.splice(0).forEach((each) => each.close()));

const unit = (
  flash: Uint8Array = practiceFullHaaboot(),
  options: Partial<ConstructorParameters<typeof FirmwareBench>[0]> = {},
): FirmwareBench => {
  const bench = new FirmwareBench({ firmware: haaFirmware, flash, faultTable: HAA_FAULTS, ...options });
  open.push(bench);
  return bench.powerUp();
};

/** Everything that comes back for these bytes, the sending side closed behind them. */
const raw = (port: number, text: string): Promise<string> =>
  new Promise((resolve, reject) => {
    let heard = '';
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true }, () => socket.end(text));
    socket.on('data', (piece: Buffer) => (heard += piece.toString()));
    socket.on('end', () => resolve(heard));
    socket.on('error', reject);
  });

const post = (body: string, path = '/sn'): string =>
  `POST ${path} HTTP/1.1\r\nHost: 192.168.4.1:4567\r\nContent-Length: ${body.length}\r\n\r\n${body}`;

function withSettings(values: Parameters<typeof settingsArea>[0]): Uint8Array {
  const flash = new Uint8Array(1_048_576).fill(0xff);
  flash.set(practiceFullHaaboot());
  flash.set(settingsArea(values), 0xf_3000);
  return flash;
}

describe('portal of the installer', () => {
  it('answers byte for byte like the firmware: no reason texts, a chunked page', async () => {
    const bench = unit();
    const port = await bench.portOf(4567);
    expect(await raw(port, 'GET /favicon.ico HTTP/1.1\r\nHost: x\r\n\r\n')).toBe(
      'HTTP/1.1 301 \r\nLocation: /sn\r\nContent-Length: 0\r\nConnection: close\r\n\r\n',
    );
    const page = await raw(port, 'GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    expect(page.split('\r\n\r\n')[0]).toBe(
      'HTTP/1.1 200 \r\nContent-Type: text/html; charset=utf-8\r\nCache-Control: no-store\r\n' +
        'Transfer-Encoding: chunked\r\nConnection: close',
    );
    expect(page).toContain('<form action="/sn" method="post">');
    expect(page).toContain('Installer v7.14.0 esp8266');
    for (const name of ['cnf', 'sid', 'psw', 'bid', 'wm', 'ser', 'prt', 'ssl', 'rsy', 'now', 'fm'])
      expect(page).toContain(`name="${name}"`);
  });

  it('stores what is posted, answers OK and restarts', async () => {
    const bench = unit();
    const body = new URLSearchParams({
      cnf: '{"a":[{"t":1}]}',
      sid: 'Wörkshop & 1',
      psw: 'short',
      bid: '0a1b2c3d4e5f',
      wm: '2',
      ser: '10.77.0.1/haa',
      prt: '8080',
      fm: '-1',
    }).toString();
    expect(await raw(await bench.portOf(4567), post(body))).toBe(
      'HTTP/1.1 200\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n<center>OK</center>',
    );
    await bench.when(() => bench.starts >= 2);
    const settings = new Settings(bench);
    expect(settings.text(KEY.script)).toBe('{"a":[{"t":1}]}');
    expect(settings.text(KEY.ssid)).toBe('Wörkshop & 1');
    // Under eight characters it is no password.
    expect(settings.text(KEY.password)).toBeUndefined();
    expect(settings.text(KEY.server)).toBe('10.77.0.1/haa');
    expect([settings.number(KEY.port), settings.number(KEY.ssl), settings.number(KEY.wifiMode)]).toEqual([
      8080, 0, 2,
    ]);
  });

  it('keeps Wi-Fi where the name is empty, and forgets it where asked', async () => {
    const flash = withSettings({ [KEY.ssid]: 'workshop', [KEY.password]: 'password1', [KEY.setupMode]: 1 });
    const kept = unit(flash);
    await raw(await kept.portOf(4567), post('cnf=%7B%7D&sid=&psw='));
    await kept.when(() => kept.starts >= 2);
    expect(new Settings(kept).text(KEY.password)).toBe('password1');
    const forgotten = unit(flash);
    await raw(await forgotten.portOf(4567), post('now=y'));
    await forgotten.when(() => forgotten.starts >= 2);
    expect(new Settings(forgotten).text(KEY.ssid)).toBeUndefined();
  });

  it('another flash mode than DOUT kills a unit that has none', async () => {
    const bench = unit();
    await raw(await bench.portOf(4567), post('fm=0'));
    await bench.when(() => bench.logged.includes('nothing in flash starts'));
    expect(bench.runs).toBe(false);
  });

  it('of the generation of 2021 has its form at /settings, with long names', async () => {
    const bench = unit(practiceOldFullHaaboot());
    const port = await bench.portOf(4567);
    const lost = await raw(port, 'GET /sn HTTP/1.1\r\nHost: x\r\n\r\n');
    expect(lost).toContain('HTTP/1.1 302 \r\nLocation: http://192.168.4.1:4567/settings\r\n');
    const page = await ask(port, '/settings');
    for (const name of ['conf', 'ssid', 'password', 'reposerver', 'repoport', 'repossl'])
      expect(page.text).toContain(`name="${name}"`);
    await raw(
      port,
      post('conf=%7B%7D&ssid=workshop&password=password1&otarepo=10.77.0.1%2Fhaa', '/settings'),
    );
    await bench.when(() => bench.starts >= 2);
    const settings = new Settings(bench);
    expect([settings.text(KEY.script), settings.text(KEY.ssid), settings.text(KEY.server)]).toEqual([
      '{}',
      'workshop',
      '10.77.0.1/haa',
    ]);
  });
});

describe('how long the portal stays', () => {
  it('after a failure 90 s, then it tries again; on a new unit until it is saved', async () => {
    const clock = new ManualClock();
    const failed = unit(withSettings({ [KEY.ssid]: 'workshop', [KEY.setupMode]: 1 }), { clock });
    const fresh = unit(undefined, { clock });
    await clock.advance(89_000);
    expect(failed.starts).toBe(1);
    await clock.advance(2_000);
    expect(failed.joins.length).toBeGreaterThan(1);
    await clock.advance(900_000);
    expect(fresh.starts).toBe(1);
  });
});
