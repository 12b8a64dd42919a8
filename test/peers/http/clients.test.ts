import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { md5Hex, sha256Hex } from '../../../src/core/digest.ts';
import { isProcessAlive } from '../../../src/core/process-alive.ts';
import type { FetchEvent, FetchStyle, Offering } from '../../../src/drivers/http/firmware-server.ts';
import {
  createFirmwareServer,
  type FirmwareServerProcess,
} from '../../../src/drivers/http/firmware-server-process.ts';
import { until } from '../../drivers/until.ts';
import { answers } from '../serial/peer-process.ts';

/** The server as it runs beside the bench, asked by programs that nobody here wrote, as each family of units asks. */
const env = { ...process.env, no_proxy: '*', NO_PROXY: '*' };
const run = (program: string, args: readonly string[]) =>
  promisify(execFile)(program, args, { env, maxBuffer: 2 ** 24 });
const folder = mkdtempSync(join(tmpdir(), 'benchflash-clients-'));
const content = randomBytes(300_000);
const sha256 = sha256Hex(content);
const { signal } = new AbortController();

let server: FirmwareServerProcess;
beforeAll(() => {
  server = createFirmwareServer();
});
const offerings: Offering[] = [];
afterAll(async () => {
  const { pid } = server;
  // A unit that has not fetched everything would be waited for.
  for (const offering of offerings) await offering.withdraw();
  await server.close();
  await until(() => expect(pid !== undefined && isProcessAlive(pid)).toBe(false));
  rmSync(folder, { recursive: true });
});

interface Offered {
  readonly offering: Offering;
  readonly url: string;
  readonly story: () => readonly string[];
}

async function offered(style: FetchStyle, mac?: string, bytes: Buffer = content): Promise<Offered> {
  const files = [{ name: 'a.bin', content: bytes, sha256: sha256Hex(bytes) }];
  const offering = await server.offer({ unit: 'A', towards: '127.0.0.1', style, mac, files }, { signal });
  offerings.push(offering);
  const events: FetchEvent[] = [];
  offering.subscribe((event) => events.push(event));
  const story = () => events.map(({ type }) => type).filter((type) => type !== 'bytes');
  return { offering, url: offering.urlOf('a.bin'), story };
}

const fetched = join(folder, 'fetched.bin');
const clear = () => writeFileSync(fetched, '');
const got = () => readFileSync(fetched);
const missing = (program: string, ...args: string[]) =>
  answers(program, ...args) ? undefined : `${program} is not installed`;

const noCurl = missing('curl', '--version');
describe.skipIf(noCurl)(`curl${noCurl ? ` (${noCurl})` : ''}`, () => {
  const curl = async (...args: string[]) => {
    clear();
    return (
      await run('curl', ['--silent', '--show-error', '--output', fetched, '--dump-header', '-', ...args])
    ).stdout;
  };

  it('as Mongoose OS: a range from zero, and who it is', async () => {
    const { url, story } = await offered('mongoose', 'a4:cf:12:00:00:01');
    const device = 'X-MGOS-Device-ID: shellyplug-s-000001 A4CF12000001';
    const head = await curl('--range', '0-', '--header', device, '--header', 'Connection: close', url);
    expect(head).toMatch(/^HTTP\/1\.1 206 .*Content-Range: bytes 0-299999\/300000\r\n/s);
    expect(got().equals(content)).toBe(true);
    await until(() => expect(story()).toEqual(['asked', 'whole']));

    const other = 'X-MGOS-Device-ID: shellyplug-s-000002 A4CF12000002';
    expect(await curl('--header', other, url)).toMatch(/^HTTP\/1\.1 403 /);
    expect(got()).toHaveLength(0);
  });

  it('as the intermediate firmware of a takeover', async () => {
    const { url, story } = await offered('takeover');
    const head = await curl('--range', '0-1', url);
    expect(head).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(head).toContain('Connection: close');
    expect(got().equals(content)).toBe(true);
    await until(() => expect(story()).toEqual(['asked', 'whole']));
  });

  it('as the updater of the ESP8266: HTTP/1.0, its room, the MD5', async () => {
    const { url, story } = await offered('esp8266-update', 'a4:cf:12:00:00:01');
    const unit = ['--http1.0', '--header', 'x-ESP8266-STA-MAC: A4:CF:12:00:00:01'];
    const head = await curl(...unit, '--header', 'x-ESP8266-free-space: 425984', url);
    expect(head).toMatch(/^HTTP\/1\.0 200 /);
    expect(head).toContain(`x-MD5: ${md5Hex(content)}\r\n`);
    expect(got().equals(content)).toBe(true);
    expect(await curl(...unit, '--header', 'x-ESP8266-free-space: 4096', url)).toMatch(/^HTTP\/1\.0 404 /);
    await until(() => expect(story()).toEqual(['asked', 'whole', 'asked', 'refused']));
  });

  it('as HAA: sectors on one connection', async () => {
    const { url, story } = await offered('haa');
    const ranges = Array.from({ length: Math.ceil(content.length / 4_096) }, (_, index) => index * 4_096);
    const config = join(folder, 'curl.config');
    const parts = ranges.map(
      (at) => `url = "${url}"\nrange = ${at}-${at + 4_095}\noutput = "${join(folder, `part-${at}`)}"`,
    );
    writeFileSync(config, parts.join('\nnext\n'));
    const { stderr } = await run('curl', ['--verbose', '--silent', '--config', config]);
    expect(Buffer.concat(ranges.map((at) => readFileSync(join(folder, `part-${at}`)))).equals(content)).toBe(
      true,
    );
    expect(stderr.match(/Re-using existing connection/gi)?.length).toBe(ranges.length - 1);
    await until(() => expect(story()).toEqual(['asked', 'whole']));
  });

  it('as a Sonoff: a wrong host, ranges, and its result at the end', async () => {
    const { url, story, offering } = await offered('sonoff-diy');
    const host = ['--header', 'Host: dl.itead.cn'];
    expect(await curl(...host, '--range', '0-149999', url)).toMatch(/^HTTP\/1\.1 206 /);
    const first = got();
    expect(await curl(...host, '--range', '150000-', url)).toMatch(/^HTTP\/1\.1 206 /);
    expect(Buffer.concat([first, got()]).equals(content)).toBe(true);
    const result = `http://${offering.at.host}:${offering.at.port}/api/device/otaFlash`;
    const json = ['--header', 'Content-Type: application/json', '--data', '{"error":0}'];
    expect(await curl(...host, ...json, result)).toMatch(/^HTTP\/1\.1 200 /);
    await until(() => expect(story().slice(-2)).toEqual(['whole', 'posted']));
  });

  it('that is slow, gives up in the middle, and goes on where it was', async () => {
    // More than the kernel keeps for a connection on this computer.
    const much = randomBytes(24_000_000);
    const { url, story } = await offered('mongoose', undefined, much);
    await expect(curl('--limit-rate', '1M', '--max-time', '2', url)).rejects.toThrow();
    expect(got().length).toBeLessThan(much.length);
    const head = (
      await run('curl', ['--silent', '--continue-at', '-', '--output', fetched, '--dump-header', '-', url])
    ).stdout;
    expect(head).toMatch(/^HTTP\/1\.1 206 /);
    expect(got().equals(much)).toBe(true);
    await until(() => expect(story().at(-1)).toBe('whole'));
  });

  it('asks for the head alone', async () => {
    const { url } = await offered('mongoose');
    expect(await curl('--head', url)).toMatch(/^HTTP\/1\.1 200 .*Content-Length: 300000\r\n/s);
  });

  it('finds nothing else there', async () => {
    const { url, offering } = await offered('mongoose');
    const at = `http://${offering.at.host}:${offering.at.port}`;
    for (const path of ['/', '/../../etc/passwd', '/%2e%2e/etc/passwd', `${new URL(url).pathname}/..`])
      expect(await curl('--path-as-is', `${at}${path}`)).toMatch(/^HTTP\/1\.1 404 /);
    await offering.withdraw();
    expect(await curl(url)).toMatch(/^HTTP\/1\.1 404 /);
  });
});

