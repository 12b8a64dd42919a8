import { createHash } from 'node:crypto';
import { createServer, type AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { tasmota } from '../../../src/virtual/plug/tasmota/tasmota.ts';
import { minimalUrl } from '../../../src/virtual/plug/tasmota/ota.ts';
import { tasmotaFlash } from '../../../src/virtual/plug/tasmota/tasmota-plug.ts';
import {
  practiceFull15,
  practiceLite15,
  practiceLite9,
  practiceMinimal,
} from '../../../src/virtual/plug/tasmota/tasmota-images.ts';
import { unitSecrets } from '../../../src/virtual/esp/images/unit-secrets.ts';
import { LonePlug } from './harness/lone-plug.ts';
import { ask } from './harness/raw-http.ts';

type Answer = string | { readonly file: Uint8Array; readonly headers?: Readonly<Record<string, string>> };

const { ssid, password } = unitSecrets(1);
const ending: (() => void)[] = [];
afterEach(() => ending.splice(0).forEach((end) => end()));

/** A server that answers each path with raw bytes, and keeps what it was asked. */
async function server(answers: Readonly<Record<string, Answer>>) {
  const requests: string[] = [];
  const listener = createServer((socket) => {
    let text = '';
    socket.on('error', () => {});
    socket.on('data', (bytes) => {
      text += bytes.toString('latin1');
      if (!text.endsWith('\r\n\r\n')) return;
      requests.push(text);
      const answer = answers[text.split(' ')[1]!] ?? 'HTTP/1.0 404 Not Found\r\n\r\n';
      if (typeof answer === 'string') return void socket.end(answer);
      const headers = { 'Content-Length': String(answer.file.length), ...answer.headers };
      const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
      socket.write(`HTTP/1.0 200 OK\r\n${lines.join('')}\r\n`);
      socket.end(answer.file);
    });
  });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  ending.push(() => listener.close());
  return { requests, port: (listener.address() as AddressInfo).port };
}

async function upgrading(
  image: Uint8Array,
  answers: Readonly<Record<string, Answer>>,
  url = 'http://10.77.0.1/tasmota-lite.bin',
  faults: readonly string[] = [],
) {
  const { requests, port } = await server(answers);
  const plug = new LonePlug({
    firmwares: [tasmota],
    flash: tasmotaFlash(image, 1),
    faults,
    chip: { mac: 'a1:b2:c3:d4:e5:f6' },
    networks: { [ssid]: password },
  });
  ending.push(() => plug.close());
  plug.hosts.set('10.77.0.1:80', port);
  plug.hosts.set('10.77.0.1:8080', port);
  await command(plug, `OtaUrl ${url}`);
  const started = await command(plug, 'Upgrade 1');
  return { plug, requests, started };
}

const referer = { Referer: 'http://10.77.0.11/' };
const command = async (plug: LonePlug, line: string) =>
  JSON.parse(
    (
      await ask(await plug.port(80), `/cm?cmnd=${encodeURIComponent(line)}`, { headers: referer })
    ).body.toString(),
  ) as Record<string, unknown>;
const version = async (plug: LonePlug) =>
  ((await command(plug, 'Status 2')) as { StatusFWR: { Version: string } }).StatusFWR.Version;
const result = async (plug: LonePlug) => {
  const find = async () =>
    /UPGRADE = (\{[^}]*\})/.exec(
      (await ask(await plug.port(80), '/cs?c2=0&c1=', { headers: referer })).text,
    )?.[1];
  for (;;) {
    const found = await find();
    if (found != null) return found;
  }
};

