import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { DAFANG_PARTS, dafangPart, partOf } from '../../src/firmware/dafang/flash-map.ts';
import type { DafangFault } from '../../src/virtual/dafang/faults.ts';
import { DAFANG_STATES, dafangFlash } from '../../src/virtual/dafang/images/factory-flash.ts';
import { practice, type Practice } from './practice.ts';

const FLOW = 'dafang-console';
const IDENTITY = ['config', 'para'];

const differs = (a: Uint8Array, b: Uint8Array) =>
  DAFANG_PARTS.filter((part) => Buffer.compare(partOf(a, part), partOf(b, part)) !== 0).map(
    ({ name }) => name,
  );

/** One run on unit 1 of a bench of its own, or of the one given. */
async function go(
  query: string,
  request: Partial<Parameters<Practice['run']>[0]> & { file?: string },
  at?: Practice,
) {
  const bench = at ?? (await practice());
  const { file, ...rest } = request;
  const images = file === undefined ? [] : [await bench.image('dafang', file)];
  const { results } = await bench.run({ flowId: FLOW, link: `virtual:dafang${query}`, images, ...rest });
  const flash = await bench.flashOf('dafang', 1).catch(() => asNew());
  return {
    settled: results.get(1)!.at(-1)!,
    flash,
    image: images[0] === undefined ? undefined : await readFile(images[0]),
  };
}

/** What the chip of a new unit 1 holds; it comes to the disk with its first change. */
const asNew = (name = 'healthy'): Buffer =>
  Buffer.from(
    dafangFlash(
      DAFANG_STATES.find((state) => state.name === name)!,
      1,
    ),
  );

describe('a practice camera is brought back over its console', () => {
  it('kernel-erased by YMODEM, without an SD card', async () => {
    const before = asNew('kernel-erased');
    const { settled, flash, image } = await go('?state=kernel-erased', {
      file: 'dafang-kernel',
      settings: { source: 'serial' },
    });
    expect(settled).toMatchObject({ outcome: 'PASS', proof: ['read back', 'banner', 'heard'] });
    expect(differs(before, flash)).toEqual(['kernel']);
    expect(Buffer.compare(partOf(flash, dafangPart('kernel')).subarray(0, image!.length), image!)).toBe(0);
  });

  it('para-erased by the backup of the same camera, its MAC typed at the screen', async () => {
    const bench = await practice({ interactive: true });
    const healthy = await go('', { task: 'backup' }, bench);
    const { mac } = healthy.settled.identity;
    const erased = Buffer.from(healthy.flash);
    const { offset, size } = dafangPart('para');
    erased.fill(0xff, offset, offset + size);
    await bench.putFlash('dafang', 1, erased);
    const asked: { text: string; typed: string | undefined }[] = [];
    const { settled, flash } = await go(
      '',
      {
        task: 'restore',
        backupFile: healthy.settled.backup!.file,
        onEvent: (event, { answer }) => {
          if (event.type !== 'ask' || event.prompt.kind !== 'question') return;
          asked.push({ text: event.prompt.text, typed: event.prompt.typed });
          answer(event.prompt.id, mac!);
        },
      },
      bench,
    );
    expect(asked).toEqual([{ text: expect.stringContaining(mac!) as string, typed: mac }]);
    expect(settled).toMatchObject({ outcome: 'PASS', identity: { mac } });
    expect(differs(healthy.flash, flash)).toEqual([]);
  });
});

describe('a file of the host on the SD card', () => {
  it.each([
    ['the chosen one', 'PASS', (demo: Buffer) => demo],
    ['another one', 'SD_FILE_WRONG', (demo: Buffer) => demo.fill(0x55, 0x20_0000, 0x20_0010)],
  ])('%s: %s', async (_what, code, made) => {
    const bench = await practice();
    const card = path.join(bench.folder, 'demo.bin');
    await writeFile(card, made(await readFile(await bench.image('dafang', 'demo'))));
    const { settled } = await go(`?sd=${card}`, { file: 'demo', settings: { source: 'sd' } }, bench);
    expect(settled.code ?? settled.outcome, settled.message).toBe(code);
  });
});

interface End {
  readonly code: string;
  readonly file?: string;
  readonly source?: string;
}