const noWget = missing('wget', '--version');
describe.skipIf(noWget)(`wget${noWget ? ` (${noWget})` : ''}`, () => {
  it('fetches it, and continues a file that was cut', async () => {
    const { url } = await offered('mongoose');
    clear();
    await run('wget', ['--quiet', '--tries=1', '-O', fetched, url]);
    expect(got().equals(content)).toBe(true);
    writeFileSync(fetched, content.subarray(0, 123_457));
    await run('wget', ['--quiet', '--tries=1', '--continue', '-O', fetched, url]);
    expect(got().equals(content)).toBe(true);
  });
});

const noPython = missing('python3', '--version');
describe.skipIf(noPython)(`urllib of Python${noPython ? ` (${noPython})` : ''}`, () => {
  const python = async (text: string, ...args: string[]) =>
    (await run('python3', ['-c', text, ...args])).stdout.trim();

  it('keeps its connection for range after range', async () => {
    const { url } = await offered('haa');
    const text = `
import hashlib, http.client, sys, urllib.parse
u = urllib.parse.urlparse(sys.argv[1])
c = http.client.HTTPConnection(u.hostname, u.port)
body, sockets = b'', set()
while len(body) < 300000:
    c.request('GET', u.path, headers={'Range': 'bytes=%d-%d' % (len(body), len(body) + 4095)})
    sockets.add(c.sock)
    r = c.getresponse()
    assert r.status == 206 and r.getheader('Content-Range')
    body += r.read()
print(hashlib.sha256(body).hexdigest(), len(sockets))`;
    expect(await python(text, url)).toBe(`${sha256} 1`);
  });

  it('reads a takeover in no more than 4096 bytes at once', async () => {
    const { url } = await offered('takeover');
    const text = `
import hashlib, socket, sys, urllib.parse
u = urllib.parse.urlparse(sys.argv[1])
s = socket.create_connection((u.hostname, u.port))
s.sendall(('GET %s HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n' % u.path).encode())
pieces = list(iter(lambda: s.recv(65536), b''))
body = b''.join(pieces).split(b'\\r\\n\\r\\n', 1)[1]
print(hashlib.sha256(body).hexdigest(), max(map(len, pieces)) <= 4096)`;
    expect(await python(text, url)).toBe(`${sha256} ${process.platform === 'linux' ? 'True' : 'False'}`);
  });

  it('stands still for a while, and gets the rest', async () => {
    const { url, story } = await offered('takeover');
    const text = `
import hashlib, sys, time, urllib.request
r = urllib.request.urlopen(sys.argv[1])
body = r.read(50000)
time.sleep(3)
body += r.read()
print(hashlib.sha256(body).hexdigest())`;
    expect(await python(text, url)).toBe(sha256);
    await until(() => expect(story()).toEqual(['asked', 'whole']));
  });
});
