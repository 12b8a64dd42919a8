import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { dafangPart, DAFANG_FLASH_BYTES, DAFANG_PARTS, partOf } from '../../src/firmware/dafang/flash-map.ts';
import { dafangSpi } from '../../flows/dafang-spi/flow.ts';
import * as build from '../firmware/build-dafang.ts';
import { ScriptedFlashrom, type Answer } from '../harness/scripted-flashrom.ts';
import { dafangBench } from './dafang-bench.ts';

const NEW_BOOT = build.boot({ seed: 99 });
const blankChip = () => new Uint8Array(DAFANG_FLASH_BYTES).fill(0xff);
const START = 'Found GigaDevice flash chip "GD25Q128C" (16384 kB, SPI) on dummy.\n';
const WRITING = `${START}Reading old flash chip contents... done.\nErasing and writing flash chip... `;
const BAD_WRITE: Answer = {
  stdout: `${WRITING}Erase/write done.\nVerifying flash... `,
  stderr:
    'Uh oh. Erase/write failed. Checking if anything has changed.\nApparently at least some data has changed.\n',
  exitCode: 2,
};
/** Parts in which two chips differ. */
const differs = (a: Uint8Array, b: Uint8Array) =>
  DAFANG_PARTS.filter((part) => Buffer.compare(partOf(a, part), partOf(b, part)) !== 0).map(
    ({ name }) => name,
  );

describe('the flow writes the chosen parts and nothing else', () => {
  it('ends in PASS by read-back, para and config byte for byte', async () => {
    const before = build.camera();
    const programs = new ScriptedFlashrom(before.slice());
    const { run } = await dafangBench();
    let planned: readonly string[] = [];
    const { settled, slot, log } = await run({
      programs,
      images: { boot: NEW_BOOT },
      onEvent: (event, bench) => {
        if (event.type !== 'step' || event.step !== 'flash') return;
        const map = bench.view().batches[0]!.slots[0]!.flashMap ?? [];
        planned = map.filter(({ becomes }) => becomes !== undefined).map(({ name }) => name);
      },
    });
    expect(settled).toMatchObject({
      outcome: 'PASS',
      proof: ['read back'],
      identity: { mac: build.MAC, flashId: 'c84018' },
    });
    expect(differs(before, programs.chip)).toEqual(['boot']);
    expect(Buffer.compare(partOf(programs.chip, dafangPart('boot')), NEW_BOOT)).toBe(0);
    const writes = programs.calls.filter(({ call }) => call === 'write');
    expect(writes).toHaveLength(1);
    expect(writes[0]!.args).toEqual(expect.arrayContaining(['-i', 'boot']));
    expect(writes[0]!.args).not.toContain('para');
    expect(planned).toEqual(['boot']);
    expect(slot.flashMap?.filter(({ good, becomes }) => !good || becomes !== undefined)).toEqual([]);
    expect(log).toMatch(/map: boot +0x000000 \+0x040000 CHANGES to stock U-Boot/);
    expect(log).toMatch(/map: para +0xfb0000 \+0x040000 stays: jffs2, 1 file/);
    expect(programs.folders).toBe(0);
  });

  it('takes kernel to appfs from demo.bin', async () => {
    const programs = new ScriptedFlashrom(build.camera({ erased: ['kernel', 'root'] }));
    const { run } = await dafangBench();
    const { settled } = await run({ programs, images: { demo: build.demo() } });
    expect(settled.outcome).toBe('PASS');
    const want = build.demo().subarray(64);
    expect(Buffer.compare(programs.chip.subarray(0x4_0000, 0x4_0000 + want.length), want)).toBe(0);
  });

  it('backs the whole chip up first: two equal reads, before the first byte is written', async () => {
    const chip = build.camera({ erased: ['boot'] });
    const programs = new ScriptedFlashrom(chip.slice());
    const bench = await dafangBench();
    const { settled } = await bench.run({ programs, images: { boot: NEW_BOOT }, settings: { ram: '128' } });
    expect(settled.outcome).toBe('PASS');
    expect(Buffer.compare(readFileSync(settled.backup!.file), chip)).toBe(0);
    const order = programs.calls.map(({ call, args }) =>
      call === 'read' && !args.includes('-l') ? 'whole' : call,
    );
    expect(order.slice(0, order.indexOf('write')).filter((call) => call === 'whole')).toHaveLength(2);
  });

  it('writes nothing to a chip that holds it all (CURRENT)', async () => {
    const programs = new ScriptedFlashrom(build.camera());
    const { run } = await dafangBench();
    const { settled } = await run({ programs, images: { kernel: build.kernel() } });
    expect(settled.outcome).toBe('CURRENT');
    expect(programs.calls.some(({ call }) => call === 'write')).toBe(false);
  });

  it('only reads for a backup', async () => {
    const programs = new ScriptedFlashrom(build.camera());
    const { run } = await dafangBench();
    const { settled } = await run({ programs, task: 'backup' });
    expect(settled).toMatchObject({ outcome: 'PASS', proof: ['read back'] });
    expect(programs.calls.some(({ call }) => call === 'write')).toBe(false);
  });

  it('keeps keys and passwords out of log, events and journal', async () => {
    const bench = await dafangBench();
    const { log, events } = await bench.run({
      programs: new ScriptedFlashrom(build.camera()),
      images: { boot: NEW_BOOT },
    });
    const data = path.join(bench.folder, 'data');
    const files = readdirSync(data, { recursive: true, encoding: 'utf8' }).filter((name) =>
      /\.(jsonl?|log|csv)$/.test(name),
    );
    expect(files.length).toBeGreaterThan(1);
    const text = [
      log,
      JSON.stringify(events),
      ...files.map((name) => readFileSync(path.join(data, name), 'utf8')),
    ].join('');
    for (const secret of [build.SECRET_KEY, build.SECRET_WIFI, 'QQQQ']) expect(text).not.toContain(secret);
    expect(text).toContain('Werkbank');
  });
});

