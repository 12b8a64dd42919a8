import { describe, expect, it } from 'vitest';
import { compareVersions, ShellyGen1, stockVersion } from '../../../src/protocols/shelly/index.ts';
import { hostAt, json, ScriptedLan, type Script } from '../../harness/scripted-lan.ts';

const { signal } = new AbortController();
const unit = (script: Script) => {
  const network = new ScriptedLan();
  network.hosts.set('10.1.0.9', script);
  const login = { user: 'admin', password: 'pw' };
  return { network, client: new ShellyGen1({ network, at: hostAt('10.1.0.9'), signal, login }) };
};

describe('a Shelly of the first generation', () => {
  it('answers as its makers published it', async () => {
    const { client, network } = unit(({ path }) =>
      path.startsWith('/ota')
        ? json({
            status: path === '/ota' ? 'idle' : 'updating',
            has_update: false,
            new_version: '',
            old_version: '20230109-114426/v1.12.2-gdeadbee',
          })
        : json({ wifi_sta: { connected: true, ssid: 'bench', rssi: -61 }, uptime: 26, mac: 'A1B2C3D4E5F6' }),
    );
    expect((await client.ota()).status).toBe('idle');
    expect((await client.startOta('http://10.1.0.2:8080/a.zip')).status).toBe('updating');
    expect(await client.status()).toMatchObject({ uptime: 26, wifi_sta: { rssi: -61 } });
    expect(network.requests[1]).toMatchObject({
      path: '/ota?url=http://10.1.0.2:8080/a.zip',
      login: { user: 'admin', password: 'pw' },
    });
  });

  it('a URL that could be read as more than a URL is encoded', async () => {
    const { client, network } = unit(() => json({ status: 'updating' }));
    await client.startOta('http://10.1.0.2/a&b=c d.zip');
    expect(network.requests[0]?.path).toBe('/ota?url=http%3A%2F%2F10.1.0.2%2Fa%26b%3Dc%20d.zip');
  });

  it.each([
    ['a password is wanted', { status: 401, body: '401 Unauthorized' }, 'PLUG_LOCKED'],
    ['text instead of JSON', 'Bad timer \u001b[31mred', 'PLUG_BAD_ANSWER'],
    ['a status that is none', json({ status: 7 }), 'PLUG_BAD_ANSWER'],
    ['refused', { status: 400, body: 'Bad url!' }, 'PLUG_BAD_ANSWER'],
  ] as const)('%s', async (_what, answer, code) => {
    const { client } = unit(() => answer);
    const error = await client.ota().then(
      () => undefined,
      (thrown: unknown) => thrown as Error,
    );
    expect(error).toMatchObject({ code });
    expect(error?.message).not.toContain('\u001b');
  });
});

it.each([
  ['20230109-114426/v1.12.2-gdeadbee', '1.12.2'],
  ['20211109-130223/v1.11.7-g682a0db', '1.11.7'],
  ['20161223-111304/master@2f7fb519', undefined],
  ['0.0.0', '0.0.0'],
  ['', undefined],
])('%s is version %s', (firmwareId, version) => {
  expect(stockVersion(firmwareId)?.text).toBe(version);
});

it('versions are compared by number', () => {
  expect(compareVersions([1, 12, 2], [1, 9, 30])).toBeGreaterThan(0);
  expect(compareVersions([0, 0, 0], [1, 0, 0])).toBeLessThan(0);
  expect(compareVersions([1, 2, 3], [1, 2, 3])).toBe(0);
});
