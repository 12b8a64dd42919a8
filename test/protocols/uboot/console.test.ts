import { describe, expect, it } from 'vitest';
import { BenchError } from '../../../src/core/errors.ts';
import {
  crcOf,
  crcOfRam,
  probeFlash,
  readRam,
  UbootConsole,
  updateFlash,
  uploadToRam,
  watchBoot,
} from '../../../src/protocols/uboot/index.ts';
import * as build from '../../firmware/build-dafang.ts';
import { noise } from '../../firmware/build-images.ts';
import { ManualClock } from '../../harness/manual-clock.ts';
import { FakeUboot, RAM_BASE, type FakeOptions } from './fake-uboot.ts';

const signal = new AbortController().signal;

async function meet(options: Partial<FakeOptions> = {}) {
  const unit = new FakeUboot({ flash: build.camera(), ...options });
  const clock = new ManualClock();
  const console = new UbootConsole({
    port: unit.port,
    clock,
    log: () => {},
    writable: { from: 0x4_0000, to: 0x100_0000 },
  });
  if (options.isOff !== true)
    expect(await clock.run(console.joinPrompt(signal))).toMatchObject({ kind: 'prompt' });
  return { unit, clock, console };
}

describe('the prompt', () => {
  it('is caught when the power comes after the console', async () => {
    const { unit, clock, console } = await meet({ isOff: true });
    expect(await clock.run(console.joinPrompt(signal))).toBeUndefined();
    clock.after(3_000, () => unit.power());
    const kinds: string[] = [];
    const heard = await clock.run(console.catchPrompt({ signal, onHeard: ({ kind }) => kinds.push(kind) }));
    expect(heard).toMatchObject({ kind: 'prompt', family: 'stock' });
    expect(kinds).toEqual(['nothing', 'u-boot', 'prompt']);
    // Spaces only, 30 to 50 ms apart: ESC would begin an escape sequence, an empty line repeat a command.
    expect(
      unit.port.written.some((bytes) => bytes.includes(0x1b) || Buffer.from(bytes).equals(Buffer.from('\r'))),
    ).toBe(false);
  });

  it.each([
    ['nothing', ''],
    ['garbage', '\xf8\x80\xe0\xff'.repeat(30)],
    ['spl-only', '\r\nU-Boot SPL 2013.07 (Jul 28 2017)\r\n'],
    ['linux', '\r\nU-Boot SPL 2013.07 (x)\r\n[    0.0] Linux version 3.10.14\r\n'],
  ])('that never comes: %s', async (kind, text) => {
    const { unit, clock, console } = await meet({ isOff: true });
    clock.after(1_000, () => unit.say(text));
    const heard = await clock.run(console.catchPrompt({ signal, limitMs: 6_000 }));
    expect(heard).toMatchObject({ kind });
    expect(console.isAtPrompt).toBe(false);
  });

  it('is not waited for when cancelled', async () => {
    const { clock, console } = await meet({ isOff: true });
    const cancel = new AbortController();
    clock.after(500, () => cancel.abort(new BenchError('ABORTED')));
    await expect(clock.run(console.catchPrompt({ signal: cancel.signal }))).rejects.toMatchObject({
      code: 'ABORTED',
    });
    expect(clock.pendingTimers).toBe(0);
  });
});

describe('commands', () => {
  it('are not carried out before their echo is right', async () => {
    const met = await meet();
    const sent = met.unit.port.written.reduce((sum, bytes) => sum + bytes.length, 0);
    // The offset of the next command arrives as another digit.
    const unit = new FakeUboot({
      flash: build.camera(),
      damagedBytes: new Set([sent + 'sf update 0x80600000 0x4'.length]),
    });
    const clock = new ManualClock();
    const console = new UbootConsole({
      port: unit.port,
      clock,
      log: () => {},
      writable: { from: 0x4_0000, to: 0x100_0000 },
    });
    await clock.run(console.joinPrompt(signal));
    await clock.run(console.run('sf update 0x80600000 0x40000 0x1000'));
    expect(unit.commands.filter((command) => command.startsWith('sf'))).toEqual([
      'sf update 0x80600000 0x40000 0x1000',
    ]);
  });

  it('that never arrive whole are given up', async () => {
    const { unit, clock, console } = await meet();
    const take = unit.port.onWrite;
    // Whatever begins with s loses its first letter.
    unit.port.onWrite = (bytes) => take(bytes[0] === 0x73 ? bytes.subarray(1) : bytes);
    await expect(clock.run(console.run('sf probe'))).rejects.toMatchObject({ code: 'UBOOT_ECHO_DAMAGED' });
    expect(unit.commands.some((command) => /probe/.test(command))).toBe(false);
  });

  it('that are not answered, and a link that goes', async () => {
    const { unit, clock, console } = await meet({
      answer: (command, answer) => (command === 'version' ? '' : answer),
    });
    unit.port.onWrite = (bytes) => {
      if (!bytes.includes(0x0d)) unit.port.deliver(bytes);
    };
    await expect(clock.run(console.run('version'))).rejects.toMatchObject({ code: 'UBOOT_SILENT' });
    const pending = console.run('version');
    unit.port.lose();
    await expect(clock.run(pending)).rejects.toMatchObject({ code: 'LINK_LOST' });
  });

  it('stop when the unit started anew: it may be another one', async () => {
    const { unit, clock, console } = await meet();
    unit.port.onWrite = () =>
      unit.say('\r\nU-Boot SPL 2013.07 (Jul 28 2017)\r\nHit any key to stop autoboot:  1 ');
    await expect(clock.run(console.run('sf probe'))).rejects.toMatchObject({ code: 'UBOOT_SILENT' });
    expect(console.isAtPrompt).toBe(false);
  });

  it('that U-Boot does not know, or that are held back', async () => {
    const { unit, clock, console } = await meet();
    await expect(clock.run(console.run('printenv filesize'))).rejects.toMatchObject({
      code: 'UBOOT_COMMAND_FAILED',
    });
    await expect(clock.run(console.run('saveenv'))).rejects.toMatchObject({ code: 'UBOOT_COMMAND_REFUSED' });
    expect(unit.commands).not.toContain('saveenv');
  });
});