describe('before anything is written', () => {
  const refusedWith = async (
    code: string,
    options: Parameters<Awaited<ReturnType<typeof dafangBench>>['run']>[0] & { programs: ScriptedFlashrom },
  ) => {
    const { run } = await dafangBench();
    const result = await run(options);
    expect(result.settled.code).toBe(code);
    expect(options.programs.calls.some(({ call }) => call === 'write')).toBe(false);
    return result;
  };

  it('two reads that differ (FLASH_READS_DIFFER), in a small part or in the whole chip', async () => {
    const flip = (at: number) => (self: ScriptedFlashrom) => {
      self.chip[at]! ^= 1;
      return undefined;
    };
    for (const reads of [
      [undefined, flip(0xfb_0100)],
      [undefined, undefined, undefined, flip(0x40_0000)],
    ]) {
      const programs = new ScriptedFlashrom(build.camera(), { read: reads });
      const { settled } = await refusedWith('FLASH_READS_DIFFER', { programs, images: { boot: NEW_BOOT } });
      expect(settled.outcome).toBe('ERROR');
      expect(settled.backup).toBeUndefined();
    }
  });

  it('one constant byte is bad contact (FLASH_READS_CONSTANT) unless blank is typed', async () => {
    const images = { base: build.camera() };
    await refusedWith('FLASH_READS_CONSTANT', { programs: new ScriptedFlashrom(blankChip()), images });
    await refusedWith('FLASH_READS_CONSTANT', {
      programs: new ScriptedFlashrom(blankChip()),
      images,
      answers: { 'Every byte': 'contact' },
    });
  });

  it('a boot loader that does not know the chip (BOOT_CANNOT_DRIVE_FLASH)', async () => {
    const stdout = START.replace('GigaDevice flash chip "GD25Q128C"', 'Zbit flash chip "ZB25VQ128"');
    const programs = new ScriptedFlashrom(build.camera(), {
      probe: [{ stdout: `Probing for x: compare_id: id1 0x5e, id2 0x4018\n${stdout}` }],
    });
    const { settled } = await refusedWith('BOOT_CANNOT_DRIVE_FLASH', {
      programs,
      images: { boot: NEW_BOOT },
    });
    expect(settled.message).toContain('5e4018');
  });

  it('a boot loader for other RAM (RAM_VARIANT_WRONG), told by its own or by the setting', async () => {
    const images = { boot: build.boot({ ramMB: 64, seed: 9 }) };
    await refusedWith('RAM_VARIANT_WRONG', { programs: new ScriptedFlashrom(build.camera()), images });
    await refusedWith('RAM_VARIANT_WRONG', {
      programs: new ScriptedFlashrom(build.camera({ ramMB: 64 })),
      images,
      settings: { ram: '128' },
    });
  });

  it('RAM that nothing tells (RAM_VARIANT_UNKNOWN); somebody at the screen is asked', async () => {
    const bricked = () => new ScriptedFlashrom(build.camera({ erased: ['boot'] }));
    const images = { boot: NEW_BOOT };
    await refusedWith('RAM_VARIANT_UNKNOWN', { programs: bricked(), images });
    await refusedWith('RAM_VARIANT_WRONG', {
      programs: bricked(),
      images,
      answers: { 'How much RAM': '64' },
    });
    const { run } = await dafangBench();
    expect(
      (await run({ programs: bricked(), images, answers: { 'How much RAM': '128' } })).settled.outcome,
    ).toBe('PASS');
  });

  it('a chip of another size (WRONG_CHIP)', async () => {
    const programs = new ScriptedFlashrom(build.camera(), {
      probe: [{ stdout: START.replace('16384', '8192') }],
    });
    await refusedWith('WRONG_CHIP', { programs, images: { boot: NEW_BOOT } });
  });

  it('another chip between backup and write', async () => {
    const other = build.camera({ mac: '34:ce:00:aa:bb:02' });
    const swap = (self: ScriptedFlashrom) => {
      self.chip = other;
      return undefined;
    };
    const programs = new ScriptedFlashrom(build.camera(), {
      read: [undefined, undefined, undefined, undefined, swap],
    });
    const { run } = await dafangBench();
    const { slot, settled } = await run({ programs, images: { boot: NEW_BOOT } });
    // The first run is settled for its own; the camera that is there now gets its own run, backup first.
    expect(settled).toMatchObject({ outcome: 'PASS', identity: { mac: '34:ce:00:aa:bb:02' } });
    expect(slot.earlier.map(({ code }) => code)).toEqual(['UNIT_SWAPPED']);
  });

  it('no chip: nobody there is told the code, somebody at the screen is shown the page until the chip answers', async () => {
    const none: Answer = { stdout: 'No EEPROM/flash device found.\n', exitCode: 1 };
    const script = () => ({ probe: [none, none] });
    await refusedWith('FLASH_CHIP_NOT_FOUND', {
      programs: new ScriptedFlashrom(build.camera(), script()),
      images: { boot: NEW_BOOT },
    });
    const { run } = await dafangBench();
    const { settled, asked } = await run({
      programs: new ScriptedFlashrom(build.camera(), script()),
      images: { boot: NEW_BOOT },
      answers: {},
    });
    expect(settled.outcome).toBe('PASS');
    expect(asked).toEqual(['Put the flash chip on the programmer, and the programmer on this computer']);
  });
});

