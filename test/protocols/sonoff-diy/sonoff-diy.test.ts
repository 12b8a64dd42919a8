import { describe, expect, it } from 'vitest';
import { isBenchError } from '../../../src/core/errors.ts';
import {
  decodeReply,
  decodeResult,
  encodeCall,
  readAnnouncement,
} from '../../../src/protocols/sonoff-diy/codec.ts';
import { callError } from '../../../src/protocols/sonoff-diy/errors.ts';
import { postedError, SonoffDiy } from '../../../src/protocols/sonoff-diy/index.ts';
import { ManualClock } from '../../harness/manual-clock.ts';
import { hostAt, json, ScriptedLan, type Script } from '../../harness/scripted-lan.ts';

const INFO = {
  switch: 'off',
  startup: 'off',
  pulse: 'off',
  pulseWidth: 500,
  ssid: 'bench',
  bssid: 'AA:BB:CC:00:11:22',
  otaUnlock: false,
  fwVersion: '3.6.0',
  deviceid: '1000abcdef',
  signalStrength: -58,
};

const { signal } = new AbortController();
function unit(script: Script) {
  const clock = new ManualClock();
  const network = new ScriptedLan();
  const times: number[] = [];
  network.hosts.set('10.1.0.9:8081', (request) => {
    times.push(clock.monotonicMs());
    return script(request);
  });
  const client = new SonoffDiy({ network, at: hostAt('10.1.0.9', 8081), signal, clock });
  return { client, network, clock, times };
}

describe('replies of the DIY protocol', () => {
  it('are read in both forms: data as an object (2.0) and as a text of JSON (1.4)', () => {
    const data = { signalStrength: -67 };
    const asObject = decodeReply(JSON.stringify({ seq: 2, error: 0, data }));
    const asText = decodeReply(JSON.stringify({ seq: 2, error: 0, data: JSON.stringify(data) }));
    expect(asObject).toEqual({ error: 0, data });
    expect(asText).toEqual(asObject);
  });

  it.each(['', 'null', '[]', '{"seq":1}', '{"error":"0"}', '<html>'])('%j is none', (text) => {
    expect(() => decodeReply(text)).toThrow('no reply');
  });

  it.each(['null', '"no JSON"', '[1]', '7'])('data %s counts as none', (data) => {
    expect(decodeReply(`{"error":0,"data":${data}}`)).toEqual({ error: 0, data: {} });
  });

  it('a call names no device', () => {
    expect(encodeCall({ switch: 'on' })).toBe('{"deviceid":"","data":{"switch":"on"}}');
  });

  it('a posted result is its error', () => {
    expect(decodeResult('{"error":0}')).toBe(0);
    expect(decodeResult('{"error":409}')).toBe(409);
    expect(decodeResult('error=0')).toBeUndefined();
  });
});

describe('an announcement', () => {
  it('is joined out of its pieces', () => {
    const text = JSON.stringify({ ...INFO, pad: 'x'.repeat(200) });
    const announced = readAnnouncement({
      txtvers: '1',
      id: '1000abcdef',
      type: 'diy_plug',
      apivers: '1',
      seq: '7',
      data1: text.slice(0, 249),
      data2: text.slice(249),
    });
    expect(announced).toMatchObject({
      deviceId: '1000abcdef',
      isDiy: true,
      info: { firmware: '3.6.0', signalDbm: -58, bssid: 'aa:bb:cc:00:11:22' },
    });
  });

  it('of a unit on its cloud is none of DIY mode; what does not parse is left out', () => {
    const announced = readAnnouncement({
      id: '10\u001b[2J00',
      type: 'plug',
      encrypt: 'true',
      data1: 'iGc9…',
    });
    expect(announced).toEqual({ deviceId: '1000', type: 'plug', isDiy: false, info: {} });
  });
});

describe('a unit in DIY mode', () => {
  it('says what it is, and nothing of it can harm a screen', async () => {
    const { client, network } = unit(() =>
      json({ seq: 1, error: 0, data: { ...INFO, fwVersion: '3.6.0\u001b[31m' } }),
    );
    expect(await client.info()).toEqual({
      deviceId: '1000abcdef',
      firmware: '3.6.0',
      ssid: 'bench',
      bssid: 'aa:bb:cc:00:11:22',
      signalDbm: -58,
      otaUnlock: false,
    });
    expect(network.requests[0]).toMatchObject({
      method: 'POST',
      path: '/zeroconf/info',
      body: '{"deviceid":"","data":{}}',
    });
  });

  it('is asked with more than 200 ms in between, whoever asks', async () => {
    const { client, clock, times } = unit(() => json({ error: 0, data: INFO }));
    await clock.run(Promise.all([client.info(), client.signalDbm(), client.info()]));
    expect(times).toEqual([0, 250, 500]);
  });

  it('is asked again after a call that failed', async () => {
    let calls = 0;
    const { client, clock, times } = unit(() => (calls++ === 0 ? undefined : json({ error: 0, data: INFO })));
    await expect(client.info()).rejects.toMatchObject({ code: 'PLUG_NOT_FOUND' });
    await clock.run(client.info());
    expect(times).toEqual([0, 250]);
  });

  it('gets the hash in small letters', async () => {
    const { client, network } = unit(() => json({ error: 0 }));
    await client.flash(
      { url: 'http://10.1.0.2:8080/f/t.bin', sha256: 'AB'.repeat(32) },
      { limitMs: 1, signal },
    );
    expect(network.requests[0]?.body).toBe(
      `{"deviceid":"","data":{"downloadUrl":"http://10.1.0.2:8080/f/t.bin","sha256sum":"${'ab'.repeat(32)}"}}`,
    );
  });

  it('that answers something else is not one', async () => {
    const { client } = unit(() => ({ status: 404, body: 'Not found' }));
    await expect(client.info()).rejects.toMatchObject({ code: 'PLUG_BAD_ANSWER' });
  });

  it.each([
    ['info', 400, 'SONOFF_REFUSED'],
    ['info', 401, 'SONOFF_NOT_DIY'],
    ['info', 404, 'SONOFF_REFUSED'],
    ['info', 422, 'SONOFF_REFUSED'],
    ['ota_unlock', 500, 'SONOFF_UNLOCK_REFUSED'],
    ['ota_unlock', 503, 'SONOFF_UNLOCK_OFFLINE'],
    ['ota_flash', 403, 'SONOFF_STILL_LOCKED'],
    ['ota_flash', 408, 'SONOFF_DOWNLOAD_SLOW'],
    ['ota_flash', 413, 'SONOFF_TOO_LARGE'],
    ['ota_flash', 424, 'SONOFF_SERVER_UNREACHED'],
    ['ota_flash', 471, 'SONOFF_HASH_WRONG'],
    ['ota_flash', 999, 'SONOFF_REFUSED'],
  ] as const)('%s answered with %i is %s, with its own advice', (call, error, code) => {
    const made = callError(call, error);
    expect(made).toMatchObject({ code, detail: { error } });
    expect(made.message).toContain(String(error));
  });

  it.each([
    [404, 'SONOFF_DOWNLOAD_FAILED'],
    [406, 'SONOFF_DOWNLOAD_FAILED'],
    [409, 'SONOFF_HASH_WRONG'],
    [410, 'SONOFF_DOWNLOAD_FAILED'],
    [5, 'SONOFF_DOWNLOAD_FAILED'],
  ] as const)('a posted %i is %s', (error, code) => {
    expect(isBenchError(postedError(error), code)).toBe(true);
  });
});