describe('reading', () => {
  it('reads a damaged piece again, in halves, and gives up when it stays so', async () => {
    let damage = 2;
    const { unit, clock, console } = await meet({
      answer: (command, answer) =>
        command.startsWith('md.b') && damage-- > 0 ? answer.slice(0, -40) + answer.slice(-39) : answer,
    });
    const content = noise(0x2100, 3);
    content.fill(0xff, 0x1000, 0x2000);
    unit.ram.set(content);
    const steps: number[] = [];
    const read = () =>
      clock.run(
        readRam(console, {
          address: RAM_BASE,
          length: content.length,
          onBytes: (bytes) => steps.push(bytes),
        }),
      );
    expect(Buffer.compare(await read(), content)).toBe(0);
    expect(steps.slice(0, 5)).toEqual([0x400, 0x800, 0xc00, 0x1000, 0x1800]);
    expect(steps.at(-1)).toBe(content.length);
    // The erased piece was not sent at all.
    expect(unit.commands.some((command) => command.startsWith('md.b 0x80601'))).toBe(false);
    damage = Infinity;
    await expect(read()).rejects.toMatchObject({ code: 'UBOOT_READ_DAMAGED' });
  });

  it.each([
    ['loses', 10_000],
    ['garbles', 10_000],
    ['loses', 3_001],
    ['garbles', 3_001],
  ] as const)('a line that %s one character in %i costs time, not the read', async (kind, every) => {
    const { unit, clock, console } = await meet({ noise: { every, kind } });
    const content = noise(0x1_0000, 5);
    content.fill(0xff, 0x8000, 0xa000);
    unit.ram.set(content);
    const read = readRam(console, { address: RAM_BASE, length: content.length });
    expect(Buffer.compare(await clock.run(read), content)).toBe(0);
    const sizes = unit.commands
      .filter((command) => command.startsWith('md.b'))
      .map((command) => parseInt(command.split(' ')[2]!, 16));
    expect(Math.max(...sizes)).toBe(0x1000);
    // Smaller after damage, and larger again where it was clean.
    expect(sizes.some((size, index) => size > (sizes[index - 1] ?? size))).toBe(true);
    const sent = sizes.reduce((sum, size) => sum + size, 0);
    expect(sent).toBeLessThan(3 * content.length);
  });

  it('a prompt that came damaged is asked for anew, and the answer holds', async () => {
    let damage = 1;
    const { unit, clock, console } = await meet();
    const deliver = unit.port.deliver.bind(unit.port);
    unit.port.deliver = (bytes) => {
      const text = Buffer.from(bytes).toString('latin1');
      const isHit = text.includes('for this') && damage-- > 0;
      deliver(isHit ? Buffer.from(text.replace('isvp', 'isp'), 'latin1') : bytes);
    };
    expect(await clock.run(console.run('echo for this'))).toContain('for this');
    expect(await clock.run(console.run('echo and on'))).toContain('and on');
  });

  it('asks again for a checksum that came damaged', async () => {
    let damage = 1;
    const { clock, console } = await meet({
      answer: (command, answer) =>
        command.startsWith('crc32') && damage-- > 0 ? answer.replace('==>', '=>>') : answer,
    });
    expect(await clock.run(crcOfRam(console, RAM_BASE, 0x100))).toBe(crcOf(new Uint8Array(0x100)));
    let spoiled = 1;
    const spoils = await meet({
      answer: (command, answer) =>
        command.startsWith('crc32') && spoiled-- > 0 ? answer.replace(/==> ../, '==> 00') : answer,
    });
    const expected = crcOf(new Uint8Array(0x100));
    const { clock: time } = spoils;
    expect(await time.run(crcOfRam(spoils.console, RAM_BASE, 0x100, { expected }))).toBe(expected);
    // Another value that is said twice is what stands there.
    expect(await time.run(crcOfRam(spoils.console, RAM_BASE, 0x100, { expected: 7 }))).toBe(expected);
    damage = Infinity;
    await expect(clock.run(crcOfRam(console, RAM_BASE, 0x100))).rejects.toMatchObject({
      code: 'UBOOT_READ_DAMAGED',
    });
  });
});