describe('several chips of one id', () => {
  const stdout =
    'Found GigaDevice flash chip "GD25B128B/GD25Q128B" (16384 kB, SPI) on dummy.\nFound GigaDevice flash chip "GD25Q127C/GD25Q128C" (16384 kB, SPI) on dummy.\n' +
    'Multiple flash chip definitions match the detected chip(s): "GD25B128B/GD25Q128B", "GD25Q127C/GD25Q128C"\n';
  const two = () => new ScriptedFlashrom(build.camera(), { probe: [{ stdout, exitCode: 1 }] });

  it('must be told apart by the marking (FLASH_CHIP_AMBIGUOUS), in the job or by a question whose answer the job keeps', async () => {
    const { run } = await dafangBench();
    const unasked = await run({ programs: two(), images: { boot: NEW_BOOT } });
    expect(unasked.settled.code).toBe('FLASH_CHIP_AMBIGUOUS');
    expect(unasked.settled.message).toContain('GD25Q127C/GD25Q128C');

    const set = two();
    expect(
      (await run({ programs: set, images: { boot: NEW_BOOT }, settings: { chip: 'gd25q127c' } })).settled
        .outcome,
    ).toBe('PASS');
    expect(set.calls.filter(({ call }) => call === 'probe')[1]!.args).toEqual(
      expect.arrayContaining(['-c', 'GD25Q127C/GD25Q128C']),
    );

    const kept: string[] = [];
    await run({
      programs: two(),
      images: { boot: build.boot({ seed: 5 }) },
      jobName: 'cameras',
      answers: { 'Several chips': 'GD25Q127C/GD25Q128C' },
      onSettings: (...words) => kept.push(words.join(' ')),
    });
    expect(kept).toEqual(['cameras chip GD25Q127C/GD25Q128C']);
  });
});

