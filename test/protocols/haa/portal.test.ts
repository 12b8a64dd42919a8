import { expect, it } from 'vitest';
import { BenchError } from '../../../src/core/errors.ts';
import { openPortal, saveSettings } from '../../../src/protocols/haa/index.ts';
import { scriptedNetwork, type Script } from '../../harness/scripted-network.ts';

const AT = { host: '192.168.4.1', port: 4567 };
const PAGE = { names: { script: 'cnf', ssid: 'sid', password: 'psw' }, path: '/sn' };
const SETTINGS = { script: '{"a":[{}]}', ssid: 'bench', password: '12345678' };

function talk(script: Script) {
  const { network, seen } = scriptedNetwork(script);
  return { talk: { network, at: AT, signal: new AbortController().signal }, seen };
}

it('opens the page and says what it is', async () => {
  const { talk: portal, seen } = talk(
    () => 'HAA Installer 7.14.0 <input name="sid"><input name="psw"><textarea name="cnf">',
  );
  expect(await openPortal(portal)).toMatchObject({ part: 'haaboot', version: '7.14.0', path: '/sn' });
  expect(seen.map(({ method, path }) => `${method} ${path}`)).toEqual(['GET /sn']);
  const other = talk(() => '<html>router</html>').talk;
  await expect(openPortal(other)).rejects.toMatchObject({ code: 'HAA_PORTAL_UNREADABLE' });
});

it('follows the page of before 2021 to where it is, and no further than this unit', async () => {
  const OLD =
    '<title>HAA Installer</title><form action="/settings"><textarea name="conf"></textarea><input name="ssid"><input name="password">';
  const { talk: portal, seen } = talk(({ page }) =>
    page === '/settings'
      ? OLD
      : { status: 302, body: '', headers: { location: 'http://192.168.4.1:4567/settings' } },
  );
  const page = await openPortal(portal);
  expect(page).toMatchObject({ names: { ssid: 'ssid' }, path: '/settings' });
  await saveSettings(portal, page, SETTINGS).catch(() => {});
  expect(seen.map(({ method, path }) => `${method} ${path}`)).toEqual([
    'GET /sn',
    'GET /settings',
    'POST /settings',
  ]);
  for (const location of ['http://10.0.0.1/x', '//evil/x', '/sn', ''])
    await expect(
      openPortal(talk(() => ({ status: 302, body: '', headers: { location } })).talk),
    ).rejects.toMatchObject({ code: 'HAA_PORTAL_UNREADABLE' });
});

it('saves by one form', async () => {
  const { talk: portal, seen } = talk(() => '<center>OK</center>');
  expect(await saveSettings(portal, PAGE, SETTINGS)).toBe('saved');
  expect(seen[0]).toMatchObject({
    method: 'POST',
    path: '/sn',
    headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
  });
  expect(seen[0]!.body).toEqual(expect.stringContaining('cnf=%7B%22a%22%3A%5B%7B%7D%5D%7D'));
});

it('tells what was not saved from what may have been', async () => {
  const save = (script: Script) => saveSettings(talk(script).talk, PAGE, SETTINGS);
  await expect(save(() => ({ status: 301, body: '' }))).rejects.toMatchObject({ code: 'HAA_UNSAVED' });
  for (const code of ['HTTP_RESET', 'HTTP_CLOSED', 'HTTP_BAD_ANSWER'] as const)
    expect(await save(() => new BenchError(code))).toBe('unknown');
  expect(await save(() => new BenchError('HTTP_NO_ANSWER', { detail: { connected: true } }))).toBe('unknown');
  await expect(
    save(() => new BenchError('HTTP_NO_ANSWER', { detail: { connected: false } })),
  ).rejects.toMatchObject({
    code: 'HTTP_NO_ANSWER',
  });
  await expect(save(() => new BenchError('HTTP_REFUSED'))).rejects.toMatchObject({ code: 'HTTP_REFUSED' });
});
