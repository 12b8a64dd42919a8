import { describe, expect, it } from 'vitest';
import { accessPointMac } from '../../src/protocols/plugs/index.ts';
import type { WifiSettings } from '../../src/protocols/tasmota/index.ts';
import {
  decodeSettings,
  encodeSettings,
  lookOnNetwork,
  newFirmwareOf,
  proveOnNetwork,
  wifiOf,
} from '../../flows/network-plug/index.ts';
import { ManualClock } from '../harness/manual-clock.ts';
import { hostAt, json, ScriptedLan, ScriptedStation, type Script } from '../harness/scripted-lan.ts';
import { scriptedRun } from '../harness/scripted-run.ts';

const MAC = '24:6f:28:d4:e5:f6';
const OTHER = '24:6f:28:00:00:07';
const WIFI: WifiSettings = { ssid: 'workshop', password: 'korrekt-horse' };
const TASMOTA = newFirmwareOf({ name: 'Tasmota', version: '9.2.0', variant: 'lite' })!;
const HAA = newFirmwareOf({ name: 'HAA installer', version: '12.18.0' })!;

const tasmota =
  (mac: string, version = '9.2.0(lite)'): Script =>
  ({ path }) =>
    path.startsWith('/cm')
      ? {
          ...json({ StatusFWR: { Version: version }, StatusNET: { Mac: mac.toUpperCase() } }),
          headers: { server: 'Tasmota/9.2.0 (ESP8285)' },
        }
      : { status: 404, headers: { server: 'Tasmota/9.2.0 (ESP8285)' } };

const stock: Script = ({ path }) =>
  path === '/shelly' ? json({ type: 'SHPLG-S', mac: MAC, auth: false, fw: 'x/v1.12.2-g1' }) : { status: 404 };

const ap = (ssid: string, bssid = accessPointMac(MAC)) => ({ ssid, bssid, signalPercent: 70, open: true });

/** A bench on which a unit was just flashed; what becomes of it is up to the test. */
function bench({
  wanted = TASMOTA,
  wifi,
  air,
  act,
}: {
  wanted?: typeof TASMOTA;
  wifi?: WifiSettings;
  air?: ReturnType<typeof ap>[];
  act?: (title: string) => void;
} = {}) {
  const clock = new ManualClock();
  const lan = new ScriptedLan();
  if (air !== undefined) {
    lan.station = new ScriptedStation();
    lan.station.heard.push(...air);
  }
  const run = scriptedRun({ plan: undefined, clock, ...(act && { act }) });
  const options = {
    unit: { mac: MAC, at: hostAt('10.1.0.9') },
    wanted,
    limitMs: 180_000,
    signal: run.brokenOff,
    ranBefore: ({ firmware }: { firmware: string }) => firmware === 'shelly-gen1',
    next: 'esp8266-plug-wire',
  };
  return {
    clock,
    lan,
    run,
    prove: () => clock.run(proveOnNetwork(run, lan, { ...options, wifi })),
    lookAgain: () => clock.run(lookOnNetwork(run, lan, options)),
  };
}