describe('an identity from a file', () => {
  const typed = (mac = build.MAC) => ({ 'Every byte': 'blank', 'The identity': mac });

  it('goes onto a new chip once its MAC is typed', async () => {
    const programs = new ScriptedFlashrom(blankChip());
    const { run } = await dafangBench();
    const { settled } = await run({
      programs,
      images: { base: build.camera(), boot: NEW_BOOT },
      answers: typed(),
    });
    expect(settled).toMatchObject({ outcome: 'PASS', identity: { mac: build.MAC } });
    expect(differs(build.camera(), programs.chip)).toEqual(['boot']);
  });

  it('needs somebody to type it', async () => {
    const programs = new ScriptedFlashrom(build.camera({ erased: ['para'] }));
    const { run } = await dafangBench();
    const { settled } = await run({ programs, images: { para: build.para(build.MAC) } });
    expect(settled).toMatchObject({ outcome: 'ERROR', code: 'OPERATOR_NEEDED' });
    const no = await run({
      programs,
      images: { para: build.para(build.MAC) },
      answers: { 'The identity': 'no' },
    });
    expect(no.settled.code).toBe('SKIPPED_BY_OPERATOR');
    expect(programs.calls.some(({ call }) => call === 'write')).toBe(false);
    expect(
      (await run({ programs, images: { para: build.para(build.MAC) }, answers: typed() })).settled.outcome,
    ).toBe('PASS');
    expect(differs(build.camera(), programs.chip)).toEqual([]);
  });

  it('never goes onto a camera that has another, nor onto a second one (MAC_OF_OTHER_UNIT)', async () => {
    const { run } = await dafangBench();
    const mine = new ScriptedFlashrom(build.camera({ mac: '34:ce:00:aa:bb:09' }));
    expect(
      (await run({ programs: mine, images: { base: build.camera() }, answers: typed() })).settled.code,
    ).toBe('MAC_OF_OTHER_UNIT');

    const alive = new ScriptedFlashrom(build.camera());
    expect((await run({ programs: alive, images: { boot: NEW_BOOT } })).settled.outcome).toBe('PASS');
    const second = new ScriptedFlashrom(blankChip());
    const { settled } = await run({ programs: second, images: { base: build.camera() }, answers: typed() });
    expect(settled.code).toBe('MAC_OF_OTHER_UNIT');
    expect(settled.message).toContain('B-0002');
    expect(second.calls.some(({ call }) => call === 'write')).toBe(false);
  });

  it('of a dump without a kernel is refused: nothing of it would start', async () => {
    const { run } = await dafangBench();
    const { settled } = await run({
      programs: new ScriptedFlashrom(build.camera({ erased: ['para'] })),
      images: { base: build.camera({ erased: ['kernel'] }) },
      answers: typed(),
    });
    expect(settled).toMatchObject({ code: 'FIRMWARE_REFUSED', outcome: 'SKIPPED' });
    expect(settled.message).toContain('kernel');
  });
});

