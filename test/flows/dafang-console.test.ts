import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Bench } from '../../src/bench/view.ts';
import { consoleSlots } from '../../flows/dafang-console/firmware-slots.ts';
import { DAFANG_PARTS, partOf } from '../../src/firmware/dafang/flash-map.ts';
import * as build from '../firmware/build-dafang.ts';
import { noise } from '../firmware/build-images.ts';
import { ManualClock } from '../harness/manual-clock.ts';
import { FakeUboot, type FakeOptions } from '../protocols/uboot/fake-uboot.ts';
import { dafangBench, type DafangBench, type DafangRunOptions } from './dafang-bench.ts';

const DEMO = build.demo();
const differs = (a: Uint8Array, b: Uint8Array) =>
  DAFANG_PARTS.filter((part) => Buffer.compare(partOf(a, part), partOf(b, part)) !== 0).map(
    ({ name }) => name,
  );
const identityOf = (flash: Uint8Array) => flash.slice(0xf7_0000, 0xff_0000);

async function go(
  options: Partial<FakeOptions>,
  request: DafangRunOptions = {},
  bench?: DafangBench,
  prepare: (unit: FakeUboot) => void = () => {},
) {
  const before = (options.flash ?? build.camera()).slice();
  const unit = new FakeUboot({ ...options, flash: before.slice() });
  prepare(unit);
  const { run } = bench ?? (await dafangBench());
  const result = await run({
    port: unit.port,
    clock: new ManualClock(),
    images: request.task === undefined ? { demo: DEMO } : {},
    ...request,
  });
  return { ...result, unit, before, flash: unit.flash };
}

