import { describe, expect, it } from 'vitest';
import { BenchError } from '../../../src/core/errors.ts';
import { crcOf, crcOfRam, fillRam, readRam, uploadToRam } from '../../../src/protocols/uboot/index.ts';
import * as build from '../../firmware/build-dafang.ts';
import { noise } from '../../firmware/build-images.ts';
import { dafangBench } from '../../flows/dafang-bench.ts';
import { bootQemu, RAM, whyNoQemu } from './qemu.ts';

const missing = whyNoQemu();
const signal = new AbortController().signal;

async function atPrompt() {
  const board = await bootQemu();
  const heard = await board.console.catchPrompt({ signal, limitMs: 60_000 });
  expect(heard).toMatchObject({ kind: 'prompt', family: 'other' });
  return board;
}

describe.skipIf(missing)(`U-Boot of Debian under QEMU${missing ? ` (${missing})` : ''}`, () => {
  it('has its countdown caught, and its commands judged', async () => {
    const { console, port } = await bootQemu();
    let text = '';
    port.onData((bytes) => (text += Buffer.from(bytes).toString('latin1')));
    const kinds: string[] = [];
    const heard = await console.catchPrompt({
      signal,
      limitMs: 60_000,
      onHeard: ({ kind }) => kinds.push(kind),
    });
    expect(heard).toMatchObject({ kind: 'prompt', family: 'other' });
    expect(kinds.at(-1)).toBe('prompt');
    expect(text).toContain('Hit any key to stop autoboot');
    expect(await console.run('version')).toMatch(/U-Boot 20\d\d\.\d\d/);
    await fillRam(console, RAM, 0x5a, 0x1_2345);
    expect(await crcOfRam(console, RAM, 0x1_2345)).toBe(crcOf(new Uint8Array(0x1_2345).fill(0x5a)));
    expect(await readRam(console, { address: RAM, length: 0x2345 })).toEqual(
      new Uint8Array(0x2345).fill(0x5a),
    );
    // This board has no SPI flash: its answer is no success.
    await expect(console.run('sf probe')).rejects.toMatchObject({ code: 'UBOOT_COMMAND_FAILED' });
    await expect(console.run('sf erase 0x0 0x1000000')).rejects.toMatchObject({
      code: 'UBOOT_COMMAND_REFUSED',
    });
    expect(text).not.toContain('sf erase');
  });

  it('joins a prompt that waits already', async () => {
    const { console } = await atPrompt();
    expect(await console.joinPrompt(signal)).toMatchObject({ kind: 'prompt', family: 'other' });
    expect(await console.run('echo here')).toContain('here');
  });

  it('takes an upload by YMODEM with an equal CRC, and gives it back by md.b', async () => {
    const { console } = await atPrompt();
    const content = noise(300_001, 7);
    content.fill(0xff, 10_000, 20_000);
    const steps: number[] = [];
    await uploadToRam(console, { address: RAM, content, onBytes: (bytes) => steps.push(bytes) });
    expect(await crcOfRam(console, RAM, content.length)).toBe(crcOf(content));
    expect(steps.at(-1)).toBe(content.length);
    expect(steps).toEqual([...steps].sort((a, b) => a - b));
    const back = await readRam(console, { address: RAM, length: 0x6000 });
    expect(Buffer.compare(back, content.subarray(0, 0x6000))).toBe(0);
  });

  it('stands at its prompt again after an upload was broken off', async () => {
    const { console } = await atPrompt();
    const cancel = new AbortController();
    const content = noise(0x2_0000, 8);
    const upload = uploadToRam(console, {
      address: RAM,
      content,
      signal: cancel.signal,
      onBytes: (bytes) => {
        if (bytes >= 0x4000) cancel.abort(new BenchError('ABORTED'));
      },
    });
    await expect(upload).rejects.toMatchObject({ code: 'ABORTED' });
    expect(await console.run('echo usable')).toContain('usable');
    await uploadToRam(console, { address: RAM, content: content.subarray(0, 5_000) });
  });

  it('is refused by the flow of the camera: its prompt is of another device', async () => {
    const { console, port } = await bootQemu();
    console.close();
    const { run } = await dafangBench();
    const { settled } = await run({ port, images: { kernel: build.kernel() }, assume: ['wired'] });
    expect(settled).toMatchObject({ outcome: 'SKIPPED', code: 'WRONG_CHIP' });
  });
});