describe('a write that goes wrong', () => {
  it('is looked at, and what it took away is put back (1.3.0 erases the whole chip when a part fails)', async () => {
    const before = build.camera();
    const wipe = (self: ScriptedFlashrom) => {
      self.chip.fill(0xff);
      return BAD_WRITE;
    };
    const programs = new ScriptedFlashrom(before.slice(), { write: [wipe] });
    const { run } = await dafangBench();
    const { settled } = await run({ programs, images: { boot: NEW_BOOT } });
    expect(settled.outcome).toBe('PASS');
    expect(differs(before, programs.chip)).toEqual(['boot']);
    expect(settled.warnings.join(' ')).toContain('config, para');
  });

  it('twice is FLASH_STATE_UNKNOWN, and says what is lost', async () => {
    const wipe = (self: ScriptedFlashrom) => {
      self.chip.fill(0xff);
      return BAD_WRITE;
    };
    const programs = new ScriptedFlashrom(build.camera(), { write: [wipe, wipe] });
    const { run } = await dafangBench();
    const { settled } = await run({ programs, images: { boot: NEW_BOOT } });
    expect(settled).toMatchObject({ outcome: 'FAIL', code: 'FLASH_STATE_UNKNOWN' });
    expect(settled.message).toContain('config, para are only in the backup now');
    expect(settled.backup).toBeDefined();
  });

  it('refused by the chip is FLASH_PROTECTED', async () => {
    const stderr =
      "Uh oh. Erase/write failed.\nGood, writing to the flash chip apparently didn't do anything.\n";
    const programs = new ScriptedFlashrom(build.camera(), {
      write: [{ stdout: WRITING, stderr, exitCode: 2 }],
    });
    const { run } = await dafangBench();
    expect((await run({ programs, images: { boot: NEW_BOOT } })).settled).toMatchObject({
      outcome: 'FAIL',
      code: 'FLASH_PROTECTED',
    });
  });

  it('is never a PASS when the words lie (VERIFY_MISMATCH, IDENTITY_CHANGED)', async () => {
    const lies: Answer = { stdout: `${WRITING}Erase/write done.\nVerifying flash... VERIFIED.\n` };
    const { run } = await dafangBench();
    const idle = new ScriptedFlashrom(build.camera(), { write: [lies] });
    expect((await run({ programs: idle, images: { boot: NEW_BOOT } })).settled).toMatchObject({
      outcome: 'FAIL',
      code: 'VERIFY_MISMATCH',
    });
    const wiped = new ScriptedFlashrom(build.camera(), {
      write: [
        (self) => {
          self.chip.set(NEW_BOOT);
          self.chip.fill(0xff, 0xfb_0000, 0xfc_0000);
          return lies;
        },
      ],
    });
    expect((await run({ programs: wiped, images: { boot: NEW_BOOT } })).settled).toMatchObject({
      outcome: 'FAIL',
      code: 'IDENTITY_CHANGED',
    });
  });
});

describe('a cancel', () => {
  it('in the write waits for its end and its proof', async () => {
    const programs = new ScriptedFlashrom(build.camera(), {
      write: [
        () => {
          cancel();
          return undefined;
        },
      ],
    });
    let cancel = () => {};
    const { run } = await dafangBench();
    const { settled } = await run({
      programs,
      images: { boot: NEW_BOOT },
      onEvent: (_event, bench) => {
        cancel = () => bench.cancel(bench.view().batches.flatMap(({ slots }) => slots.map(({ id }) => id)));
      },
    });
    expect(settled).toMatchObject({ outcome: 'PASS', proof: ['read back'] });
  });

  it('is broken off at once only by the word for it (FLASH_WRITE_BROKEN_OFF)', async () => {
    const programs = new ScriptedFlashrom(build.camera(), {
      write: [
        () => {
          breakOff();
          return { stdout: WRITING, exitCode: undefined, endedBy: 'signal' };
        },
      ],
    });
    let breakOff = () => {};
    const held: (boolean | undefined)[] = [];
    const { run } = await dafangBench();
    const { settled, log } = await run({
      programs,
      images: { boot: NEW_BOOT },
      onEvent: (_event, bench) => {
        breakOff = () => {
          const slots = bench.view().batches.flatMap((batch) => batch.slots);
          held.push(...slots.map(({ holdsWrite }) => holdsWrite));
          bench.breakOff(slots.map(({ id }) => id));
        };
      },
    });
    expect(settled).toMatchObject({ outcome: 'ABORTED', code: 'FLASH_WRITE_BROKEN_OFF' });
    expect(held).toEqual([true]);
    expect(log).toContain('the operator breaks the write off');
  });
});

