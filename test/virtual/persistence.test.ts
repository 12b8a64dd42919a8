import { spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isBenchError } from '../../src/core/errors.ts';
import { createPracticeBench } from '../../src/virtual/create-practice-bench.ts';
import { ManualClock } from '../harness/manual-clock.ts';
import { RawUnit } from './harness/wire-bench.ts';

const newDir = () => mkdtempSync(join(tmpdir(), 'benchflash-store-'));
const content = new Uint8Array(10_000).fill(0x42);

describe('flash of virtual units', () => {
  it('lasts, in a file of the size of the flash, readable by its owner only', async () => {
    const dataDir = newDir();
    const unit = await RawUnit.open('virtual:lamp?unit=7', { dataDir });
    await unit.intoStub();
    await unit.stubWrite(0x200000, content);
    const path = join(dataDir, 'virtual', 'lamp-7.bin');
    // There before the port is closed: FLASH_END has flushed it.
    expect(
      readFileSync(path)
        .subarray(0x200000, 0x200000 + content.length)
        .equals(content),
    ).toBe(true);
    expect(statSync(path).size).toBe(4_194_304);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    await unit.port.close();

    const again = await RawUnit.open('virtual:lamp?unit=7', { dataDir });
    await again.intoStub();
    expect(await again.md5(0x200000, content.length)).toBe('e9c53792746fd9a09ceea807c3b3ef41');
    await again.port.close();
    const notes = JSON.parse(readFileSync(join(dataDir, 'virtual', 'lamp-7.json'), 'utf8')) as object;
    expect(notes).toMatchObject({ device: 'lamp', unit: 7, state: 'factory', flashed: true, writes: 1 });
  });

  it('is new again with fresh, once per start of the program', async () => {
    const dataDir = newDir();
    const clock = new ManualClock();
    const write = async (link: string, bench?: ReturnType<typeof createPracticeBench>) => {
      const unit = await RawUnit.open(link, { dataDir, clock, ...(bench && { bench }) });
      await unit.intoStub();
      const before = await unit.md5(0x200000, content.length);
      await unit.stubWrite(0x200000, content);
      await unit.port.close();
      return before;
    };
    const blank = await write('virtual:lamp');
    expect(await write('virtual:lamp')).not.toBe(blank);
    const bench = createPracticeBench({ dataDir, clock });
    expect(await write('virtual:lamp?fresh', bench)).toBe(blank);
    expect(await write('virtual:lamp?fresh', bench)).not.toBe(blank);
  });

  it('leaves no file for a unit that was only read', async () => {
    const unit = await RawUnit.open('virtual:lamp');
    await unit.intoStub();
    await unit.md5(0, 0x400000);
    await unit.port.close();
    expect(existsSync(join(unit.dataDir, 'virtual', 'lamp-1.bin'))).toBe(false);
  });

  it('is written within a moment even when nobody ends the write', async () => {
    const unit = await RawUnit.open('virtual:lamp');
    await unit.intoStub();
    await unit.ask(Uint8Array.of(0, 0xd1, 8, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 16, 0, 0));
    await unit.clock.advance(300);
    expect(existsSync(join(unit.dataDir, 'virtual', 'lamp-1.bin'))).toBe(true);
  });

  it('is locked while its port is open, and free afterwards', async () => {
    const dataDir = newDir();
    const unit = await RawUnit.open('virtual:lamp', { dataDir });
    await expect(RawUnit.open('virtual:lamp', { dataDir })).rejects.toSatisfy((error) =>
      isBenchError(error, 'PORT_BUSY'),
    );
    await unit.port.close();
    await unit.port.close();
    await (await RawUnit.open('virtual:lamp', { dataDir })).port.close();
    expect(existsSync(join(dataDir, 'virtual', 'lamp-1.lock'))).toBe(false);
  });

  it('is held by another living process', async () => {
    const dataDir = newDir();
    mkdirSync(join(dataDir, 'virtual'));
    writeFileSync(join(dataDir, 'virtual', 'lamp-1.lock'), `${process.ppid}\n`);
    await expect(RawUnit.open('virtual:lamp', { dataDir })).rejects.toSatisfy((error) =>
      isBenchError(error, 'PORT_BUSY'),
    );
  });

  it('is taken over from a process that is gone, and from before the last start of the computer', async () => {
    const child = spawn(process.execPath, ['-e', '']);
    await new Promise((resolve) => child.on('exit', resolve));
    const old = new Date(Date.now() - 10 * 365 * 86_400_000);
    for (const [pid, time] of [
      [child.pid, new Date()],
      [process.ppid, old],
    ] as const) {
      const dataDir = newDir();
      mkdirSync(join(dataDir, 'virtual'));
      const lock = join(dataDir, 'virtual', 'lamp-1.lock');
      writeFileSync(lock, `${pid}\n`);
      utimesSync(lock, time, time);
      await (await RawUnit.open('virtual:lamp', { dataDir })).port.close();
    }
  });

  it('of an unusable directory is refused in words', async () => {
    const file = join(newDir(), 'file');
    writeFileSync(file, '');
    await expect(RawUnit.open('virtual:lamp', { dataDir: file })).rejects.toSatisfy((error) =>
      isBenchError(error, 'DATA_DIR_UNUSABLE'),
    );
  });
});
