import { appendFile, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { isBenchError } from '../../src/core/errors.ts';
import { practice, type PracticeRun } from './practice.ts';

const LAMP = 'mijia-bedside-lamp-2';
const PLUG = 'esp8266-plug-wire';
const last = (run: PracticeRun, unit: number) => run.results.get(unit)!.at(-1)!;
const ends = (run: PracticeRun) =>
  [...run.results.values()].map((runs) => runs.at(-1)!).map(({ code, outcome }) => code ?? outcome);
const refusal = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error: unknown) => (isBenchError(error) ? `${error.code}: ${error.message}` : String(error)),
  );

describe('flash, again, back', () => {
  it(
    'flashes lamps, finds them current, and brings each one its own factory state back',
    { timeout: 120_000 },
    async () => {
      const bench = await practice();
      const app = await bench.image('lamp', 'lamp-esphome.bin');
      const link = 'virtual:lamp?n=2';
      const backup = await bench.run({ flowId: LAMP, link, task: 'backup' });
      expect(ends(backup)).toEqual(['PASS', 'PASS']);
      const factory = await Promise.all([1, 2].map((unit) => readFile(last(backup, unit).backup!.file)));
      expect(factory[0]!.equals(factory[1]!)).toBe(false);

      const flashed = await bench.run({ flowId: LAMP, link, images: [app] });
      expect(ends(flashed)).toEqual(['PASS', 'PASS']);
      expect(last(flashed, 1).proof).toEqual(['read back', 'banner']);
      expect((await bench.flashOf('lamp', 1)).equals(factory[0]!)).toBe(false);

      const again = await bench.run({ flowId: LAMP, link, images: [app] });
      expect(ends(again)).toEqual(['CURRENT', 'CURRENT']);
      expect([last(again, 1).bytesWritten, last(again, 1).backup]).toEqual([0, undefined]);

      const restored = await bench.run({ flowId: LAMP, link, task: 'restore' });
      expect(ends(restored)).toEqual(['PASS', 'PASS']);
      expect((await bench.flashOf('lamp', 1)).equals(factory[0]!)).toBe(true);
      expect((await bench.flashOf('lamp', 2)).equals(factory[1]!)).toBe(true);
    },
  );

  it(
    'restores only what belongs to the unit, unless the other one is accepted by name',
    { timeout: 120_000 },
    async () => {
      const bench = await practice();
      const link = 'virtual:lamp?unit=1';
      await bench.run({ flowId: LAMP, link, images: [await bench.image('lamp', 'lamp-esphome.bin')] });
      const first = await bench.run({ flowId: LAMP, link, task: 'backup' });
      const backupFile = last(first, 1).backup!.file;
      const restore = { flowId: LAMP, link: 'virtual:lamp?unit=2', task: 'restore', backupFile } as const;

      expect(ends(await bench.run({ flowId: LAMP, link: 'virtual:lamp?unit=2', task: 'restore' }))).toEqual([
        'NO_BACKUP_OF_UNIT',
      ]);
      const refused = await bench.run(restore);
      expect(last(refused, 2)).toMatchObject({ code: 'OPERATOR_NEEDED', bytesWritten: 0 });
      expect(last(refused, 2).advice).toContain('other-unit');
      const accepted = await bench.run({ ...restore, assume: ['wired', 'other-unit'] });
      expect(last(accepted, 2).backup!.file).not.toBe(backupFile);
      expect(last(accepted, 2)).toMatchObject({ outcome: 'PASS', proof: ['read back', 'banner'] });
      const before = await readFile(last(accepted, 2).backup!.file);
      // NVS holds what is unique to a unit, Wi-Fi and keys: it is as it was.
      const after = await bench.flashOf('lamp', 2);
      expect(after.subarray(0x9000, 0xd000).equals(before.subarray(0x9000, 0xd000))).toBe(true);
    },
  );

  it('does not use a backup whose file was damaged', { timeout: 120_000 }, async () => {
    const bench = await practice();
    const first = await bench.run({ flowId: LAMP, link: 'virtual:lamp', task: 'backup' });
    const { file } = last(first, 1).backup!;
    await appendFile(file, 'x');
    expect(ends(await bench.run({ flowId: LAMP, link: 'virtual:lamp', task: 'restore' }))).toEqual([
      'NO_BACKUP_OF_UNIT',
    ]);
    expect(
      await refusal(bench.run({ flowId: LAMP, link: 'virtual:lamp', task: 'restore', backupFile: file })),
    ).toContain('BACKUP_DAMAGED');
  });
});