describe('restore', () => {
  it('brings back what the unit held before, by its MAC', async () => {
    const before = build.camera();
    const programs = new ScriptedFlashrom(before.slice());
    const { run } = await dafangBench();
    await run({ programs, images: { boot: NEW_BOOT, demo: build.demo() } });
    expect(differs(before, programs.chip).length).toBeGreaterThan(1);
    const { settled } = await run({ programs, task: 'restore' });
    expect(settled).toMatchObject({ outcome: 'PASS', proof: ['read back'] });
    expect(differs(before, programs.chip)).toEqual([]);
    expect((await run({ programs, task: 'restore' })).settled.outcome).toBe('CURRENT');
  });

  it('leaves a part alone that the backup does not hold in good order', async () => {
    const programs = new ScriptedFlashrom(build.camera({ erased: ['boot'] }));
    const { run } = await dafangBench();
    await run({ programs, images: { boot: NEW_BOOT }, settings: { ram: '128' } });
    const { settled } = await run({ programs, task: 'restore' });
    expect(settled.outcome).toBe('CURRENT');
    expect(settled.notDone?.join(' ')).toContain('boot was not restored');
    expect(Buffer.compare(partOf(programs.chip, dafangPart('boot')), NEW_BOOT)).toBe(0);
  });

  it('a chip that lost para needs the named dump and its MAC typed', async () => {
    const before = build.camera();
    const programs = new ScriptedFlashrom(build.camera({ erased: ['para', 'kernel'] }));
    const { run } = await dafangBench();
    expect((await run({ programs, task: 'restore' })).settled.code).toBe('NO_BACKUP_OF_UNIT');
    const { settled } = await run({
      programs,
      task: 'restore',
      backup: before,
      answers: { 'The identity': build.MAC },
    });
    expect(settled.outcome).toBe('PASS');
    expect(differs(before, programs.chip)).toEqual([]);
  });

  it('of another camera brings its firmware only, and only by name (BACKUP_OF_OTHER_UNIT)', async () => {
    const mine = build.camera({ mac: '34:ce:00:aa:bb:09', erased: ['kernel'] });
    const programs = new ScriptedFlashrom(mine.slice());
    const { run } = await dafangBench();
    const skipped = await run({
      programs,
      task: 'restore',
      backup: build.camera(),
      answers: { 'This backup is of': 'skip' },
    });
    expect(skipped.settled.code).toBe('BACKUP_OF_OTHER_UNIT');
    const { settled } = await run({
      programs,
      task: 'restore',
      backup: build.camera(),
      assume: ['other-unit'],
    });
    expect(settled.outcome).toBe('PASS');
    expect(differs(mine, programs.chip)).toEqual(['kernel']);
  });
});

describe('the plan', () => {
  it.each<[string, Record<string, Uint8Array>, string]>([
    ['nothing to write', {}, 'at least one part'],
    [
      'a part from two files',
      { demo: build.demo(), kernel: build.kernel() },
      'Two files bring the part kernel',
    ],
  ])('%s', async (_what, images, message) => {
    const { run } = await dafangBench();
    await expect(run({ programs: new ScriptedFlashrom(build.camera()), images })).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringContaining(message) as string,
    });
  });

  it('warns of a boot loader whose hash nobody published', async () => {
    const { run } = await dafangBench();
    const { events } = await run({
      programs: new ScriptedFlashrom(build.camera()),
      images: { boot: NEW_BOOT },
    });
    const [batch] = events;
    expect(batch).toMatchObject({
      type: 'batch',
      warnings: [expect.stringContaining('not one of the published ones')],
    });
  });

  it('never takes the flash of the computer itself for a unit', async () => {
    const { run } = await dafangBench();
    for (const link of ['flashrom:internal', 'flashrom:linux_mtd:dev=0', 'flashrom:'])
      await expect(run({ programs: new ScriptedFlashrom(build.camera()), link })).rejects.toMatchObject({
        code: 'USAGE',
      });
  });

  it('draws its wiring pages within 64 columns and 16 lines', () => {
    for (const { drawing, notes } of dafangSpi.wiringPages({})) {
      const lines = drawing.split('\n');
      expect(lines.length + notes.length).toBeLessThanOrEqual(16);
      // eslint-disable-next-line no-control-regex -- plain ASCII is what is asked for
      for (const line of lines) expect(line).toMatch(/^[\x00-\x7f]{0,64}$/);
    }
  });
});