describe('a unit that holds its new firmware', () => {
  it('answers where it was', async () => {
    const { lan, prove, run } = bench();
    lan.hosts.set('10.1.0.9', tasmota(MAC));
    expect(await prove()).toMatchObject({
      outcome: 'PASS',
      proof: ['answered'],
      evidence: `${MAC} answers at 10.1.0.9: Tasmota 9.2.0 (lite)`,
    });
    expect(run.identities.at(-1)).toEqual({ mac: MAC, firmware: 'Tasmota 9.2.0 (lite)' });
  });

  it('has another address now, and another unit has its old one', async () => {
    const { lan, prove } = bench();
    lan.hosts.set('10.1.0.9', tasmota(OTHER));
    lan.hosts.set('10.1.0.40', tasmota(OTHER));
    lan.hosts.set('10.1.0.41', tasmota(MAC));
    lan.arp.set('10.1.0.40', OTHER).set('10.1.0.41', MAC);
    expect(await prove()).toMatchObject({ outcome: 'PASS', evidence: expect.stringContaining('10.1.0.41') });
    expect(lan.sweeps).toBe(1);
    expect(lan.requests.some(({ to }) => to.host === '10.1.0.40')).toBe(false);
  });

  it('announces itself at another address', async () => {
    const { lan, prove } = bench();
    lan.hosts.set('10.1.0.55', tasmota(MAC));
    lan.announced.push({
      type: '_http._tcp',
      name: 'tasmota-D4E5F6-1526',
      hostName: 'tasmota.local',
      at: hostAt('10.1.0.55'),
      txt: {},
    });
    expect(await prove()).toMatchObject({ outcome: 'PASS' });
    expect(lan.sweeps).toBe(0);
  });

  it('is given its Wi-Fi at its access point and comes onto the network', async () => {
    const { lan, prove, run } = bench({
      wifi: WIFI,
      air: [ap('neighbour', OTHER), ap('tasmota_D4E5F6-1526')],
    });
    lan.hosts.set('192.168.4.1', (request) => {
      if (decodeURIComponent(request.path).includes('SSID1 workshop'))
        lan.hosts.set('10.1.0.77', tasmota(MAC));
      return tasmota(MAC)(request);
    });
    expect(await prove()).toMatchObject({
      outcome: 'PASS',
      proof: ['heard', 'answered'],
      evidence: expect.stringContaining('10.1.0.77'),
    });
    expect(lan.station!.log).toEqual(['join tasmota_D4E5F6-1526', 'leave tasmota_D4E5F6-1526']);
    expect(run.pilotReasons).toEqual(['its access point tasmota_D4E5F6-1526 is heard']);
    expect([...run.said, ...run.warned, ...run.labels].join()).not.toContain(WIFI.password);
  });

  it('waits at its access point where the job has no Wi-Fi for it', async () => {
    const { lan, prove } = bench({ air: [ap('tasmota_D4E5F6-1526')] });
    expect(await prove()).toMatchObject({
      outcome: 'UNSURE',
      code: 'AT_ACCESS_POINT',
      message: expect.stringContaining('tasmota_D4E5F6-1526'),
    });
    expect(lan.station!.log).toEqual([]);
  });

  it('an access point that only has its name proves nothing', async () => {
    const { lan, prove } = bench({ wifi: WIFI, air: [ap('tasmota_D4E5F6-1526', 'aa:bb:cc:00:00:01')] });
    lan.hosts.set('192.168.4.1', tasmota(OTHER));
    expect(await prove()).toMatchObject({
      outcome: 'UNSURE',
      code: 'AT_ACCESS_POINT',
      evidence: expect.stringContaining('only its name fits'),
    });
    expect(lan.asked.some((asked) => asked.includes('SSID1'))).toBe(false);
    expect(lan.station!.joined).toBeUndefined();
  });

  it('the access point of the old firmware is not taken for that of the new one', async () => {
    const { prove } = bench({ wifi: WIFI, air: [ap('shellyplug-s-D4E5F6')] });
    expect(await prove()).toMatchObject({
      code: 'NEW_FIRMWARE_SILENT',
      message: expect.stringContaining('shellyplug-s-D4E5F6'),
    });
  });

  it('takes the Wi-Fi and does not come: the password may be wrong', async () => {
    const { lan, prove } = bench({ wifi: WIFI, air: [ap('tasmota_D4E5F6-1526')] });
    lan.hosts.set('192.168.4.1', tasmota(MAC));
    expect(await prove()).toMatchObject({ outcome: 'UNSURE', code: 'WIFI_NOT_TAKEN' });
  });

  it('HAA is at home at its access point: its set-up page there is the proof', async () => {
    const { lan, prove } = bench({ wanted: HAA, air: [ap('HAA-D4E5F6')] });
    lan.hosts.set('192.168.4.1:4567', ({ path }) =>
      path === '/' ? { status: 301, headers: { location: '/sn' } } : { status: 404 },
    );
    expect(await prove()).toMatchObject({
      outcome: 'PASS',
      proof: ['heard', 'answered'],
      notDone: [expect.stringContaining('no Wi-Fi')],
    });
  });

  it('nothing is heard of it: UNSURE, with the way by wire', async () => {
    const { prove } = bench({ air: [] });
    expect(await prove()).toMatchObject({
      outcome: 'UNSURE',
      code: 'NEW_FIRMWARE_SILENT',
      next: 'esp8266-plug-wire',
    });
  });

  it.each([
    ['the old firmware', stock, 'OLD_FIRMWARE_STAYED'],
    ['another version', tasmota(MAC, '8.5.1(lite)'), 'OTHER_FIRMWARE_ANSWERS'],
    ['another build', tasmota(MAC, '9.2.0(minimal)'), 'OTHER_FIRMWARE_ANSWERS'],
  ])('answers with %s to the end', async (_what, script, code) => {
    const { lan, prove } = bench({ air: [] });
    lan.hosts.set('10.1.0.9', script);
    expect(await prove()).toMatchObject({ outcome: 'FAIL', code });
  });

  it('a person gives it its Wi-Fi by phone, and its answer ends the wait', async () => {
    const asked: string[] = [];
    const { lan, prove } = bench({
      act: (title) => {
        asked.push(title);
        lan.hosts.set('10.1.0.9', tasmota(MAC));
      },
    });
    expect(await prove()).toMatchObject({ outcome: 'PASS' });
    expect(asked).toEqual(['Join the Wi-Fi tasmota_D4E5F6… with a phone and give the unit its network']);
  });

  it('nobody is there with a phone: it stays open', async () => {
    expect(await bench().prove()).toMatchObject({
      outcome: 'UNSURE',
      code: 'NEW_FIRMWARE_SILENT',
      advice: expect.stringContaining('tasmota_'),
    });
  });

  it('a cancel while a person is waited for ends the wait, not the truth', async () => {
    const { prove, run } = bench({ act: () => run.cancel() });
    expect(await prove()).toMatchObject({ outcome: 'UNSURE', code: 'NEW_FIRMWARE_SILENT' });
  });

  it('looking again joins nothing and gives nothing', async () => {
    const { lan, lookAgain } = bench({ wifi: WIFI, air: [ap('tasmota_D4E5F6-1526')] });
    lan.hosts.set('192.168.4.1', tasmota(MAC));
    expect(await lookAgain()).toMatchObject({ code: 'AT_ACCESS_POINT' });
    expect(lan.station!.log).toEqual([]);
    lan.hosts.set('10.1.0.9', tasmota(MAC));
    expect(await lookAgain()).toMatchObject({ outcome: 'PASS' });
  });
});

