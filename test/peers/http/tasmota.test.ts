import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa, execaSync } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { practiceLite15 } from '../../../src/virtual/plug/tasmota/tasmota-images.ts';
import { Running } from '../../e2e/program.ts';

const missing = execaSync('curl', ['--version'], { reject: false }).failed
  ? 'curl is not installed'
  : undefined;

/** The examples of the Tasmota documentation and of the reference, as curl sends them. */
describe.skipIf(missing)(`curl and the virtual Tasmota${missing ? ` (${missing})` : ''}`, () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'benchflash-curl-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  async function withUnit(
    options: { state?: string; faults?: readonly string[] },
    use: (unit: { url: string; server: Running; flash: string }) => Promise<void>,
  ) {
    const flash = join(folder, 'flash.bin');
    rmSync(flash, { force: true });
    const server = new Running([
      ...['virtual', 'tasmota-plug', '--listen', 'http://127.0.0.1:0', '--image', flash],
      ...(options.state == null ? [] : ['--state', options.state]),
      ...(options.faults ?? []).flatMap((fault) => ['--fault', fault]),
    ]);
    try {
      const [, url = ''] = await server.saw(/^listening on (http:\S+)$/m);
      await use({ url, server, flash });
    } finally {
      server.process.kill('SIGKILL');
      await server.ended;
    }
  }

  /** With the status behind the answer, as curl writes it out. */
  const curl = async (...args: string[]) => {
    const answer = await execa(
      'curl',
      ['--silent', '--max-time', '20', '--write-out', '\n%{http_code}', ...args],
      {
        reject: false,
        stripFinalNewline: false,
      },
    );
    const at = answer.stdout.lastIndexOf('\n');
    return {
      exitCode: answer.exitCode,
      status: Number(answer.stdout.slice(at + 1)),
      body: answer.stdout.slice(0, at),
      text: answer.stdout.slice(0, at).replace(/<[^>]*>/g, ''),
    };
  };
  const version = async (url: string) => {
    const { body } = await curl(
      '--retry',
      '20',
      '--retry-all-errors',
      '--retry-delay',
      '1',
      '--referer',
      `${url}/`,
      `${url}/cm?cmnd=Status%202`,
    );
    return (JSON.parse(body) as { StatusFWR: { Version: string } }).StatusFWR.Version;
  };

  it('uploads firmware, which runs then', async () => {
    const file = join(folder, 'tasmota-lite.bin');
    const image = practiceLite15();
    writeFileSync(file, image);
    await withUnit({}, async ({ url, server, flash }) => {
      expect(await version(url)).toBe('9.2.0(lite)');
      expect((await curl(`${url}/up`)).status).toBe(200);
      const answer = await curl(
        ...['--referer', `${url}/up`, '--form', `u2=@${file}`, `${url}/u2?fsz=${image.length}`],
      );
      expect(answer.status).toBe(200);
      expect(answer.text).toContain('Upload Successful');
      await server.sawLog(/Tasmota 15\.5\.0\(lite\) starts/);
      expect(await version(url)).toBe('15.5.0(lite)');
      server.process.kill('SIGTERM');
      await server.ended;
      expect(readFileSync(flash).subarray(0, image.length).equals(image)).toBe(true);
    });
  });

  it('gets no answer from 15.5 without a Referer', async () => {
    await withUnit({ state: 'lite-15' }, async ({ url }) => {
      expect((await curl(`${url}/cm?cmnd=Status%202`)).exitCode).toBe(52);
      expect(await version(url)).toBe('15.5.0(lite)');
    });
  });

  it('is refused without the web password, and takes it in both ways', async () => {
    await withUnit({ state: 'with-password' }, async ({ url }) => {
      const refused = await curl(`${url}/cm?cmnd=Power`);
      expect([refused.status, refused.body]).toEqual([
        401,
        '{"WARNING":"Need user=<username>&password=<password>"}',
      ]);
      expect((await curl('--user', 'admin:practice', `${url}/cm?cmnd=Power`)).body).toBe('{"POWER":"OFF"}');
      expect((await curl(`${url}/cm?cmnd=Power%20On&user=admin&password=practice`)).body).toBe(
        '{"POWER":"ON"}',
      );
      expect((await curl(`${url}/up`)).status).toBe(401);
    });
  });

  it('fetches settings and gives them back', async () => {
    const backup = join(folder, 'settings.dmp');
    await withUnit({}, async ({ url, server }) => {
      const headers = await curl('--output', backup, '--dump-header', '-', `${url}/dl`);
      expect(headers.body).toMatch(
        /^Content-Disposition: attachment; filename=Config_tasmota_\w+_9\.2\.0\.dmp/m,
      );
      expect(readFileSync(backup)).toHaveLength(4096);
      await curl(`${url}/cm?cmnd=DeviceName%20Other`);
      await curl(`${url}/rs`);
      expect((await curl('--form', `u2=@${backup}`, `${url}/u2`)).text).toContain('Upload Successful');
      await server.sawLog(/Tasmota 9\.2\.0\(lite\) starts[\s\S]*Tasmota 9\.2\.0\(lite\) starts/);
      const name = await curl(
        '--retry',
        '20',
        '--retry-all-errors',
        '--retry-delay',
        '1',
        `${url}/cm?cmnd=DeviceName`,
      );
      expect(name.body).toBe('{"DeviceName":"Plug 1"}');
    });
  });

  it('gets every error with status 200', async () => {
    const page = join(folder, 'page.bin');
    writeFileSync(page, '<!DOCTYPE html>'.repeat(200));
    await withUnit({ faults: ['upload-error-6-once'] }, async ({ url }) => {
      const first = await curl('--form', `u2=@${page}`, `${url}/u2`);
      expect([first.status, first.text.includes('Invalid file signature')]).toEqual([200, true]);
      const image = join(folder, 'image.bin');
      writeFileSync(image, practiceLite15());
      const second = await curl('--form', `u2=@${image}`, `${url}/u2`);
      expect([second.status, second.text.includes('Upload Successful')]).toEqual([200, true]);
    });
  });
});