describe('the console flow brings a camera back', () => {
  it('from SD by the ten steps: kernel to appfs as in demo.bin, the rest as before', async () => {
    const { settled, unit, before, flash } = await go({
      flash: build.camera({ erased: ['kernel'] }),
      card: DEMO,
    });
    expect(settled).toMatchObject({
      outcome: 'PASS',
      proof: ['read back', 'banner', 'heard'],
      identity: { mac: build.MAC },
    });
    expect(differs(before, flash)).toEqual(['kernel', 'root', 'driver', 'appfs']);
    expect(Buffer.compare(flash.subarray(0x4_0000, 0x4_0000 + 0xa9_0000), DEMO.subarray(64))).toBe(0);
    const restore = unit.commands.slice(unit.commands.indexOf('mmc rescan'));
    expect(restore.filter((command) => !command.startsWith('echo')).slice(0, 9)).toEqual([
      'mmc rescan',
      'fatls mmc 0:1',
      'mw.b 0x80600000 0xff 0xa90000',
      'fatload mmc 0:1 0x80600000 demo.bin 0xa90000 0x40',
      'crc32 0x80600000 0xa90000',
      'crc32 0x80600000 0xa90000',
      'sf update 0x80600000 0x40000 0xa90000',
      'sf read 0x81400000 0x40000 0xa90000',
      'crc32 0x81400000 0xa90000',
    ]);
    expect(restore.at(-1)).toBe('reset');
    expect(Buffer.compare(readFileSync(settled.backup!.file), identityOf(before))).toBe(0);
  });

  it('over the console where there is no card, region by region, blocks sent again', async () => {
    const { settled, unit, before, flash, slot } = await go(
      { flash: build.camera({ erased: ['kernel', 'root'] }) },
      {},
      undefined,
      (board) => (board.refusedBlocks = new Set([3, 40])),
    );
    expect(settled.outcome).toBe('PASS');
    expect(differs(before, flash)).toEqual(['kernel', 'root', 'driver', 'appfs']);
    expect(unit.commands.some((command) => command.startsWith('loady'))).toBe(true);
    // What was read back is what the map shows, no longer what it was to be.
    expect(slot.flashMap?.filter(({ good, becomes }) => !good || becomes !== undefined)).toEqual([]);
  });

  it('shows before it writes what each part becomes, and what stays', async () => {
    const becomes = async (
      request: DafangRunOptions,
      options: Partial<FakeOptions> = {},
      at?: DafangBench,
    ) => {
      let planned: readonly (readonly [string, string])[] = [];
      await go(
        options,
        {
          ...request,
          onEvent: (event, bench) => {
            if (event.type !== 'step' || event.step !== 'flash') return;
            const map = bench.view().batches[0]!.slots[0]!.flashMap ?? [];
            planned = map.flatMap((row) => (row.becomes === undefined ? [] : [[row.name, row.becomes]]));
          },
        },
        at,
      );
      return planned;
    };
    const kernel = { kernel: build.kernel(77) };
    expect(await becomes({ images: kernel })).toEqual([
      ['kernel', expect.stringMatching(/^uImage .*checksum right$/)],
    ]);
    const ofDemo = await becomes({ images: { demo: DEMO } }, { card: DEMO });
    expect(ofDemo.map(([name]) => name)).toEqual(['kernel', 'root', 'driver', 'appfs']);

    const bench = await dafangBench();
    const { settled } = await go({}, { task: 'backup' }, bench);
    const restored = await becomes(
      {
        task: 'restore',
        backup: readFileSync(settled.backup!.file),
        answers: { 'Is it the MAC': build.MAC },
      },
      { flash: build.camera({ erased: ['para'] }) },
      bench,
    );
    expect(restored).toEqual([['para', expect.stringContaining('jffs2')]]);
  });

  it('writes one part alone, and only that', async () => {
    const { settled, before, flash } = await go({}, { images: { kernel: build.kernel(77) } });
    expect(settled.outcome).toBe('PASS');
    expect(differs(before, flash)).toEqual(['kernel']);
  });

  it('waits for power, catches the countdown, and says what it hears', async () => {
    let unit: FakeUboot | undefined;
    const { settled } = await go(
      { isOff: true },
      {
        images: { kernel: build.kernel() },
        answers: {},
        onEvent: (event) => {
          if (event.type === 'ask' && event.prompt.kind === 'act') setImmediate(() => unit!.power());
        },
      },
      undefined,
      (board) => (unit = board),
    );
    expect(settled.outcome).toBe('CURRENT');
  });

  it('writes nothing to a camera that holds it all, and still proves its start', async () => {
    const { settled, unit } = await go({}, { images: { kernel: build.kernel() } });
    expect(settled).toMatchObject({ outcome: 'CURRENT', proof: ['read back', 'banner', 'heard'] });
    expect(unit.writes).toEqual([]);
    expect(unit.commands.at(-1)).toBe('reset');
  });

  it('puts para back from the own backup, MAC typed by the operator', async () => {
    const bench = await dafangBench();
    const healthy = await go({}, { task: 'backup' }, bench);
    expect(healthy.settled).toMatchObject({ outcome: 'PASS', proof: ['read back'] });
    expect(healthy.unit.writes).toEqual([]);
    const { settled, before, flash, asked } = await go(
      { flash: build.camera({ erased: ['para'] }) },
      {
        task: 'restore',
        backup: readFileSync(healthy.settled.backup!.file),
        answers: { 'Is it the MAC': build.MAC },
      },
      bench,
    );
    expect(settled).toMatchObject({ outcome: 'PASS', identity: { mac: build.MAC } });
    expect(asked).toHaveLength(1);
    expect(differs(before, flash)).toEqual(['para']);
    expect(differs(flash, build.camera())).toEqual([]);
  });

  it('reads the whole chip too on request', async () => {
    const { settled, before } = await go({}, { task: 'backup', settings: { dump: 'whole' } });
    expect(settled.outcome).toBe('PASS');
    expect(Buffer.compare(readFileSync(settled.backup!.file), before)).toBe(0);
  });

  it('has config and para of the fullest camera within 4 min at 115200', async () => {
    const camera = build.camera();
    for (const end of [0xfb_0000, 0xff_0000]) camera.set(noise(0x3_f000, end), end - 0x3_f000);
    let heard = 0;
    const { settled, unit } = await go(
      { flash: camera },
      {
        task: 'backup',
      },
      undefined,
      (board) => board.port.onData((bytes) => (heard += bytes.length)),
    );
    expect(settled.outcome).toBe('PASS');
    const sent = unit.port.written.reduce((sum, bytes) => sum + bytes.length, 0);
    expect(heard).toBeGreaterThan(2_400_000);
    // Commands go out while nothing comes in: both directions count.
    expect(((heard + sent) * 10) / 115_200).toBeLessThan(240);
  });

  it('keeps keys and passwords out of log, events and journal', async () => {
    const bench = await dafangBench();
    const { log, events } = await go({ card: DEMO }, {}, bench);
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

describe('nothing is written', () => {
  const untouched = async (code: string, ...what: Parameters<typeof go>) => {
    const { settled, unit } = await go(...what);
    expect(settled.code).toBe(code);
    expect(unit.writes).toEqual([]);
    return settled;
  };

  it('from a card with another demo.bin', async () => {
    await untouched('SD_FILE_WRONG', { card: build.demo(50) });
    await untouched('SD_FILE_WRONG', { card: DEMO.subarray(0, 5_000) });
  });
  it('without a card that must be there', () =>
    untouched('SD_CARD_UNUSABLE', {}, { settings: { source: 'sd' } }));
  it('to a chip U-Boot does not know', () =>
    untouched('UBOOT_FLASH_UNKNOWN', {
      answer: (command, answer) =>
        command === 'sf probe'
          ? 'SF: Unsupported manufacturer 5e\r\nFailed to initialize SPI flash at 0:0\r\n'
          : answer,
    }));
  it('where the whole backup does not have the checksum of its pieces', () =>
    untouched('UBOOT_READ_DAMAGED', {
      answer: (command, answer) =>
        command === 'crc32 0x81400000 0x80000' ? answer.replace(/==> \w{8}/, '==> 01234567') : answer,
    }));
  it('where the flash does not read', () =>
    untouched('UBOOT_COMMAND_FAILED', {
      answer: (command, answer) => (command.startsWith('sf read') ? answer.replace('OK', 'ERROR') : answer),
    }));
  it('from a backup of another camera', async () => {
    const other = identityOf(build.camera({ mac: '34:ce:00:aa:bb:77' }));
    await untouched('MAC_OF_OTHER_UNIT', {}, { task: 'restore', backup: other });
  });
  it('from a backup whose para is blank, or where there is none', async () => {
    const blank = identityOf(build.camera({ erased: ['para'] }));
    await untouched('FIRMWARE_REFUSED', {}, { task: 'restore', backup: blank });
    await untouched('NO_BACKUP_OF_UNIT', {}, { task: 'restore' });
  });
  it('without the MAC typed', () =>
    untouched(
      'SKIPPED_BY_OPERATOR',
      { flash: build.camera({ erased: ['para'] }) },
      { task: 'restore', backup: identityOf(build.camera()), answers: { 'Is it the MAC': 'no' } },
    ));
});

describe('without a prompt the state that was heard is the verdict', () => {
  it('SPL and then nothing', async () => {
    let unit: FakeUboot | undefined;
    const { settled } = await go(
      { isOff: true },
      {
        images: { kernel: build.kernel() },
        answers: {},
        onEvent: (event) => {
          if (event.type === 'ask' && event.prompt.kind === 'act')
            setImmediate(() => unit!.say('\r\nU-Boot SPL 2013.07 (Jul 28 2017)\r\n'));
        },
      },
      undefined,
      (board) => (unit = board),
    );
    expect(settled).toMatchObject({ outcome: 'FAIL', code: 'UBOOT_SPL_ONLY' });
    expect(settled.advice).toContain('programmer');
  });
});

describe('what went wrong is said, and never a PASS', () => {
  it('sf update that gives up', async () => {
    const { settled } = await go({
      card: DEMO,
      answer: (command, answer) =>
        command.startsWith('sf update')
          ? '\rUpdating, 10% 9 B/s\rSPI flash failed in erase step\r\n'
          : answer,
    });
    expect(settled).toMatchObject({ code: 'UBOOT_FLASH_FAILED' });
    expect(settled.message).toContain('failed in erase step');
  });

  it('flash that does not hold what was written: written once more, then no reset', async () => {
    let reads = 0;
    const { settled, unit } = await go({
      card: DEMO,
      answer: (command, answer) =>
        command === 'crc32 0x81400000 0xa90000'
          ? answer.replace(/==> \w{8}/, `==> 0123456${reads++ >> 1}`)
          : answer,
    });
    expect(settled.code).toBe('VERIFY_MISMATCH');
    expect(unit.commands.filter((command) => command.startsWith('sf update'))).toHaveLength(2);
    expect(unit.commands).not.toContain('reset');
  });

  it('a chip that holds what it held before: write protected, and the programmer can lift that', async () => {
    const { settled, unit } = await go({ card: DEMO, isProtected: true });
    expect(settled).toMatchObject({ outcome: 'FAIL', code: 'FLASH_PROTECTED' });
    expect(settled.advice).toContain('dafang-spi');
    expect(unit.commands).not.toContain('reset');
  });

  it.each(['ERROR: flash area is locked', 'offset 0x40000 is protected and cannot be erased'])(
    'a later U-Boot that says so itself: %s',
    async (line) => {
      const { settled } = await go({
        card: DEMO,
        answer: (command, answer) => (command.startsWith('sf update') ? `${line}\r\n` : answer),
      });
      expect(settled).toMatchObject({ outcome: 'FAIL', code: 'FLASH_PROTECTED' });
    },
  );

  it('config or para that changed beside the write', async () => {
    let isWritten = false;
    const { settled, unit } = await go({
      card: DEMO,
      answer: (command, answer) => {
        isWritten ||= command.startsWith('sf update');
        return isWritten && command === 'crc32 0x81400000 0x80000'
          ? answer.replace(/==> \w{8}/, '==> 01234567')
          : answer;
      },
    });
    expect(settled.code).toBe('IDENTITY_CHANGED');
    expect(unit.commands).not.toContain('reset');
  });

  it('Linux with another MAC: FAIL with every way to put para back', async () => {
    const { settled } = await go({ card: DEMO, linuxMac: '00:11:22:33:44:55' });
    expect(settled).toMatchObject({ outcome: 'FAIL', code: 'MAC_CHANGED' });
    for (const way of ['restore dafang-console', 'restore dafang-spi', 'flash_eraseall /dev/mtd9'])
      expect(settled.advice).toContain(way);
  });

  it('Linux without an identity', async () => {
    const { settled } = await go({ flash: build.camera({ erased: ['para'] }), card: DEMO });
    expect(settled).toMatchObject({ outcome: 'FAIL', code: 'LINUX_WITHOUT_MAC' });
  });

  it('Linux that says no MAC', async () => {
    const { settled } = await go({ card: DEMO, linuxMac: 'nothing' });
    expect(settled).toMatchObject({ outcome: 'UNSURE', code: 'MAC_NOT_SEEN', proof: ['read back'] });
  });

  it('a camera that has no kernel after all', async () => {
    const { settled } = await go(
      { flash: build.camera({ erased: ['kernel'] }) },
      { images: { driver: build.driver(66) } },
    );
    expect(settled.code).toBe('KERNEL_MISSING');
  });
});

describe('a cancel', () => {
  const cancelWhen = (when: (unit: FakeUboot) => boolean) => {
    let unit: FakeUboot | undefined;
    let isCancelled = false;
    return {
      hold: (board: FakeUboot) => {
        unit = board;
      },
      onEvent: (_event: unknown, bench: Bench) => {
        if (isCancelled || unit === undefined || !when(unit)) return;
        isCancelled = true;
        bench.cancel(bench.view().batches[0]!.slots.map(({ id }) => id));
      },
    };
  };

  it('in an upload leaves U-Boot at its prompt, and flash as it was', async () => {
    const { hold, onEvent } = cancelWhen((unit) =>
      unit.commands.some((command) => command.startsWith('loady')),
    );
    const { settled, unit } = await go({}, { settings: { source: 'serial' }, onEvent }, undefined, hold);
    expect(settled.outcome).toBe('ABORTED');
    expect(unit.writes).toEqual([]);
    expect(unit.isAtPrompt).toBe(true);
  });

  it('in the wait for Linux does not hide what was written', async () => {
    const { hold, onEvent } = cancelWhen((unit) => unit.commands.at(-1) === 'reset');
    const { settled } = await go({ card: DEMO, linuxMac: 'nothing' }, { onEvent }, undefined, hold);
    expect(settled).toMatchObject({ outcome: 'UNSURE', proof: ['read back'] });
  });
});

describe('plans that cannot be', () => {
  it.each([
    ['no file', { images: {} }],
    ['a boot loader', { images: { boot: build.boot() } }],
    ['single parts from SD', { images: { kernel: build.kernel() }, settings: { source: 'sd' } }],
    ['a backup of something else', { task: 'restore', images: {}, backup: noise(1_000, 3) }],
  ] as const)('%s', async (_name, request) => {
    await expect(go({}, request as DafangRunOptions)).rejects.toMatchObject({
      code: expect.stringMatching(/^(USAGE|FIRMWARE_REFUSED)$/) as string,
    });
  });

  it('there is no slot for a boot loader, an identity or a whole dump', () => {
    expect(consoleSlots.map(({ id }) => id)).toEqual(['demo', 'kernel', 'root', 'driver', 'appfs']);
  });
});
