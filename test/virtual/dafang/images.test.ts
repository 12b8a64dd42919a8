import { describe, expect, it, onTestFinished } from 'vitest';
import { inspectFile } from '../../../src/firmware/inspect.ts';
import { DAFANG_STATES, dafangFlash } from '../../../src/virtual/dafang/images/factory-flash.ts';
import { findVirtualDevice } from '../../../src/virtual/registry.ts';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';

/** What `benchflash inspect` makes of it, which was written without knowledge of these images. */
async function inspected(content: Uint8Array): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'benchflash-dafang-images-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'image.bin');
  writeFileSync(file, content);
  return inspect(await inspectFile(file), { depth: 8, maxArrayLength: 60 });
}
const state = (name: string) => DAFANG_STATES.find((each) => each.name === name)!;

describe('images of the virtual Dafang', () => {
  it('a healthy chip is recognised part by part, with its MAC, and its secrets are kept back', async () => {
    const text = await inspected(dafangFlash(state('healthy'), 1));
    expect(text).toContain('34:ce:00:e2:e1:7c');
    expect(text).toContain('practice-net-1');
    expect(text).toContain('checksum right');
    expect(text).toContain('stock U-Boot 2013.07');
    expect(text).not.toMatch(/warning|erased\./i);
  });

  it('each unit is another one', async () => {
    expect(await inspected(dafangFlash(state('healthy'), 2))).not.toContain('34:ce:00:e2:e1:7c');
  });

  it('what is wrong with the other states is seen', async () => {
    expect(await inspected(dafangFlash(state('para-erased'), 1))).toContain('para: erased');
    expect(await inspected(dafangFlash(state('bootloader-at-wrong-offset'), 1))).toContain(
      'stands at 0x10000',
    );
    expect(await inspected(dafangFlash(state('wrong-ram-variant'), 1))).toContain('64 MB');
  });

  it.each([
    ['dafang-boot.bin', 262_144, 'Dafang boot loader'],
    ['demo.bin', 11_075_648, 'demo.bin of the Dafang camera'],
    ['dafang-kernel.bin', 1_835_072, 'kernel image Linux-3.10.14'],
  ])('%s is what it says', async (file, bytes, title) => {
    const image = findVirtualDevice('dafang')
      .practiceImages()
      .find((each) => each.file === file)!;
    expect(image.make().length).toBe(bytes);
    expect(await inspected(image.make())).toContain(title);
  });
});
