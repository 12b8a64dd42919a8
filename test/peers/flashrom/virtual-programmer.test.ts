import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../../../src/core/clock.ts';
import { hostPrograms } from '../../../src/drivers/process/host-programs.ts';
import { findVirtualDevice } from '../../../src/virtual/registry.ts';
import { serveVirtualDevice } from '../../../src/virtual/servers/server.ts';
import { dafangBench } from '../../flows/dafang-bench.ts';

const programs = hostPrograms();
const { notStarted } = await programs.run({ program: 'flashrom', args: ['--help'] });
const missing = notStarted === undefined ? undefined : 'flashrom is not installed';

const device = findVirtualDevice('dafang');
const image = (file: string) =>
  device
    .practiceImages()
    .find((each) => each.file === file)!
    .make();
/** Marking of the chip: each version of flashrom has a name that contains it. */
const MARKING = 'GD25Q127C';

/** The virtual programmer, served, and flashrom on it. */
async function programmer(options: { faults?: readonly string[]; state?: string } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'benchflash-serprog-'));
  const chip = join(folder, 'chip.bin');
  const server = await serveVirtualDevice(device, {
    scheme: 'tcp',
    host: '127.0.0.1',
    port: 0,
    clock: systemClock,
    image: chip,
    ...options,
  });
  onTestFinished(async () => {
    await server.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const flashrom = (...args: string[]) =>
    execa('flashrom', ['-p', `serprog:ip=127.0.0.1:${server.port}`, ...args], { reject: false, all: true });
  const { stdout } = await flashrom();
  const name = [...stdout.matchAll(/"([^"]+)" \(16384 kB/g)]
    .map((match) => match[1]!)
    .find((each) => each.includes(MARKING));
  const path = (file: string) => join(folder, file);
  return { flashrom, name: name ?? '', probed: stdout, chip, path, close: () => server.close() };
}

describe.skipIf(missing)(`flashrom on the virtual programmer${missing ? ` (${missing})` : ''}`, () => {
  it('probes, reads, writes a region, verifies and erases', async () => {
    const { flashrom, name, chip, path, close } = await programmer();
    expect(name).toContain(MARKING);
    const read = await flashrom('-c', name, '-r', path('read.bin'));
    expect(read.exitCode, read.all).toBe(0);
    const before = readFileSync(path('read.bin'));
    const wanted = Buffer.from(before);
    wanted.set(image('dafang-boot.bin'));
    writeFileSync(path('wanted.bin'), wanted);
    writeFileSync(path('layout'), '00000000:0003ffff boot\n00040000:00ffffff rest\n');
    const write = await flashrom('-c', name, '-l', path('layout'), '-i', 'boot', '-w', path('wanted.bin'));
    expect(write.exitCode, write.all).toBe(0);
    expect(write.all).toContain('VERIFIED.');
    expect((await flashrom('-c', name, '-v', path('wanted.bin'))).exitCode).toBe(0);
    expect((await flashrom('-c', name, '-v', path('read.bin'))).exitCode).toBe(3);
    writeFileSync(path('small'), '00ff0000:00ffffff flag\n00f70000:00faffff config\n');
    const erase = await flashrom('-c', name, '-l', path('small'), '-i', 'config', '-E');
    expect(erase.exitCode, erase.all).toBe(0);
    await close();
    const after = readFileSync(chip);
    expect(Buffer.compare(after.subarray(0, 0xf7_0000), wanted.subarray(0, 0xf7_0000))).toBe(0);
    expect(after.subarray(0xf7_0000, 0xfb_0000).every((byte) => byte === 0xff)).toBe(true);
    expect(Buffer.compare(after.subarray(0xfb_0000), before.subarray(0xfb_0000))).toBe(0);
  });

  it('no chip, bad contact', async () => {
    expect((await programmer({ faults: ['no-chip'] })).probed).toContain('No EEPROM/flash device found.');
    expect((await programmer({ faults: ['bad-contact'] })).probed).toContain('unknown SPI chip');
  });
});

describe.skipIf(missing)(`dafang-spi on the practice bench${missing ? ` (${missing})` : ''}`, () => {
  const run = async (query: string) => {
    const bench = await dafangBench();
    const { settled } = await bench.run({
      programs,
      link: `virtual:dafang${query}`,
      images: { boot: image('dafang-boot.bin') },
      // Where the boot loader is gone, nothing in the dump tells the RAM.
      settings: { chip: MARKING, ram: '128' },
    });
    return settled;
  };

  it.each([
    '',
    '?state=uboot-only',
    '?state=para-erased',
    '?state=bootloader-at-wrong-offset',
    '?fault=busy',
  ])('virtual:dafang%s ends in PASS', async (query) => {
    expect(await run(query)).toMatchObject({ outcome: 'PASS', proof: ['read back'] });
  });

  it.each([
    ['two-reads-differ', 'FLASH_READS_DIFFER'],
    ['drops-connection', 'FLASH_READ_FAILED'],
    ['lies-in-a-byte', 'FLASH_STATE_UNKNOWN'],
    ['protected', 'FLASH_PROTECTED'],
    ['no-chip', 'FLASH_CHIP_NOT_FOUND'],
    ['bad-contact', 'FLASH_CONTACT_BAD'],
  ])('%s ends in %s', async (fault, code) => {
    const settled = await run(`?fault=${fault}`);
    expect(settled).toMatchObject({ code });
    expect(settled.proof).toEqual([]);
  });

  it.each([
    ['?state=bootloader-at-wrong-offset', '', { outcome: 'PASS', proof: ['read back', 'banner', 'heard'] }],
    ['?state=kernel-erased', '', { outcome: 'FAIL', code: 'KERNEL_MISSING' }],
    ['?state=para-erased', '', { outcome: 'FAIL', code: 'LINUX_WITHOUT_MAC' }],
    ['', '?fault=mac-changes', { outcome: 'FAIL', code: 'MAC_CHANGED' }],
  ])('virtual:dafang%s, its chip back on its board: virtual:dafang-console%s', async (query, fault, end) => {
    const bench = await dafangBench();
    const { settled } = await bench.run({
      programs,
      link: `virtual:dafang?unit=3${query.replace('?', '&')}`,
      images: { boot: image('dafang-boot.bin') },
      settings: { chip: MARKING, ram: '128', console: `virtual:dafang-console${fault}` },
      assume: ['wired'],
    });
    expect(settled).toMatchObject(end);
  });

  it('a chip that answers with an id flashrom does not know is not bad contact', async () => {
    const settled = await run('?state=unknown-flash-chip');
    expect(settled).toMatchObject({ code: 'FLASH_CHIP_UNKNOWN', outcome: 'ERROR' });
    expect(settled.message).toContain('5e4018');
  });
});
