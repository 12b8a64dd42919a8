import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CodecError } from '../../../src/core/codec-error.ts';
import { parseLog, readSign } from '../../../src/protocols/haa/log-line.ts';
import { encodeForm, parsePortal, takesMirror } from '../../../src/protocols/haa/portal-page.ts';
import { checkScript } from '../../../src/protocols/haa/script.ts';

/** The form of the pages, with the fields as the reference lists them. */
const NEW_PAGE =
  '<html><h1>Home Accessory Architect<br>Installer v7.14.0 esp8266</h1><form action="/sn" method="post"><textarea name="cnf" autocorrect="off"></textarea><input type="text" id="ssid" name="sid" maxlength="63"><input type="password" name="psw"></form>';
/** Of 2021, and of the year before. */
const OLD_PAGE =
  '<html><title>HAA Installer</title><form action="/settings"><textarea name="conf"></textarea><input name="ssid"><input name="password"><input name="reposerver"><input name="repoport"><input type="checkbox" name="repossl"></form>';
const OLDEST_PAGE =
  '<title>HAA</title><input name="ssid"><input name="password"><input name="otarepo"><textarea name="conf">';

describe('the set-up page', () => {
  it('is told by its fields', () => {
    const NEW_NAMES = { script: 'cnf', ssid: 'sid', password: 'psw' };
    expect(parsePortal(NEW_PAGE)).toEqual({
      names: NEW_NAMES,
      part: 'haaboot',
      version: '7.14.0',
      path: '/sn',
    });
    expect(parsePortal(OLD_PAGE)).toEqual({
      names: {
        script: 'conf',
        ssid: 'ssid',
        password: 'password',
        server: 'reposerver',
        port: 'repoport',
        tls: 'repossl',
      },
      part: 'haaboot',
      path: '/settings',
    });
    expect(parsePortal(NEW_PAGE.replace('name="cnf"', 'name="x"'))).toMatchObject({ part: 'otamain' });
    expect(takesMirror(parsePortal(OLD_PAGE))).toBe(true);
    expect(takesMirror(parsePortal(OLDEST_PAGE))).toBe(false);
    for (const page of ['', '<html>router <input name="ssid">', '<input '.repeat(10_000), 'HAA'])
      expect(() => parsePortal(page)).toThrow(CodecError);
  });

  it('gets every field it has, the server without a scheme, and a password even where there is none', () => {
    const script = '{"a":[{"0":{"0":[]}}]}';
    const given = {
      script,
      ssid: 'our bench',
      password: 'a&b=c+d 1',
      mirror: { host: '10.1.0.2', port: 4000, folder: 'j/abc' },
    };
    const all = {
      names: {
        script: 'cnf',
        ssid: 'sid',
        password: 'psw',
        bssid: 'bid',
        wifiMode: 'wm',
        flashMode: 'fm',
        server: 'ser',
        port: 'prt',
        tls: 'ssl',
      },
    };
    expect(Object.fromEntries(new URLSearchParams(encodeForm(all, given)))).toEqual({
      cnf: script,
      wm: '0',
      fm: '-1',
      sid: 'our bench',
      psw: 'a&b=c+d 1',
      bid: '',
      ser: '10.1.0.2/j/abc',
      prt: '4000',
    });
    expect(encodeForm(all, { script, ssid: 'x', password: '' })).toMatch(/&psw=&.*&ser=&prt=443&ssl=y$/);
    expect(Object.fromEntries(new URLSearchParams(encodeForm(parsePortal(OLD_PAGE), given)))).toEqual({
      conf: script,
      ssid: 'our bench',
      password: 'a&b=c+d 1',
      reposerver: '10.1.0.2/j/abc',
      repoport: '4000',
    });
  });
});

it('takes no script that is empty, no object, or longer than the unit has room for', () => {
  expect(checkScript(' { "a": [ { } ] } ')).toBe('{"a":[{}]}');
  for (const text of [
    '',
    '{}',
    '[]',
    '[{"a":1}]',
    'null',
    '"a"',
    '{"a":',
    '7',
    '{"c":{}}',
    '{"a":[]}',
    '{"a":1}',
  ])
    expect(() => checkScript(text), text).toThrow(/accessory script/);
  expect(() => checkScript(JSON.stringify({ a: ['"'.repeat(4_000)] }))).toThrow(/too long/);
});

describe('the log', () => {
  const bytes = (text: string) => new TextEncoder().encode(text);

  it('is read line by line, with the time before it or without', () => {
    expect(
      parseLog(
        bytes(
          '\r\nAdvanced ESP Logger\r\n\r\n0012.345 10.1.0.41-A1B2C3: HAA Installer 7.14.0\r\n10.1.0.41-A1B2C3: \u001b[31m* OTAMAIN installed\r\n',
        ),
      ),
    ).toEqual([
      { address: '10.1.0.41', last6: 'a1b2c3', text: 'HAA Installer 7.14.0' },
      { address: '10.1.0.41', last6: 'a1b2c3', text: '* OTAMAIN installed' },
    ]);
  });

  it.each([
    ['HAA Installer 12.18.0', { kind: 'installer', version: '12.18.0' }],
    ['* OTAMAIN installed', { kind: 'installed', part: 'OTAMAIN' }],
    ['* HAAMAIN 12.18.0 installed', { kind: 'installed', part: 'HAAMAIN', version: '12.18.0' }],
    ['! OTAMAIN sign -4', { kind: 'failed', what: 'OTAMAIN sign -4' }],
    ['! Installing HAAMAIN -2', { kind: 'failed', what: 'HAAMAIN -2' }],
    ['HTTP returns 404', { kind: 'failed', what: 'HTTP 404' }],
    ['- 114688', { kind: 'bytes', bytes: 114_688 }],
    ['HAAMAIN no new version found', undefined],
    ['>>> Get sign', { kind: 'fetching', what: 'a signature' }],
    ['>>> File part from 10.1.0.2', { kind: 'fetching', what: '10.1.0.2' }],
    ['HAA 12.18.0', { kind: 'haa', version: '12.18.0' }],
    ['REPO http://x', undefined],
  ])('%s', (text, sign) => {
    expect(readSign(text)).toEqual(sign);
  });

  it('is bounded and throws nothing, whatever is broadcast', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2_000 }), (datagram) => {
        for (const { text } of parseLog(datagram)) {
          expect(text.length).toBeLessThanOrEqual(300);
          readSign(text);
        }
      }),
    );
    expect(parseLog(bytes('10.1.0.41-A1B2C3: x\n'.repeat(1_000)))).toHaveLength(64);
  });
});