it('many units share one sweep and one scan', async () => {
  const clock = new ManualClock();
  const lan = new ScriptedLan();
  lan.station = new ScriptedStation();
  let scans = 0;
  lan.station.scan = async () => {
    scans += 1;
    await clock.sleep(4_000);
    return [];
  };
  let sweeps = 0;
  lan.sweep = async () => {
    sweeps += 1;
    await clock.sleep(13_000);
  };
  const run = scriptedRun({ plan: undefined, clock });
  const proofs = Array.from({ length: 8 }, (_, unit) =>
    proveOnNetwork(run, lan, {
      unit: { mac: `24:6f:28:00:00:0${unit}`, at: hostAt('10.1.0.9') },
      wanted: TASMOTA,
      wifi: undefined,
      limitMs: 60_000,
      signal: run.brokenOff,
      ranBefore: () => false,
    }),
  );
  const verdicts = await clock.run(Promise.all(proofs));
  expect(verdicts.every(({ code }) => code === 'NEW_FIRMWARE_SILENT')).toBe(true);
  expect(sweeps).toBeLessThanOrEqual(2);
  expect(scans).toBeLessThanOrEqual(6);
});

it('Wi-Fi settings are checked before any unit is touched', () => {
  expect(wifiOf({})).toBeUndefined();
  expect(wifiOf({ 'wifi-password': 'in-the-environment' })).toBeUndefined();
  expect(wifiOf({ 'wifi-ssid': 'workshop' })).toEqual({ ssid: 'workshop', password: '' });
  expect(() => wifiOf({ 'wifi-ssid': 'a', 'wifi-password': 'short' })).toThrow(
    expect.objectContaining({ code: 'USAGE' }),
  );
});

it('settings are kept as they were answered; another file is not taken for them', () => {
  const backup = {
    mac: MAC,
    firmware: 'Shelly stock firmware 1.12.2 on a SHPLG-S',
    ran: 'shelly-gen1',
    answers: { '/settings': { name: 'Lamp' } },
  };
  expect(decodeSettings(encodeSettings(backup), 'a.json')).toEqual(backup);
  expect(() => decodeSettings(new TextEncoder().encode('{"secret":1}'), 'a.json')).toThrow(
    expect.objectContaining({
      code: 'FIRMWARE_REFUSED',
      message: expect.not.stringContaining('secret') as string,
    }),
  );
});