describe('writing flash', () => {
  it('follows sf update, and believes it only with all bytes counted', async () => {
    let isShort = false;
    const { clock, console } = await meet({
      answer: (command, answer) =>
        isShort && command.startsWith('sf update')
          ? answer.replace(/\d+ bytes skipped/, '1 bytes skipped')
          : answer,
    });
    await clock.run(probeFlash(console));
    const seen: number[] = [];
    const range = { address: RAM_BASE, offset: 0x4_0000, length: 0x2000 };
    const update = () => clock.run(updateFlash(console, range, 'writing', ({ done }) => seen.push(done)));
    expect(await update()).toEqual({ written: 0x2000, skipped: 0 });
    expect(seen).toEqual([0x1000]);
    isShort = true;
    await expect(update()).rejects.toMatchObject({ code: 'UBOOT_FLASH_FAILED' });
  });

  it('is refused by U-Boot before sf probe', async () => {
    const { clock, console } = await meet();
    const range = { address: RAM_BASE, offset: 0x4_0000, length: 0x2000 };
    await expect(clock.run(updateFlash(console, range, 'writing', () => {}))).rejects.toMatchObject({
      code: 'UBOOT_FLASH_FAILED',
      message: expect.stringContaining('No SPI flash selected') as string,
    });
  });
});

describe('YMODEM', () => {
  it('sends refused blocks again, and a piece whose CRC-32 is wrong', async () => {
    let damage = 2;
    const { unit, clock, console } = await meet({
      answer: (command, answer) =>
        command === 'crc32 0x80600000 0x40000' && damage-- > 0
          ? answer.replace(/==> \w{8}/, '==> 01234567')
          : answer,
    });
    unit.refusedBlocks = new Set([1, 2, 9]);
    const content = noise(0x5_0000, 4);
    await clock.run(uploadToRam(console, { address: RAM_BASE, content }));
    expect(Buffer.compare(unit.ram.subarray(0, content.length), content)).toBe(0);
    expect(unit.commands.filter((command) => command.startsWith('loady'))).toHaveLength(3);
  });

  it.each([
    ['NAK', '\x15'],
    ['C, as U-Boot 2013.07 does', 'C'],
  ])('a block refused with %s is sent again at once', async (_name, refusal) => {
    const { unit, clock, console } = await meet();
    unit.refusedBlocks = new Set([1, 2, 9, 10, 40]);
    unit.refusal = refusal;
    const content = noise(0x1_0000, 4);
    const startMs = clock.monotonicMs();
    await clock.run(uploadToRam(console, { address: RAM_BASE, content }));
    expect(Buffer.compare(unit.ram.subarray(0, content.length), content)).toBe(0);
    expect(clock.monotonicMs() - startMs).toBeLessThan(1_000);
  });

  it('gives up in the end, and leaves the prompt usable', async () => {
    const { unit, clock, console } = await meet();
    unit.refusedBlocks = new Set(Array.from({ length: 100 }, (_, index) => index + 1));
    const upload = uploadToRam(console, { address: RAM_BASE, content: noise(0x1000, 4) });
    await expect(clock.run(upload)).rejects.toMatchObject({ code: 'UPLOAD_FAILED' });
    expect(await clock.run(console.run('echo usable'))).toContain('usable');
  });

  it('is broken off by a cancel, and leaves the prompt usable', async () => {
    const { clock, console } = await meet();
    const cancel = new AbortController();
    const upload = uploadToRam(console, {
      address: RAM_BASE,
      content: noise(0x4000, 4),
      signal: cancel.signal,
      onBytes: () => cancel.abort(new BenchError('ABORTED')),
    });
    await expect(clock.run(upload)).rejects.toMatchObject({ code: 'ABORTED' });
    expect(await clock.run(console.run('echo usable'))).toContain('usable');
  });
});

describe('a start', () => {
  const start = async (options: Partial<FakeOptions>) => {
    const { clock, console } = await meet(options);
    await clock.run(console.begin('reset', signal));
    return clock.run(watchBoot(console, { signal, limitMs: 15_000 }));
  };
  it('with its MAC', async () => {
    expect(await start({})).toMatchObject({ hasLinux: true, mac: build.MAC, heard: { kind: 'linux' } });
  });
  it('without its MAC', async () => {
    expect(await start({ flash: build.camera({ erased: ['para'] }) })).toMatchObject({
      hasLinux: true,
      mac: undefined,
      heard: { kind: 'linux-no-mac' },
    });
  });
  it('without a kernel', async () => {
    expect(await start({ flash: build.camera({ erased: ['kernel'] }) })).toMatchObject({
      hasLinux: false,
      heard: { kind: 'no-kernel' },
    });
  });
});
