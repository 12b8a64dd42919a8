import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { practiceTasmota } from '../../../src/virtual/esp/images/plug-images.ts';
import { stockZip, takeoverZip } from '../../../src/virtual/shelly/images/zip-maker.ts';
import { PLUG_S } from '../../../src/virtual/shelly/models.ts';
import { Running } from '../../e2e/program.ts';
import { answers, PeerProcess } from '../serial/peer-process.ts';

const run = promisify(execFile);
const missing = !answers('curl', '--version') || !answers('python3', '--version');
const FW = '20230109-114426/v1.12.2-gdeadbee';

const curl = async (...words: string[]) => (await run('curl', ['-sS', '--max-time', '20', ...words])).stdout;

/** A served virtual Shelly, and the folder that Python's web server serves to it. */
async function shelly(...options: string[]) {
  const folder = await mkdtemp(join(tmpdir(), 'benchflash-curl-'));
  const image = join(folder, 'flash.bin');
  const served = new Running([
    ...['virtual', 'shelly-plug-s', '--listen', 'http://127.0.0.1:0', '--image', image],
    ...options,
  ]);
  // Its first line goes to standard output, which is the wire of a peer.
  const web = `exec python3 -u -m http.server 0 --bind 127.0.0.1 -d '${folder}' >&2`;
  const files = new PeerProcess('sh', ['-c', web]);
  onTestFinished(async () => {
    served.process.kill('SIGTERM');
    await served.ended;
    await files.stop();
    await rm(folder, { recursive: true, force: true });
  });
  const [, unit] = await served.saw(/^listening on (http:\S+)$/m);
  const [, port] = await files.said(/port (\d+)/);
  return { served, folder, image, unit: unit!, bench: `http://127.0.0.1:${port}` };
}

describe.skipIf(missing)('curl against a served virtual Shelly', () => {
  it('gets what the examples of the Gen1 API say', async () => {
    const { unit } = await shelly();
    const identity = await curl(`${unit}/shelly`);
    expect(identity).toMatch(
      new RegExp(
        `^{"type":"SHPLG-S","mac":"[0-9A-F]{12}","auth":false,"fw":"${FW}","num_outputs":1,"num_meters":1}$`,
      ),
    );
    const idle = `{"status":"idle","has_update":false,"new_version":"","old_version":"${FW}"}`;
    expect(await curl(`${unit}/ota`)).toBe(idle);
    expect(await curl('-d', 'turn=on', `${unit}/relay/0`)).toContain('"ison":true');
    expect(await curl('-w', ' %{http_code} %{content_type}', `${unit}/no-such-thing`)).toBe(
      'Not Found 404 text/plain',
    );
  });

  it('is refused without the password and let in with it', async () => {
    const { unit } = await shelly('--state', 'login');
    const code = ['-o', '/dev/null', '-w', '%{http_code}'];
    expect(await curl(...code, `${unit}/status`)).toBe('401');
    expect(await curl(...code, `${unit}/shelly`)).toBe('200');
    expect(await curl(...code, '-u', 'admin:practice-word', `${unit}/status`)).toBe('200');
  });

  it('makes it fetch a package from the web server of Python, and that its target', async () => {
    const { served, unit, bench, folder, image } = await shelly();
    const target = practiceTasmota();
    await writeFile(join(folder, 'tasmota.bin'), target);
    await writeFile(join(folder, 'mg2tasmota-ShellyPlugS.zip'), takeoverZip(PLUG_S, `${bench}/tasmota.bin`));
    expect(await curl(`${unit}/ota?url=${bench}/mg2tasmota-ShellyPlugS.zip`)).toContain(
      '"status":"updating"',
    );
    await until(served, 'starts tasmota');
    served.process.kill('SIGTERM');
    await served.ended;
    expect((await readFile(image)).subarray(0, target.length).equals(target)).toBe(true);
  });

  it('uploads another package to the intermediate as a form', async () => {
    const { served, unit, bench, folder } = await shelly();
    await writeFile(join(folder, 'takeover.zip'), takeoverZip(PLUG_S, `${bench}/not-there.bin`));
    await writeFile(join(folder, 'stock.zip'), stockZip(PLUG_S));
    await curl(`${unit}/ota?url=${bench}/takeover.zip`);
    await until(served, 'stays: HTTP response error: 404');
    expect(await curl(`${unit}/`)).toContain('<title>Index of /</title>');
    expect(await curl('-F', `f=@${join(folder, 'stock.zip')}`, `${unit}/update`)).toMatch(/^1 /);
    await until(served, 'starts shelly-stock (restart)');
    expect(await curl('--retry', '5', '--retry-all-errors', `${unit}/shelly`)).toContain('v1.14.0');
  });
});

/** The served unit has said so. */
async function until(served: Running, text: string): Promise<void> {
  while (!served.stderr.includes(text)) await once(served.process.stderr!, 'data');
}
