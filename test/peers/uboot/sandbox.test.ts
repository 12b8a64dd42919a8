import { describe, expect, it } from 'vitest';
import { DAFANG_PARTS, partOf } from '../../../src/firmware/dafang/flash-map.ts';
import * as build from '../../firmware/build-dafang.ts';
import { dafangBench } from '../../flows/dafang-bench.ts';
import { bootSandbox, whyNoSandbox } from './sandbox.ts';

const missing = whyNoSandbox();
const DEMO = build.demo();
const differs = (a: Uint8Array, b: Uint8Array) =>
  DAFANG_PARTS.filter((part) => Buffer.compare(partOf(a, part), partOf(b, part)) !== 0).map(
    ({ name }) => name,
  );

describe.skipIf(missing)(`dafang-console on the sandbox of U-Boot${missing ? ` (${missing})` : ''}`, () => {
  it('restores from the SD card: flash equal to demo.bin, boot, config and para as before', async () => {
    const before = build.camera({ erased: ['kernel', 'root'] });
    const { port, flash } = await bootSandbox(before, DEMO);
    const { run } = await dafangBench();
    const { settled } = await run({
      port,
      images: { demo: DEMO },
      settings: { source: 'sd' },
      assume: ['wired'],
    });
    // The sandbox is no MIPS: it holds the kernel and cannot start it.
    expect(settled, settled.message).toMatchObject({
      code: 'KERNEL_MISSING',
      proof: ['read back'],
      identity: { mac: build.MAC },
    });
    expect(differs(before, flash())).toEqual(['kernel', 'root', 'driver', 'appfs']);
    const payload = DEMO.subarray(64);
    expect(Buffer.compare(flash().subarray(0x4_0000, 0x4_0000 + payload.length), payload)).toBe(0);
  });

  it('writes nothing from a card with another demo.bin', async () => {
    const before = build.camera();
    const { port, flash } = await bootSandbox(before, build.demo(50));
    const { run } = await dafangBench();
    const { settled } = await run({
      port,
      images: { demo: DEMO },
      settings: { source: 'sd' },
      assume: ['wired'],
    });
    expect(settled, settled.message).toMatchObject({ code: 'SD_FILE_WRONG' });
    expect(differs(before, flash())).toEqual([]);
  });
});