/** How a run of demo.bin from the card ends on a camera with this fault. What is not named is of the programmer. */
const ENDS: Partial<Record<DafangFault, End>> = {
  'no-card': { code: 'SD_CARD_UNUSABLE', source: 'sd' },
  'card-dead': { code: 'SD_CARD_UNUSABLE', source: 'sd' },
  'card-without-partition': { code: 'SD_CARD_UNUSABLE', source: 'sd' },
  'card-not-fat': { code: 'SD_CARD_UNUSABLE', source: 'sd' },
  'no-demo': { code: 'SD_CARD_UNUSABLE', source: 'sd' },
  'cut-demo': { code: 'SD_FILE_WRONG' },
  'damaged-demo': { code: 'SD_FILE_WRONG' },
  'loses-characters': { code: 'PASS' },
  'garbles-characters': { code: 'PASS' },
  'upload-errors': { code: 'PASS', file: 'dafang-kernel', source: 'serial' },
  'update-fails': { code: 'UBOOT_FLASH_FAILED' },
  'write-lies': { code: 'VERIFY_MISMATCH' },
  'mac-changes': { code: 'MAC_CHANGED' },
  protected: { code: 'FLASH_PROTECTED' },
  busy: { code: 'PASS', file: 'dafang-kernel' },
};
/** Two generations of U-Boot put nearly everything in other words. */
const LOADERS = {
  'the stock U-Boot': { family: 'stock', ramMiB: 128 },
  'a U-Boot of 2023': { family: 'newer', ramMiB: 128 },
} as const;
const STATE_ENDS = [
  { state: 'healthy', code: 'PASS' },
  { state: 'kernel-erased', code: 'PASS' },
  { state: 'uboot-only', code: 'PASS' },
  { state: 'para-erased', code: 'LINUX_WITHOUT_MAC' },
];
const FAULT_ENDS = [
  { fault: 'protected', code: 'FLASH_PROTECTED', file: 'demo', source: 'auto' },
  { fault: 'upload-errors', code: 'PASS', file: 'dafang-kernel', source: 'serial' },
  { fault: 'card-dead', code: 'SD_CARD_UNUSABLE', file: 'demo', source: 'sd' },
  { fault: 'no-demo', code: 'SD_CARD_UNUSABLE', file: 'demo', source: 'sd' },
  { fault: 'card-not-fat', code: 'SD_CARD_UNUSABLE', file: 'demo', source: 'sd' },
  { fault: 'update-fails', code: 'UBOOT_FLASH_FAILED', file: 'demo', source: 'auto' },
];

/** A bench with a camera of this state, whose boot loader is of one generation or the other. */
async function withLoader(state: string, loader: (typeof LOADERS)[keyof typeof LOADERS]) {
  const bench = await practice();
  const chip = dafangFlash({ ...DAFANG_STATES.find((each) => each.name === state)!, loader }, 1);
  await bench.putFlash('dafang', 1, chip);
  return { bench, chip };
}

describe.each(Object.entries(LOADERS))('%s restores from the card', (_name, loader) => {
  it.each(STATE_ENDS)('$state: $code', async ({ state, code }) => {
    const { bench, chip } = await withLoader(state, loader);
    const { settled, flash, image } = await go('', { file: 'demo' }, bench);
    expect(settled.code ?? settled.outcome, settled.message).toBe(code);
    expect(differs(chip, flash)).toEqual(['kernel', 'root', 'driver', 'appfs']);
    const { offset } = dafangPart('kernel');
    expect(Buffer.compare(flash.subarray(offset, offset + image!.length - 64), image!.subarray(64))).toBe(0);
  });
});

describe('faults in the words of a U-Boot of 2023', () => {
  it.each(FAULT_ENDS)('$fault: $code', async ({ fault, code, file, source }) => {
    const { bench } = await withLoader('healthy', LOADERS['a U-Boot of 2023']);
    const { settled } = await go(`?fault=${fault}`, { file, settings: { source } }, bench);
    expect(settled.code ?? settled.outcome, settled.message).toBe(code);
  });
});

const UNTOUCHED = ['SD_CARD_UNUSABLE', 'SD_FILE_WRONG', 'UBOOT_READ_DAMAGED', 'FLASH_PROTECTED'];

describe('each fault of a camera on its console has its own end, and the chip is the judge', () => {
  it.each(Object.entries(ENDS))('%s', async (fault, { code, file = 'demo', source = 'auto' }) => {
    const before = asNew();
    const { settled, flash, image } = await go(`?fault=${fault}`, { file, settings: { source } });
    expect(settled.code ?? settled.outcome, settled.message).toBe(code);
    expect(differs(before, flash).filter((name) => name === 'boot' || IDENTITY.includes(name))).toEqual([]);
    if (UNTOUCHED.includes(code)) expect(differs(before, flash)).toEqual([]);
    const wanted = file === 'demo' ? image!.subarray(64) : image!;
    const { offset } = dafangPart('kernel');
    const isThere = Buffer.compare(flash.subarray(offset, offset + wanted.length), wanted) === 0;
    if (settled.outcome === 'PASS' || settled.proof?.includes('read back') === true)
      expect(isThere).toBe(true);
  });
});
