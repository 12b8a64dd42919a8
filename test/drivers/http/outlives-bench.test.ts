import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { isProcessAlive } from '../../../src/core/process-alive.ts';
import { until } from '../until.ts';
import { someContent } from './offers.ts';
import { ask, RawClient } from './raw-client.ts';

const CHILD = fileURLToPath(new URL('./bench-child.ts', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'benchflash-outlives-'));
afterAll(() => rmSync(folder, { recursive: true }));

const zip = someContent(60_000);
const target = someContent(200_000);
const zipFile = join(folder, 'stage-one.zip');
const targetFile = join(folder, 'stage-two.bin');
writeFileSync(zipFile, zip);
writeFileSync(targetFile, target);

const left: (() => void)[] = [];
afterEach(() => {
  for (const end of left.splice(0)) end();
});

interface Bench {
  readonly process: ChildProcess;
  readonly server: number;
  readonly port: number;
  /** Path of each file, in the order in which they were named. */
  readonly paths: readonly string[];
}

async function benchWith(style: string, ...files: readonly string[]): Promise<Bench> {
  const child = spawn(process.execPath, ['--import', 'tsx', CHILD, style, ...files], {
    stdio: ['pipe', 'pipe', 'inherit'],
    detached: true,
  });
  left.push(() => child.kill('SIGKILL'));
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  const { urls, pid } = JSON.parse(line) as { urls: string[]; pid: number };
  left.push(() => isProcessAlive(pid) && process.kill(pid, 'SIGKILL'));
  const parsed = urls.map((url) => new URL(url));
  return {
    process: child,
    server: pid,
    port: Number(parsed[0]?.port),
    paths: parsed.map(({ pathname }) => pathname),
  };
}

/** A takeover stands in the middle of its file. */
async function inTheMiddle({ port, paths }: Bench): Promise<RawClient> {
  const client = await RawClient.to(port);
  client.say(`GET ${paths[0]} HTTP/1.1`);
  await client.untilBytes(10_000);
  client.socket.pause();
  expect(client.body.length).toBeLessThan(target.length);
  return client;
}

async function wholeAfterAll(client: RawClient): Promise<void> {
  client.socket.resume();
  await client.untilEnd();
  expect(client.body.equals(target)).toBe(true);
  client.socket.end();
}

const over = (pid: number) => until(() => expect(isProcessAlive(pid)).toBe(false));

describe('a transfer is whole although the bench', () => {
  it.each(['SIGKILL', 'SIGHUP', 'SIGTERM', 'SIGINT'] as const)(
    'ended by %s in the middle of it',
    async (signal) => {
      const bench = await benchWith('takeover', targetFile);
      const client = await inTheMiddle(bench);
      bench.process.kill(signal);
      await once(bench.process, 'exit');
      await wholeAfterAll(client);
      await over(bench.server);
    },
  );

  it('was ended with its whole process group, as a terminal that closes does it', async () => {
    const bench = await benchWith('takeover', targetFile);
    const client = await inTheMiddle(bench);
    process.kill(-(bench.process.pid ?? 0), 'SIGHUP');
    await once(bench.process, 'exit');
    await wholeAfterAll(client);
    await over(bench.server);
  });

  it('stands still', async () => {
    const bench = await benchWith('takeover', targetFile);
    const client = await inTheMiddle(bench);
    bench.process.kill('SIGSTOP');
    await wholeAfterAll(client);
    // Another request: what it has to tell piles up nowhere.
    expect((await ask(bench.port, `GET ${bench.paths[0]} HTTP/1.1`)).body.equals(target)).toBe(true);
    bench.process.kill('SIGCONT');
    bench.process.stdin?.write('end\n');
    await once(bench.process, 'exit');
    await over(bench.server);
  });

  it('ended in good order in the middle of it', async () => {
    const bench = await benchWith('takeover', targetFile);
    const client = await inTheMiddle(bench);
    bench.process.stdin?.write('end\n');
    await once(bench.process, 'exit');
    await wholeAfterAll(client);
    await over(bench.server);
  });

  it('ended, and somebody sent the server what a terminal sends', async () => {
    const bench = await benchWith('takeover', targetFile);
    const client = await inTheMiddle(bench);
    for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM'] as const) process.kill(bench.server, signal);
    bench.process.kill('SIGKILL');
    await once(bench.process, 'exit');
    await wholeAfterAll(client);
    await over(bench.server);
  });
});

describe('without its bench', () => {
  it('the second stage is served when the unit comes for it, from memory, whatever became of the file', async () => {
    const bench = await benchWith('takeover', zipFile, targetFile);
    expect((await ask(bench.port, `GET ${bench.paths[0]} HTTP/1.1`)).body.equals(zip)).toBe(true);
    bench.process.kill('SIGKILL');
    await once(bench.process, 'exit');
    writeFileSync(targetFile, '');
    try {
      const second = await ask(bench.port, `GET ${bench.paths[1]} HTTP/1.1`);
      expect(second.body.equals(target)).toBe(true);
    } finally {
      writeFileSync(targetFile, target);
    }
    await over(bench.server);
  });

  it('a server that nobody needs ends by itself', async () => {
    const bench = await benchWith('mongoose', zipFile);
    expect((await ask(bench.port, `GET ${bench.paths[0]} HTTP/1.1`)).status).toBe(200);
    bench.process.kill('SIGKILL');
    await over(bench.server);
  });
});
