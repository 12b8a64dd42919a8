import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock as clock } from '../../src/core/clock.ts';
import { parseLinks } from '../../src/core/link.ts';
import {
  bootWatch,
  contactLoader,
  type ContactOptions,
  type EspLoader,
  type LineFinding,
} from '../../src/protocols/esp/index.ts';
import { createPracticeBench } from '../../src/virtual/create-practice-bench.ts';
import type { PracticePort } from '../../src/virtual/practice-bench.ts';

const md5 = (bytes: Uint8Array) => createHash('md5').update(bytes).digest('hex');
const signal = new AbortController().signal;

let dataDir: string;
let port: PracticePort;
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'benchflash-'));
});
afterEach(async () => {
  await port.close();
  rmSync(dataDir, { recursive: true, force: true });
});

const plug = async (link: string) => {
  port = await createPracticeBench({ dataDir, clock }).openSerial(parseLinks(link)[0]!, {
    baudRate: 115_200,
  });
};

/** Contact while the operator powers the unit into its loader. */
async function meet(link: string, options: Partial<ContactOptions> = {}): Promise<EspLoader> {
  await plug(link);
  const meeting = contactLoader(port, { clock, signal, resetBy: 'hands', limitMs: 5_000, ...options });
  await port.perform('power-into-loader');
  return meeting;
}

async function readAll(loader: EspLoader, size: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  await loader.readFlash(0, size, { onChunk: (bytes) => void chunks.push(bytes) });
  return Uint8Array.from(Buffer.concat(chunks));
}

/** Half compressible, half not. */
const content = (length: number) =>
  new Uint8Array(length).map((_, index) => (index & 0x8000 ? (index * 2_654_435_761) >>> 13 : index >> 8));

describe('the virtual units, written from the reference without sight of this client', () => {
  it.each([
    ['virtual:lamp', 'ESP32', 0x40_0000],
    ['virtual:plug-esp8266', 'ESP8266', 0x20_0000],
  ])(
    '%s: read whole, write, hash, erase with the stub',
    async (link, chip, flashSize) => {
      const loader = await meet(link);
      expect(loader.identity.chip).toBe(chip);
      expect(loader.identity.mac).toMatch(/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/);
      expect(await loader.startStub()).toBe('stub');
      const { sizeBytes } = await loader.attachFlash();
      expect(sizeBytes).toBe(flashSize);
      expect(await loader.changeBaud()).toBe(921_600);
      const backup = await readAll(loader, flashSize);
      expect(await loader.md5(0, flashSize)).toBe(md5(backup));
      const bytes = content(150_001);
      await loader.writeRegion({ offset: 0x1_0000, bytes });
      expect(await loader.md5(0x1_0000, bytes.length)).toBe(md5(bytes));
      await loader.eraseRegion(0x1_0000, 0x1000);
      expect(await loader.md5(0x1_0000, 0x1000)).toBe(md5(new Uint8Array(0x1000).fill(0xff)));
      expect(await loader.isAlive()).toBe(true);
    },
    30_000,
  );

  it('lamp: the two traps are read before anything is touched', async () => {
    const { identity } = await meet('virtual:lamp');
    expect(identity).toMatchObject({ singleCore: true, macCrc: 'bad' });
  });

  it('lamp without stub: written compressed, read slowly, hashed by the ROM', async () => {
    const loader = await meet('virtual:lamp');
    await loader.attachFlash();
    await loader.changeBaud();
    const bytes = content(20_000);
    await loader.writeRegion({ offset: 0, bytes });
    expect(await loader.md5(0, bytes.length)).toBe(md5(bytes));
    expect(md5(await readAll(loader, bytes.length))).toBe(md5(bytes));
  });

  it('plug without stub: written raw; cannot be read or hashed', async () => {
    const loader = await meet('virtual:plug-esp8266');
    await loader.attachFlash();
    const bytes = content(70_000);
    await loader.writeRegion({ offset: 0, bytes });
    await expect(readAll(loader, 64)).rejects.toMatchObject({ code: 'LOADER_UNSUPPORTED' });
    // The stub may still be loaded afterwards, and shows that the ROM erased and wrote just what it should.
    expect(await loader.startStub()).toBe('stub');
    expect(await loader.md5(0, bytes.length)).toBe(md5(bytes));
  });

  it('a lamp that starts its factory firmware is seen running', async () => {
    await plug('virtual:lamp');
    const watching = bootWatch(port, {
      clock,
      signal,
      expectation: { version: 'none' },
      resetBy: 'hands',
      quietMs: 300,
    });
    await port.perform('power-into-firmware');
    expect((await watching).verdict.kind).toMatch(/^(running|other-firmware)$/);
  });

  it('a lamp without bootloader is an invalid image', async () => {
    const loader = await meet('virtual:lamp');
    await loader.startStub();
    await loader.attachFlash();
    await loader.eraseRegion(0, 0x1_0000);
    loader.close();
    const watching = bootWatch(port, { clock, signal, expectation: {}, resetBy: 'hands', quietMs: 300 });
    await port.perform('power-into-firmware');
    expect((await watching).verdict.kind).toBe('invalid-image');
  });
});

describe('faults of the virtual lamp', () => {
  it.each([
    ['tx-rx-swapped', 'NOTHING_HEARD'],
    ['no-power', 'NOTHING_HEARD'],
    ['gpio0-high', 'GPIO0_HIGH'],
  ])('%s', async (fault, code) => {
    await expect(meet(`virtual:lamp?fault=${fault}`, { limitMs: 600 })).rejects.toMatchObject({ code });
  });

  it('drops-bytes: everything arrives whole in the end, slower', async () => {
    const loader = await meet('virtual:lamp?fault=drops-bytes');
    await loader.startStub();
    await loader.attachFlash();
    await loader.changeBaud();
    const read = await readAll(loader, 0x8_0000);
    expect(await loader.md5(0, read.length)).toBe(md5(read));
  });

  it('baud-limit-460800: asks for one power cycle and goes on below', async () => {
    const asked: string[] = [];
    const loader = await meet('virtual:lamp?fault=baud-limit-460800', {
      askPowerCycle: (why) => {
        asked.push(why);
        void port.perform('power-into-loader');
        return () => {};
      },
    });
    await loader.startStub();
    expect(await loader.changeBaud()).toBe(460_800);
    expect([asked.length, loader.mode]).toEqual([1, 'stub']);
  });

  it('flash-encrypted: seen before anything is touched', async () => {
    const loader = await meet('virtual:lamp?fault=flash-encrypted');
    expect(await loader.readSecurity()).toMatchObject({ flashEncryption: true });
  });

  it('wrong-chip: says which chip it is', async () => {
    const findings: LineFinding['kind'][] = [];
    const loader = await meet('virtual:lamp?fault=wrong-chip', {
      onHeard: ({ kind }) => findings.push(kind),
    });
    expect(loader.identity.chip).toBe('ESP8266');
    expect(findings).toEqual([]);
  });
});