describe('an upgrade by URL', () => {
  it('asks as the reference has it, byte for byte, and runs what came', async () => {
    const image = practiceLite15();
    const { plug, requests, started } = await upgrading(practiceLite9(), {
      '/tasmota-lite.bin': { file: image, headers: { 'x-MD5': md5(image) } },
    });
    expect(started).toEqual({ Upgrade: 'Version 9.2.0 from http://10.77.0.1/tasmota-lite.bin' });
    await plug.started(2);
    const old = practiceLite9();
    const free = 0xfb000 - Math.ceil(old.length / 4096) * 4096;
    expect(requests).toEqual([
      [
        'GET /tasmota-lite.bin HTTP/1.0',
        'Host: 10.77.0.1',
        'User-Agent: ESP8266-http-Update',
        'Connection: close',
        'x-ESP8266-STA-MAC: A1:B2:C3:D4:E5:F6',
        'x-ESP8266-AP-MAC: A3:B2:C3:D4:E5:F6',
        `x-ESP8266-free-space: ${free}`,
        `x-ESP8266-sketch-size: ${old.length}`,
        `x-ESP8266-sketch-md5: ${md5(old)}`,
        'x-ESP8266-chip-size: 1048576',
        'x-ESP8266-sdk-version: 2.2.2-dev(38a443e)',
        'x-ESP8266-mode: sketch',
        '\r\n',
      ].join('\r\n'),
    ]);
    expect(await version(plug)).toBe('15.5.0(lite)');
    expect(await command(plug, 'DeviceName')).toEqual({ DeviceName: 'Plug 1' });
  });

  it('with a port names it, and stages a known size so that it ends at the file system', async () => {
    const image = practiceLite15();
    const { plug, requests } = await upgrading(
      practiceLite9(),
      { '/a/b.bin': { file: image } },
      'http://10.77.0.1:8080/a/b.bin',
    );
    await plug.started(2);
    expect(requests[0]).toContain('\r\nHost: 10.77.0.1:8080\r\n');
    const start = (0xfb000 - Math.ceil(image.length / 4096) * 4096).toString(16);
    expect(plug.lines).toContain(`staged ${image.length} bytes at 0x${start} for the boot loader`);
  });

  it('goes by way of the minimal build where space is short, which fetches the full one itself', async () => {
    const { plug, requests } = await upgrading(
      practiceLite9(),
      {
        '/tasmota.bin': { file: practiceFull15() },
        '/tasmota-minimal.bin': { file: practiceMinimal() },
      },
      'http://10.77.0.1/tasmota.bin',
    );
    await plug.started(3);
    expect(requests.map((text) => text.split(' ')[1])).toEqual([
      '/tasmota.bin',
      '/tasmota-minimal.bin',
      '/tasmota.bin',
    ]);
    expect(requests[2]).toContain('x-ESP8266-Chip-ID: 13952502\r\n');
    await plug.until(() => plug.station != null);
    expect(await version(plug)).toBe('15.5.0(tasmota)');
    expect(await command(plug, 'DeviceName')).toEqual({ DeviceName: 'Plug 1' });
  });

  it('does so with the fault short-of-space', async () => {
    const { plug, requests } = await upgrading(
      practiceLite9(),
      {
        '/tasmota-lite.bin': { file: practiceLite15() },
        '/tasmota-minimal.bin': { file: practiceMinimal() },
      },
      undefined,
      ['short-of-space-once'],
    );
    await plug.started(3);
    expect(requests).toHaveLength(3);
    await plug.until(() => plug.station != null);
    expect(await version(plug)).toBe('15.5.0(lite)');
  });

  it('tries four times, the last time with .gz, and takes that', async () => {
    const { plug, requests } = await upgrading(practiceLite9(), {
      '/tasmota-lite.bin.gz': { file: gzipSync(practiceFull15()) },
    });
    await plug.started(2);
    expect(requests.map((text) => text.split(' ')[1])).toEqual([
      ...Array<string>(3).fill('/tasmota-lite.bin'),
      '/tasmota-lite.bin.gz',
    ]);
    await plug.until(() => plug.station != null);
    expect(await version(plug)).toBe('15.5.0(tasmota)');
  });

  it.each([
    ['404', 'HTTP/1.0 404 Not Found\r\n\r\n', 'File Not Found (404)'],
    ['403', 'HTTP/1.0 403 Forbidden\r\n\r\n', 'Forbidden (403)'],
    ['302', 'HTTP/1.0 302 Found\r\nLocation: /x\r\n\r\n', 'Wrong HTTP Code'],
    ['no size', 'HTTP/1.0 200 OK\r\n\r\nabc', 'Server Did Not Report Size'],
    [
      'an HTML page',
      'HTTP/1.0 200 OK\r\nContent-Length: 20\r\n\r\n<!DOCTYPE html><html>',
      'Verify Bin Header Failed',
    ],
    ['a faulty MD5', { file: practiceLite15(), headers: { 'x-MD5': 'abc' } }, 'Faulty MD5'],
    [
      'another MD5',
      { file: practiceLite15(), headers: { 'x-MD5': '0'.repeat(32) } },
      'Update error: MD5 Check Failed',
    ],
    [
      'half a file',
      { file: practiceLite15().subarray(0, 200_000), headers: { 'Content-Length': '480000' } },
      'Update error: Stream Read Timeout',
    ],
    ['a size nibble too large', { file: nibble(practiceLite15(), 4) }, 'New Binary Does Not Fit Flash Size'],
  ] as [string, Answer, string][])('fails over %s and goes on as it was', async (_, answer, text) => {
    const url = '/tasmota-lite.bin';
    const { plug } = await upgrading(practiceLite9(), {
      [url]: answer,
      [`${url}.gz`]: answer,
      '/tasmota-minimal.bin': answer,
      '/tasmota-minimal.bin.gz': answer,
    });
    expect(await result(plug)).toBe(`{"Upgrade":"Failed ${text}"}`);
    expect(plug.rtc.command).toBeUndefined();
    expect(plug.starts).toBe(1);
    expect(await version(plug)).toBe('9.2.0(lite)');
  });

  it('says it was successful where the server has nothing new (304), and restarts into the old one', async () => {
    const { plug } = await upgrading(practiceLite9(), {
      '/tasmota-lite.bin': 'HTTP/1.0 304 Not Modified\r\n\r\n',
    });
    await plug.started(2);
    expect(await version(plug)).toBe('9.2.0(lite)');
  });

  it('starts from the page too, and fetches nothing with the fault', async () => {
    const { plug } = await upgrading(practiceLite9(), {}, undefined, ['never-fetches-once']);
    const page = await ask(await plug.port(80), '/u1?o=http://10.77.0.1/x.bin');
    expect(page.text).toContain('Upgrade started');
    expect(await result(plug)).toBe('{"Upgrade":"Failed File Not Found (404)"}');
    expect(await command(plug, 'OtaUrl')).toEqual({ OtaUrl: 'http://10.77.0.1/x.bin' });
  });
});

it.each([
  ['http://h/api/tasmota.bin', 'http://h/api/tasmota-minimal.bin'],
  ['http://h/api/tasmota-DE.bin.gz', 'http://h/api/tasmota-minimal.bin.gz'],
  ['http://h/a-b/tasmota', 'http://h/a-b/tasmota-minimal'],
  ['http://h/tasmota.ino.bin', 'http://h/tasmota-minimal.ino.bin'],
])('the minimal build beside %s is %s', (url, minimal) => {
  expect(minimalUrl(url)).toBe(minimal);
});

function md5(bytes: Uint8Array): string {
  return createHash('md5').update(bytes).digest('hex');
}

function nibble(image: Uint8Array, sizeId: number): Uint8Array {
  const copy = image.slice();
  copy[3] = sizeId << 4;
  return copy;
}