describe('the DOUT boot set', () => {
  it('is written part by part, and a unit with it starts', { timeout: 120_000 }, async () => {
    const bench = await practice();
    const images = await Promise.all(
      ['bootloader', 'partitions', 'boot_app0', 'app'].map((name) =>
        bench.image('lamp', `lamp-dout-${name}`),
      ),
    );
    const run = await bench.run({ flowId: LAMP, link: 'virtual:lamp', images });
    expect(ends(run)).toEqual(['PASS']);
    expect(
      last(run, 1)
        .firmware.map(({ slot }) => slot)
        .sort(),
    ).toEqual(['bootloader', 'firmware', 'otadata', 'partitions']);
  });
});

describe('without the stub', () => {
  it('a lamp is read, written and proved by its ROM alone', { timeout: 180_000 }, async () => {
    const bench = await practice();
    const app = await bench.image('lamp', 'lamp-esphome.bin');
    const run = await bench.run({
      flowId: LAMP,
      link: 'virtual:lamp',
      images: [app],
      settings: { stub: 'no', baud: '115200' },
    });
    expect(ends(run)).toEqual(['PASS']);
    expect(last(run, 1).backup?.bytes).toBe(4 * 2 ** 20);
  });

  it('a plug needs no-backup, and is at best UNSURE', { timeout: 120_000 }, async () => {
    const bench = await practice();
    const image = await bench.image('plug-esp8266', 'plug-tasmota.bin');
    const request = { flowId: PLUG, link: 'virtual:plug-esp8266', images: [image], settings: { stub: 'no' } };
    const refused = await bench.run(request);
    expect(last(refused, 1)).toMatchObject({ code: 'OPERATOR_NEEDED', bytesWritten: 0 });
    const accepted = await bench.run({ ...request, assume: ['wired', 'no-backup'] });
    expect(last(accepted, 1)).toMatchObject({ outcome: 'UNSURE', code: 'NOT_PROVED', proof: [] });
    expect(last(accepted, 1).notDone!.join()).toContain('no backup');
    expect(ends(await bench.run({ ...request, task: 'backup', images: [] }))).toEqual(['LOADER_UNSUPPORTED']);
  });
});

describe('proof', () => {
  it(
    'takes a quiet boot only where the job says so, and the pattern of the job',
    { timeout: 120_000 },
    async () => {
      const bench = await practice();
      const app = await bench.image('lamp', 'lamp-esphome.bin');
      const link = 'virtual:lamp';
      const wrong = await bench.run({
        flowId: LAMP,
        link,
        images: [app],
        settings: { proof: 'never printed by anybody' },
      });
      expect(last(wrong, 1)).toMatchObject({ outcome: 'UNSURE', code: 'BOOT_NOT_SEEN' });
      const quiet = await bench.run({ flowId: LAMP, link, images: [app], settings: { proof: 'boot' } });
      expect(ends(quiet)).toEqual(['CURRENT']);
      const pattern = await bench.run({
        flowId: LAMP,
        link,
        images: [app],
        settings: { proof: 'App version: +\\d' },
      });
      expect(ends(pattern)).toEqual(['CURRENT']);
    },
  );
});

