import { spawn } from 'node:child_process';
import { execa } from 'execa';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { systemClock } from '../../../src/core/clock.ts';
import type { Progress } from '../../../src/core/progress.ts';
import { hostPrograms } from '../../../src/drivers/process/host-programs.ts';
import { dafangPart, partOf, DAFANG_PARTS } from '../../../src/firmware/dafang/flash-map.ts';
import { Flashrom } from '../../../src/protocols/flashrom/flashrom.ts';
import * as build from '../../firmware/build-dafang.ts';
import { noise } from '../../firmware/build-images.ts';
import { dafangBench } from '../../flows/dafang-bench.ts';
import { repositoryRoot } from '../../count-reporter.ts';

const programs = hostPrograms();
const { notStarted } = await programs.run({ program: 'flashrom', args: ['--help'] });
const missing = notStarted === undefined ? undefined : 'flashrom is not installed';

const NEW_BOOT = build.boot({ seed: 99 });

/** flashrom's own `dummy`: a W25Q128FV whose content lies in a file between its runs. */
function dummy(content: Uint8Array) {
  const folder = mkdtempSync(join(tmpdir(), 'benchflash-flashrom-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'chip.bin');
  writeFileSync(file, content);
  return {
    folder,
    link: (more = '') => `flashrom:dummy:emulate=W25Q128FV,image=${file}${more}`,
    content: (): Uint8Array => readFileSync(file),
  };
}
const differs = (a: Uint8Array, b: Uint8Array) =>
  DAFANG_PARTS.filter((part) => Buffer.compare(partOf(a, part), partOf(b, part)) !== 0).map(
    ({ name }) => name,
  );

describe.skipIf(missing)(`flashrom${missing ? ` (${missing})` : ''}`, () => {
  it('brings a bricked camera back: boot and demo.bin written, para and config as before', async () => {
    const before = build.camera({ erased: ['boot', 'kernel'] });
    const chip = dummy(before);
    const { run } = await dafangBench();
    const { settled } = await run({
      programs,
      link: chip.link(),
      images: { boot: NEW_BOOT, demo: build.demo() },
      settings: { ram: '128' },
    });
    expect(settled).toMatchObject({
      outcome: 'PASS',
      proof: ['read back'],
      identity: { mac: build.MAC, flashId: 'ef4018', flashSizeBytes: before.length },
    });
    expect(differs(before, chip.content())).toEqual(['boot', 'kernel', 'root', 'driver', 'appfs']);
    expect(Buffer.compare(readFileSync(settled.backup!.file), before)).toBe(0);

    const restored = await run({ programs, link: chip.link(), task: 'restore' });
    expect(restored.settled.outcome).toBe('PASS');
    expect(restored.settled.notDone?.join(' ')).toContain('boot was not restored');
    expect(differs(before, chip.content())).toEqual(['boot', 'kernel']);
  });

  it('tells how far a write is, by what flashrom itself says', async () => {
    const chip = dummy(build.camera());
    const flashrom = await Flashrom.open({
      programs,
      programmer: chip.link().slice('flashrom:'.length),
      clock: systemClock,
      log: () => {},
    });
    onTestFinished(() => flashrom.close());
    await flashrom.probe(undefined);
    const image = chip.content().slice();
    const kernel = dafangPart('kernel');
    image.set(noise(kernel.size, 3), kernel.offset);
    const seen: Progress[] = [];
    await flashrom.write(image, [kernel], {
      label: 'writing',
      onProgress: (progress) => seen.push(progress),
    });
    // 1.3.0 names its blocks, later ones give percents: either way the bar is made of bytes and ends in words.
    const bar = seen
      .filter(({ label, total }) => label === 'writing' && total === kernel.size)
      .map(({ done }) => done);
    expect(bar.length).toBeGreaterThan(3);
    expect(bar).toEqual([...bar].sort((a, b) => a - b));
    expect(seen.at(-1)!.label).toBe('writing: verifying');
    expect(Buffer.compare(chip.content(), image)).toBe(0);
  });

  it('of two chip names takes the one that holds the marking', async () => {
    const { run } = await dafangBench();
    const { settled } = await run({
      programs,
      link: 'flashrom:dummy:emulate=MX25L6436',
      images: { boot: NEW_BOOT },
    });
    expect(settled).toMatchObject({ code: 'FLASH_CHIP_AMBIGUOUS', outcome: 'ERROR' });
    const named = await run({
      programs,
      link: 'flashrom:dummy:emulate=MX25L6436',
      images: { boot: NEW_BOOT },
      settings: { chip: 'MX25L6405D' },
    });
    expect(named.settled.code).toBe('WRONG_CHIP');
  });

  it.each([
    ['no chip', ',spi_ignorelist=9f9015ab90', 'FLASH_CHIP_NOT_FOUND'],
    ['a refused id', ',spi_blacklist=9f', 'FLASH_CONTACT_BAD'],
    ['refused reads', ',spi_blacklist=03', 'FLASH_READ_FAILED'],
    ['erases that do nothing', ',spi_ignorelist=20d852c760', 'FLASH_PROTECTED'],
    ['a protected chip', ',spi_status=0x9c,hwwp=yes', 'FLASH_PROTECTED'],
    ['writes that do nothing', ',spi_ignorelist=02', 'FLASH_STATE_UNKNOWN'],
    ['refused writes', ',spi_blacklist=02', 'FLASH_STATE_UNKNOWN'],
  ])('%s (%s) ends in its own code', async (_what, fault, code) => {
    const before = build.camera();
    const chip = dummy(before);
    const { run } = await dafangBench();
    const { settled } = await run({ programs, link: chip.link(fault), images: { boot: NEW_BOOT } });
    expect(settled.code).toBe(code);
    expect(settled.proof).toEqual([]);
    if (code !== 'FLASH_STATE_UNKNOWN') expect(differs(before, chip.content())).toEqual([]);
    else expect(Buffer.compare(readFileSync(settled.backup!.file), before)).toBe(0);
  });

  it('a refused write costs 1.3.0 the whole chip: the dump and the typed MAC bring it back', async () => {
    const before = build.camera();
    const chip = dummy(before);
    const { run } = await dafangBench();
    const failed = await run({ programs, link: chip.link(',spi_blacklist=02'), images: { boot: NEW_BOOT } });
    expect(failed.settled.code).toBe('FLASH_STATE_UNKNOWN');
    const { settled } = await run({
      programs,
      link: chip.link(),
      task: 'restore',
      backup: readFileSync(failed.settled.backup!.file),
      answers: { 'The identity': build.MAC, 'Every byte': 'blank' },
    });
    expect(settled.outcome, settled.message).toMatch(/PASS|CURRENT/);
    expect(differs(before, chip.content())).toEqual([]);
  });

  it.each([
    ['no programmer', 'flashrom:ch341a_spi', 'PROGRAMMER_MISSING'],
    ['no server', 'flashrom:serprog:ip=127.0.0.1:1', 'PROGRAMMER_MISSING'],
    ['no such programmer', 'flashrom:nosuch', 'LINK_UNKNOWN'],
  ])('%s', async (_what, link, code) => {
    const { run } = await dafangBench();
    expect((await run({ programs, link, images: { boot: NEW_BOOT } })).settled).toMatchObject({
      outcome: 'ERROR',
      code,
    });
  });

  it('a slow chip is only slow', async () => {
    const chip = dummy(build.camera());
    const { run } = await dafangBench();
    const { settled } = await run({ programs, link: chip.link(',freq=64mhz'), images: { boot: NEW_BOOT } });
    expect(settled.outcome).toBe('PASS');
  });

  it('the built program does it from the command line', async () => {
    const before = build.camera();
    const chip = dummy(before);
    const boot = join(chip.folder, 'boot.bin');
    writeFileSync(boot, NEW_BOOT);
    const { stdout, exitCode } = await execa(
      process.execPath,
      [
        'dist/benchflash.cjs',
        'run',
        'dafang-spi',
        '--link',
        chip.link(),
        '--firmware',
        boot,
        '--json',
        '--data-dir',
        join(chip.folder, 'data'),
      ],
      { cwd: repositoryRoot, reject: false },
    );
    expect(exitCode, stdout).toBe(0);
    const events = stdout.split('\n').map((line) => JSON.parse(line) as { type: string; outcome?: string });
    expect(events.find(({ type }) => type === 'outcome')).toMatchObject({
      outcome: 'PASS',
      proof: ['read back'],
    });
    expect(Buffer.compare(partOf(chip.content(), dafangPart('boot')), NEW_BOOT)).toBe(0);
    expect(differs(before, chip.content())).toEqual(['boot']);
  });

  it('a write outlives Ctrl+C at its terminal, and the death of the program by kill -9', async () => {
    const before = build.camera();
    const root = build.squashfs(0x34_0000, 50);
    const chip = dummy(before);
    const file = join(chip.folder, 'root.bin');
    writeFileSync(file, root);
    const data = ['--json', '--data-dir', join(chip.folder, 'data')];
    const running = spawn(
      process.execPath,
      [
        ...['dist/benchflash.cjs', 'run', 'dafang-spi', '--link', chip.link('')],
        ...['--firmware', `root=${file}`, ...data],
      ],
      // A process group of its own: the signal goes to all of it, as a terminal sends it.
      { cwd: repositoryRoot, detached: true, stdio: ['ignore', 'pipe', 'ignore'] },
    );
    await new Promise<void>((resolve) => {
      let said = '';
      running.stdout.on('data', (chunk: Buffer) => {
        said += chunk.toString();
        if (said.includes('"label":"writing root: reading')) resolve();
      });
    });
    process.kill(-running.pid!, 'SIGINT');
    process.kill(-running.pid!, 'SIGKILL');
    await new Promise((resolve) => running.once('close', resolve));
    // flashrom saves the chip of its dummy when it ends.
    const written = () => partOf(chip.content(), dafangPart('root')).subarray(0, root.length);
    await vi.waitFor(() => expect(Buffer.compare(written(), root)).toBe(0), {
      timeout: 60_000,
      interval: 100,
    });
    expect(differs(before, chip.content())).toEqual(['root']);

    const { stdout } = await execa(process.execPath, ['dist/benchflash.cjs', 'results', ...data], {
      cwd: repositoryRoot,
      reject: false,
    });
    expect(stdout).toContain('INTERRUPTED');
  });
});
