import { afterEach, describe, expect, it } from 'vitest';
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

const FW = '20230109-114426/v1.12.2-gdeadbee';
const basic = (text: string) => ({ Authorization: `Basic ${Buffer.from(text).toString('base64')}` });

describe('the API of stock firmware', () => {
  it('answers as the examples of the reference', async () => {
    const bench = await laid();
    expect((await bench.ask('/shelly')).text).toBe(
      `{"type":"SHPLG-S","mac":"${bench.mac}","auth":false,"fw":"${FW}","num_outputs":1,"num_meters":1}`,
    );
    expect((await bench.ask('/ota')).text).toBe(
      `{"status":"idle","has_update":false,"new_version":"","old_version":"${FW}"}`,
    );
    expect((await bench.ask('/ota?url=http://127.0.0.1:1/a.zip')).text).toBe(
      `{"status":"updating","has_update":false,"new_version":"","old_version":"${FW}"}`,
    );
    expect((await bench.ask('/ota/check')).text).toBe('{"status":"ok"}');
    await bench.saw(/^update failed: connect ECONNREFUSED/);
    expect(await bench.json('/ota')).toMatchObject({ status: 'idle' });
  });

  it('takes GET and POST alike, parameters in the query or the body', async () => {
    const bench = await laid();
    const form = { 'Content-Type': 'application/x-www-form-urlencoded' };
    expect(await bench.json('/relay/0?turn=on')).toMatchObject({ ison: true });
    const off = await bench.json('/relay/0', { method: 'POST', headers: form, body: 'turn=off' });
    expect(off).toMatchObject({ ison: false });
    expect(await bench.json('/settings?name=kitchen')).toMatchObject({ name: 'kitchen' });
    expect(await bench.json('/settings', { method: 'POST' })).toMatchObject({
      name: 'kitchen',
      fw: FW,
      device: { type: 'SHPLG-S', mac: bench.mac, hostname: `shellyplug-s-${bench.mac.slice(6)}` },
      wifi_sta: { enabled: true, ssid: 'practice-net-1' },
    });
  });

  it('says of itself what a check before an update asks for', async () => {
    const bench = await laid();
    const status = await bench.json('/status');
    expect(status).toMatchObject({
      wifi_sta: { connected: true, ip: '10.77.0.11', rssi: -52 },
      mac: bench.mac,
      update: { status: 'idle', old_version: FW },
    });
    expect(status.uptime).toBeGreaterThanOrEqual(3600);
    const fresh = await laid({ faults: ['just-plugged-in', 'weak-signal'] });
    const early = await fresh.json('/status');
    expect(early.uptime).toBeLessThan(25);
    expect(early.wifi_sta).toMatchObject({ rssi: -88 });
  });

  it('has errors as plain text', async () => {
    const bench = await laid();
    for (const [path, status] of [
      ['/nothing', 404],
      ['/relay/7', 404],
      ['/relay/0?turn=up', 400],
      ['/wifiscan', 400],
      ['/ota?url=nonsense', 400],
    ] as const) {
      const answer = await bench.ask(path);
      expect([path, answer.status, answer.headers['content-type']]).toEqual([path, status, 'text/plain']);
    }
  });

  it('wants a login on every path but /shelly once that is set', async () => {
    const bench = await laid({ state: 'login' });
    expect(await bench.json('/shelly')).toMatchObject({ auth: true });
    for (const path of ['/status', '/ota', '/nothing']) expect((await bench.ask(path)).status).toBe(401);
    expect((await bench.ask('/status', { headers: basic('admin:wrong') })).status).toBe(401);
    const in_ = { headers: basic('admin:practice-word') };
    expect((await bench.ask('/status', in_)).status).toBe(200);
    expect(await bench.json('/settings/login?enabled=0', in_)).toMatchObject({ enabled: false });
    expect((await bench.ask('/status')).status).toBe(200);
    const shut = await laid({ faults: ['auth-401'] });
    expect(await shut.json('/shelly')).toMatchObject({ auth: true });
    expect((await shut.ask('/ota', in_)).status).toBe(401);
  });

  it('announces itself', async () => {
    const bench = await laid();
    const id = `shellyplug-s-${bench.mac.slice(6)}`;
    const found: unknown[] = [];
    (await bench.side.browse(['_http._tcp'], (service) => found.push(service)))();
    expect(found).toEqual([
      {
        type: '_http._tcp',
        name: id,
        hostName: `${id}.local`,
        at: { host: '10.77.0.11', port: 80 },
        txt: { id, arch: 'esp8266', fw_version: '1.0', fw_id: FW },
      },
    ]);
  });

  it('restarts, keeps what was set, and has an uptime of its own again', async () => {
    const bench = await laid();
    await bench.ask('/settings?name=kitchen');
    expect((await bench.ask('/reboot')).text).toBe('{"ok":true}');
    await bench.saw(/^starts shelly-stock \(restart\)/);
    await bench.online();
    expect(await bench.json('/settings')).toMatchObject({ name: 'kitchen' });
    expect((await bench.json('/status')).uptime).toBeLessThan(60);
  });

  it('is set up over its own access point, and is there again after a factory reset', async () => {
    const bench = await laid({ state: 'new' });
    const station = (await bench.side.wifi())!;
    const signal = new AbortController().signal;
    const [point] = await station.scan(signal);
    expect(point).toMatchObject({ ssid: `shellyplug-s-${bench.mac.slice(6)}`, open: true });
    await station.join(point!.ssid, { signal });
    expect((await bench.ask('/wifiscan')).status).toBe(200);
    const set = await bench.json('/settings/sta?enabled=1&ssid=workshop&key=secret-word');
    expect(set).toMatchObject({ enabled: true, ssid: 'workshop' });
    await bench.until(() => bench.unit.at?.host === '10.77.0.11');
    expect(await bench.json('/status')).toMatchObject({ wifi_sta: { connected: true, ssid: 'workshop' } });
    expect(await station.scan(signal)).toEqual([]);
    await bench.ask('/settings?reset=1');
    await bench.until(() => bench.unit.at?.host === '192.168.33.1');
  });

  it('opens its access point when it does not get onto its Wi-Fi', async () => {
    const bench = await laid({ faults: ['ap-fallback-once'] });
    expect(bench.unit.at).toEqual({ host: '192.168.33.1', port: 80 });
    bench.unit.perform('power-cycle');
    await bench.until(() => bench.unit.at?.host === '10.77.0.11');
  });

  it('is one of its relatives by its state', async () => {
    expect(await (await laid({ state: 'shelly25' })).json('/shelly')).toMatchObject({
      type: 'SHSW-25',
      num_outputs: 2,
    });
    expect(await (await laid({ state: 'old' })).json('/shelly')).toMatchObject({
      fw: '20180411-111900/v1.3.0-g0000000',
    });
    const gen2 = await laid({ state: 'gen2' });
    expect(await gen2.json('/shelly')).toMatchObject({
      id: `shellyplusplugs-${gen2.mac.toLowerCase()}`,
      model: 'SNPL-00112EU',
      gen: 2,
      app: 'PlusPlugS',
      auth_en: false,
    });
    expect((await gen2.ask('/ota?url=http://127.0.0.1:1/a.zip')).status).toBe(404);
    const frame = await gen2.json('/rpc', { method: 'POST', body: '{"id":1,"method":"Shelly.GetStatus"}' });
    expect(frame).toMatchObject({ id: 1, result: { wifi: { rssi: -52 } } });
  });
});