describe('a cancel', () => {
  const cancelledIn = async (step: string) => {
    const bench = await practice();
    const run = await bench.run({
      flowId: LAMP,
      link: 'virtual:lamp?fault=silent-after-boot',
      images: [await bench.image('lamp', 'lamp-esphome.bin')],
      onEvent: (event, { cancel, view }) => {
        if (event.type === 'step' && event.step === step) cancel([view().batches[0]!.slots[0]!.id]);
      },
    });
    return last(run, 1);
  };

  it('before the first write leaves the unit as it was', { timeout: 60_000 }, async () => {
    expect(await cancelledIn('backup')).toMatchObject({ outcome: 'ABORTED', bytesWritten: 0 });
  });

  it(
    'of the watch for its boot leaves the unit open: it holds the new firmware',
    { timeout: 60_000 },
    async () => {
      const settled = await cancelledIn('reboot');
      expect(settled).toMatchObject({ outcome: 'UNSURE', code: 'BOOT_NOT_SEEN', proof: ['read back'] });
      expect(settled.bytesWritten).toBeGreaterThan(0);
    },
  );
});

describe('cycle mode in a jig', () => {
  it('takes five lamps one after another, one of them deaf', { timeout: 180_000 }, async () => {
    const bench = await practice();
    const app = await bench.image('lamp', 'lamp-esphome.bin');
    const run = await bench.run({
      flowId: LAMP,
      link: 'virtual:lamp?jig&n=5&fault=3:no-power',
      images: [app],
      cycle: true,
    });
    const outcomes = run.events.flatMap((event) =>
      event.type === 'outcome' ? [event.code ?? event.outcome] : [],
    );
    expect(outcomes).toEqual(['PASS', 'PASS', 'NOTHING_HEARD', 'PASS', 'PASS']);
  });
});

describe('what is refused before any unit is touched', () => {
  it('says why', { timeout: 60_000 }, async () => {
    const bench = await practice();
    const lamp = await bench.image('lamp', 'lamp-esphome.bin');
    const table = await bench.image('lamp', 'partitions');
    const plug = await bench.image('plug-esp8266', 'plug-tasmota.bin');
    const base = { flowId: LAMP, link: 'virtual:lamp' };
    expect(await refusal(bench.run({ ...base }))).toContain('USAGE: The firmware is missing');
    expect(await refusal(bench.run({ ...base, images: [plug] }))).toContain('FIRMWARE_REFUSED');
    expect(
      await refusal(bench.run({ ...base, flowId: PLUG, link: 'virtual:plug-esp8266', images: [lamp] })),
    ).toContain('FIRMWARE_REFUSED');
    expect(await refusal(bench.run({ ...base, images: [table] }))).toContain('The firmware is missing');
    expect(await refusal(bench.run({ ...base, images: [lamp], settings: { erase: 'yes' } }))).toContain(
      'without a boot loader',
    );
    expect(await refusal(bench.run({ ...base, images: [lamp], settings: { speed: '1' } }))).toContain(
      'no setting "speed"',
    );
    expect(await refusal(bench.run({ ...base, images: [lamp], settings: { proof: '(' } }))).toContain(
      'not a valid regular expression',
    );
    expect(await refusal(bench.run({ ...base, images: [lamp, lamp] }))).toContain('Two files');
    expect(await refusal(bench.run({ ...base, link: 'ble:a4:c1:38:00:00:01', images: [lamp] }))).toContain(
      'LINK_UNKNOWN',
    );
    expect(await refusal(bench.run({ ...base, link: 'virtual:lmap', images: [lamp] }))).toContain('USAGE');
    expect(
      await refusal(bench.run({ ...base, link: 'virtual:lamp?fault=nonsense', images: [lamp] })),
    ).toContain('no fault "nonsense"');
    expect(await refusal(bench.run({ ...base, link: 'virtual:lamp?state=x', images: [lamp] }))).toContain(
      'no state "x"',
    );
    expect(await refusal(bench.run({ ...base, task: 'restore', backupFile: lamp }))).toContain(
      'no backup of a whole flash',
    );
    const eboot = path.join(bench.folder, 'eboot.bin');
    await writeFile(eboot, (await readFile(plug)).subarray(0, 4096));
    expect(
      await refusal(bench.run({ ...base, flowId: PLUG, link: 'virtual:plug-esp8266', images: [eboot] })),
    ).toContain('cut short');
    expect(await readdir(path.join(bench.folder, 'batches')).catch(() => [])).toEqual([]);
  });
});
