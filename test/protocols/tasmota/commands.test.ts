import { describe, expect, it } from 'vitest';
import {
  apply,
  applyTemplate,
  checkWifi,
  parseCommands,
  parseTemplate,
  sendWifi,
  setOtaUrl,
  startUpgrade,
  TasmotaClient,
} from '../../../src/protocols/tasmota/index.ts';
import { scriptedNetwork, type Script } from '../../harness/scripted-network.ts';

function unit(script: Script, password?: string, host = '10.1.0.41') {
  const { network, seen } = scriptedNetwork(script);
  const at = { host, port: 80 };
  const client = new TasmotaClient({
    network,
    at,
    signal: new AbortController().signal,
    log: () => {},
    password,
  });
  return { client, seen, commands: () => seen.map(({ query }) => query.get('cmnd')) };
}
const NEEDS = '{"WARNING":"Need user=<username>&password=<password>"}';

describe('login', () => {
  it('goes by basic authentication, and in the query where an old unit wants it there', async () => {
    const { client, seen } = unit(
      ({ query }) => (query.get('password') === 'a&b c' ? '{"POWER":"ON"}' : NEEDS),
      'a&b c',
    );
    expect(await client.command('Power')).toEqual({ POWER: 'ON' });
    await client.command('Power');
    expect(seen.map(({ path }) => path)).toEqual([
      '/cm?cmnd=Power',
      '/cm?user=admin&password=a%26b%20c&cmnd=Power',
      '/cm?user=admin&password=a%26b%20c&cmnd=Power',
    ]);
    expect(seen[0]!.login).toEqual({ user: 'admin', password: 'a&b c' });
  });

  it('is PLUG_LOCKED without one or with another one, and says which', async () => {
    await expect(unit(() => ({ status: 401, body: NEEDS })).client.status()).rejects.toMatchObject({
      code: 'PLUG_LOCKED',
      message: 'The unit wants its web password.',
    });
    await expect(unit(() => NEEDS, 'wrong').client.status()).rejects.toMatchObject({
      code: 'PLUG_LOCKED',
      message: 'The unit does not accept the web password that was given.',
    });
  });
});

it('names in the Referer what the unit was reached by', async () => {
  for (const [host, name] of [
    ['plug7.lan', 'plug7.lan'],
    ['fe80::1', '[fe80::1]'],
  ]) {
    const { client, seen } = unit(() => '{}', undefined, host);
    await client.command('Power');
    expect(seen[0]!.headers?.['Referer']).toBe(`http://${name}/`);
  }
});

it('is PLUG_BAD_ANSWER for what is no Tasmota', async () => {
  for (const answer of ['<html>router</html>', '{"type":"SHPLG-S"}', { status: 404, body: 'no' }])
    await expect(unit(() => answer).client.status()).rejects.toMatchObject({ code: 'PLUG_BAD_ANSWER' });
});

describe('Wi-Fi', () => {
  it('goes in one line, in two where a name holds the sign that ends a command', async () => {
    const one = unit(() => '{}');
    await sendWifi(one.client, { ssid: 'our bench', password: 'pass word&1' });
    expect(one.commands()).toEqual(['Backlog SSID1 our bench;Password1 pass word&1']);
    const two = unit(() => '{}');
    await sendWifi(two.client, { ssid: 'a;b', password: '' });
    expect(two.commands()).toEqual(['Password1 "', 'SSID1 a;b']);
  });

  it('is refused where the command line would make something else of it', () => {
    for (const ssid of ['', 'x'.repeat(33), ' bench', '1', '"'])
      expect(() => checkWifi({ ssid, password: '' }), ssid).toThrow(/Wi-Fi/);
    for (const password of ['short', 'x'.repeat(65), 'blank at end '])
      expect(() => checkWifi({ ssid: 'bench', password }), password).toThrow(/password/);
    expect(() => checkWifi({ ssid: 'bench', password: '12345678' })).not.toThrow();
  });
});

it('starts an update by URL only once the unit holds the URL', async () => {
  const url = 'http://10.1.0.2:4000/j/abc/tasmota.bin';
  const { client, commands } = unit(({ query }) =>
    query.get('cmnd')!.startsWith('OtaUrl') ? JSON.stringify({ OtaUrl: url }) : '{"Upgrade":"Version 9.2.0"}',
  );
  await setOtaUrl(client, url);
  await startUpgrade(client);
  expect(commands()).toEqual([`OtaUrl ${url}`, 'Upgrade 1']);
  const deaf = unit(() => '{"OtaUrl":"http://ota.tasmota.com/x.bin","Upgrade":1}').client;
  await expect(setOtaUrl(deaf, url)).rejects.toMatchObject({ code: 'TASMOTA_COMMAND_REFUSED' });
  await expect(startUpgrade(deaf)).rejects.toMatchObject({ code: 'TASMOTA_COMMAND_REFUSED' });
});

describe('set-up', () => {
  const TEMPLATE =
    '{"NAME":"Shelly Plug S","GPIO":[56,255,158,255,132,134,0,0,131,17,0,21,0],"FLAG":2,"BASE":45}';

  it('gives the template, reads it back and makes it the module', async () => {
    const template = parseTemplate(TEMPLATE);
    const { client, commands } = unit(({ query }) =>
      query.get('cmnd') === 'Template' ? TEMPLATE : '{"Module":{"0":"Shelly Plug S"}}',
    );
    await applyTemplate(client, template);
    expect(commands()).toEqual([`Template ${JSON.stringify(template)}`, 'Template', 'Module 0']);
    const other = unit(() => '{"NAME":"Generic","GPIO":[1]}').client;
    await expect(applyTemplate(other, template)).rejects.toMatchObject({ code: 'TASMOTA_COMMAND_REFUSED' });
  });

  it('refuses templates and commands that are none', () => {
    for (const text of [
      '',
      '[]',
      '{"NAME":"x"}',
      '{"NAME":"x","GPIO":[1],"BASE":1}',
      TEMPLATE.replace('56', '"x"'),
    ])
      expect(() => parseTemplate(text), text).toThrow(/template/);
    expect(parseCommands('# pulse\nSetOption65 1\r\n\n PowerOnState 3 \n')).toEqual([
      'SetOption65 1',
      'PowerOnState 3',
    ]);
    for (const line of ['Reset 1', 'backlog a', 'SSID2 x', 'a;b', 'Upgrade 1', '"x"', 'restart 99'])
      expect(() => parseCommands(line), line).toThrow(/commands/);
  });

  it('says which command a unit does not know', async () => {
    const { client } = unit(() => '{"Command":"Unknown"}');
    await expect(apply(client, 'SetOption999 1')).rejects.toMatchObject({
      code: 'TASMOTA_COMMAND_REFUSED',
      message: 'The unit did not take the command SetOption999: Unknown.',
    });
  });
});
