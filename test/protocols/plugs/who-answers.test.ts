import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { whoAnswers } from '../../../src/protocols/plugs/index.ts';
import { hostAt, json, ScriptedLan, type Script } from '../../harness/scripted-lan.ts';

const AT = hostAt('10.1.0.41');
const { signal } = new AbortController();

/** What is made of a host that answers like this. */
async function who(script: Script, { port = 80, arp }: { port?: number; arp?: string } = {}) {
  const network = new ScriptedLan();
  network.hosts.set(`${AT.host}:${port}`, script);
  if (arp !== undefined) network.arp.set(AT.host, arp);
  const login = { user: 'admin', password: 'do not send me' };
  const answer = await whoAnswers(network, hostAt(AT.host, port), { signal, login });
  return { answer, network };
}

const pages =
  (table: Record<string, ReturnType<Script>>): Script =>
  ({ path }) =>
    table[path] ?? { status: 404, body: 'Not Found' };

const SHELLY = {
  type: 'SHPLG-S',
  mac: 'A1B2C3D4E5F6',
  auth: false,
  fw: '20230109-114426/v1.12.2-gdeadbee',
  num_outputs: 1,
  num_meters: 1,
};

describe('who answers', () => {
  it('a Shelly of the first generation, by its published answer', async () => {
    const { answer } = await who(pages({ '/shelly': json(SHELLY) }));
    expect(answer).toEqual({
      firmware: 'shelly-gen1',
      title: 'Shelly stock firmware 1.12.2 on a SHPLG-S',
      at: AT,
      mac: 'a1:b2:c3:d4:e5:f6',
      macFrom: 'firmware',
      version: '1.12.2',
      model: 'SHPLG-S',
      locked: false,
    });
  });

  it('a Shelly of the second generation, by its published answer', async () => {
    const gen2 = {
      name: null,
      id: 'shellyplusplugs-a1b2c3d4e5f6',
      mac: 'A1B2C3D4E5F6',
      slot: 0,
      model: 'SNPL-00112EU',
      gen: 2,
      fw_id: '20240425-141453/1.3.0-gxxxx',
      ver: '1.3.0',
      app: 'PlusPlugS',
      auth_en: false,
      auth_domain: null,
    };
    const { answer } = await who(pages({ '/shelly': json(gen2) }));
    expect(answer).toMatchObject({ firmware: 'shelly-gen2', version: '1.3.0', model: 'SNPL-00112EU' });
  });

  it('the intermediate firmware, by its listing and its target URL', async () => {
    const { answer } = await who(
      pages({
        '/': '<html><head><title>Index of /</title></head></html>',
        '/rpc/Sys.GetInfo': json({ app: 'shelly-plug-s', fw_version: '0.4.6', mac: 'A1B2C3D4E5F6' }),
        '/rpc/Config.Get': json({ url: 'https://ota.tasmota.com/tasmota/release/tasmota.bin' }),
      }),
    );
    expect(answer).toMatchObject({
      firmware: 'takeover',
      mac: 'a1:b2:c3:d4:e5:f6',
      model: 'shelly-plug-s',
      version: '0.4.6',
    });
  });

  it('any other server that lists its files is not taken for it', async () => {
    const { answer } = await who(pages({ '/': '<h1>Index of /</h1>' }));
    expect(answer).toMatchObject({ firmware: 'unknown', title: 'a listing of files' });
  });

  it('Tasmota, with version, build and MAC, the Referer sent', async () => {
    const { answer, network } = await who(({ path }) => ({
      status: path.startsWith('/cm') ? 200 : 404,
      headers: { server: 'Tasmota/9.2.0 (ESP8285)' },
      body: JSON.stringify({
        StatusFWR: { Version: '9.2.0(lite)' },
        StatusNET: { Mac: 'A1:B2:C3:D4:E5:F6' },
      }),
    }));
    expect(answer).toMatchObject({
      firmware: 'tasmota',
      title: 'Tasmota 9.2.0 (lite)',
      version: '9.2.0',
      variant: 'lite',
      mac: 'a1:b2:c3:d4:e5:f6',
    });
    expect(network.requests.at(-1)?.headers).toEqual({ Referer: 'http://10.1.0.41/' });
  });

  it('a locked Tasmota, by its header; the MAC is then the ARP table’s', async () => {
    const { answer } = await who(
      ({ path }) => ({
        status: path.startsWith('/cm') ? 401 : 404,
        headers: { server: 'Tasmota/9.2.0 (ESP8285)' },
        body: '{"WARNING":"Need user=<username>&password=<password>"}',
      }),
      { arp: 'a1:b2:c3:d4:e5:f6' },
    );
    expect(answer).toMatchObject({ firmware: 'tasmota', version: '9.2.0', locked: true, macFrom: 'arp' });
  });

  it.each([
    ['haa-portal', 4567, { '/': { status: 301, headers: { location: '/sn' } } }],
    [
      'espurna',
      80,
      { '/': { status: 401, headers: { 'www-authenticate': 'Basic realm="ESPURNA-A1B2C3"' } } },
    ],
    ['esphome', 80, { '/': '<!DOCTYPE html><html><body><esp-app></esp-app></body></html>' }],
    [
      'shelly-homekit',
      80,
      { '/': '<html>', '/rpc/Shelly.GetInfoExt': json({ version: '2.9.2', stock_fw_model: 'SHPLG-S' }) },
    ],
    ['unknown', 80, { '/': '<title>Router \u001b[2J</title>' }],
  ] as const)('%s', async (firmware, port, table) => {
    const { answer } = await who(pages(table), { port });
    expect(answer?.firmware).toBe(firmware);
    expect(answer?.title).not.toContain('\u001b');
  });

  it('nobody: undefined, and a cancel is a cancel', async () => {
    const network = new ScriptedLan();
    expect(await whoAnswers(network, AT, { signal })).toBeUndefined();
    const cancelled = AbortSignal.abort(new Error('stop'));
    await expect(whoAnswers(network, AT, { signal: cancelled })).rejects.toMatchObject({ code: 'ABORTED' });
  });

  it('sends a password to nothing but a Tasmota', async () => {
    for (const table of [
      { '/shelly': json(SHELLY) },
      { '/': '<h1>Index of /</h1>' },
      { '/': '<title>Router</title>' },
    ]) {
      const { network } = await who(pages(table));
      expect(network.requests.every(({ login }) => login === undefined)).toBe(true);
    }
  });

  it('whatever a host answers, it is told in clean text or not at all', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(fc.string(), fc.json(), fc.constant(JSON.stringify(SHELLY))),
        fc.constantFrom(200, 301, 401, 404, 500),
        async (body, status) => {
          const { answer } = await who(() => ({ status, body }));
          // eslint-disable-next-line no-control-regex -- that there are none is what is tested
          expect(answer?.title).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
        },
      ),
    );
  });
});
