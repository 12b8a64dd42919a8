import { describe, expect, it } from 'vitest';
import type { Progress } from '../../../../src/core/progress.ts';
import { estimateMs } from '../../../../src/protocols/telink/sws/index.ts';
import { meetFull, meetReady, meetTxOnly, noise } from './meet.ts';

const SECTOR = 0x1000;
/** As large as the stock image of which the public page's time is known. */
const IMAGE_BYTES = 92_868;

function withBlankPages(length: number): Uint8Array {
  const bytes = noise(length);
  bytes.fill(0xff, 0x300, 0x600);
  return bytes;
}

describe('full', () => {
  it('reads the flash id', async () => {
    const { wire, run } = await meetReady();
    expect(await run(wire.readFlashId())).toEqual({ id: 'c86013', sizeBytes: 0x8_0000 });
  });

  it('a flash that is not there: FLASH_CHIP_SILENT', async () => {
    const { wire, run, bench } = await meetReady();
    bench.chip.flash.id = [];
    await expect(run(wire.readFlashId())).rejects.toMatchObject({ code: 'FLASH_CHIP_SILENT' });
  });

  it('unlocks, erases, writes, leaves blank pages alone, and reads back', async () => {
    const { wire, run, bench, clock } = await meetFull();
    const { flash } = bench.chip;
    flash.status = 0x5c;
    await run(wire.activate({ signal: new AbortController().signal, windowMs: 600 }));
    await run(wire.unlock());
    expect(flash.status & 0x7c).toBe(0);
    flash.bytes.fill(0, 0, 2 * SECTOR);
    const bytes = withBlankPages(SECTOR + 300);
    const seen: Progress[] = [];
    const report = await run(
      wire.write([{ offset: 0, bytes }], { label: 'writing', onProgress: (progress) => seen.push(progress) }),
    );
    expect(report).toEqual({ sectorsErased: 2, pagesWritten: 15, pagesBlank: 3, bytesWritten: 3628 });
    expect(flash.bytes.subarray(0, bytes.length)).toEqual(bytes);
    expect(flash.ignored).toBe(0);
    expect(seen.at(-1)).toEqual({ label: 'writing', done: bytes.length, total: bytes.length, unit: 'bytes' });
    expect(await run(wire.read(0x2f0, 40))).toEqual(bytes.subarray(0x2f0, 0x318));
    expect(await run(wire.verify([{ offset: 0, bytes }]))).toMatchObject({ kind: 'samples' });
    expect(await run(wire.verify([{ offset: 0, bytes }], { whole: true }))).toEqual({
      kind: 'whole',
      bytesCompared: bytes.length,
    });
    expect(clock.pendingTimers).toBe(0);
  });

  it('waits for a flash that takes long, by asking it', async () => {
    const { wire, run, bench } = await meetReady();
    bench.chip.flash.sectorEraseMs = 1500;
    bench.chip.flash.pageProgramMs = 90;
    const bytes = noise(600);
    await run(wire.write([{ offset: 0x1000, bytes }]));
    expect(bench.chip.flash.ignored).toBe(0);
    expect(bench.chip.flash.bytes.subarray(0x1000, 0x1000 + 600)).toEqual(bytes);
  });

  it('a flash that stays busy: FLASH_BUSY_TIMEOUT', async () => {
    const { wire, run, bench } = await meetReady();
    bench.chip.flash.stuck = true;
    await expect(run(wire.write([{ offset: 0, bytes: noise(10) }]))).rejects.toMatchObject({
      code: 'FLASH_BUSY_TIMEOUT',
      outcome: 'FAIL',
    });
  });

  it('a flash locked for good: FLASH_LOCKED, before anything is erased', async () => {
    const { wire, run, bench } = await meetReady();
    bench.chip.flash.status = 0x1c;
    bench.chip.flash.lockedForGood = true;
    await expect(run(wire.unlock())).rejects.toMatchObject({
      code: 'FLASH_LOCKED',
      detail: { status: 0x1c },
    });
    expect(bench.chip.flash.erased).toEqual([]);
  });

  it('a difference counts when it is read again and again: SWS_VERIFY_MISMATCH', async () => {
    const { wire, run, bench } = await meetReady();
    const bytes = noise(SECTOR);
    await run(wire.write([{ offset: 0, bytes }]));
    bench.chip.flash.bytes[0x10] = bytes[0x10]! ^ 0x20;
    await expect(run(wire.verify([{ offset: 0, bytes }]))).rejects.toMatchObject({
      code: 'SWS_VERIFY_MISMATCH',
      detail: { offset: 0x10, written: bytes[0x10], found: bench.chip.flash.bytes[0x10] },
    });
  });

  it('samples find a page that stayed blank, wherever it is', async () => {
    const { wire, run, bench } = await meetReady();
    const bytes = noise(3 * SECTOR);
    await run(wire.write([{ offset: 0, bytes }]));
    bench.chip.flash.bytes.fill(0xff, 0x2100, 0x2200);
    await expect(run(wire.verify([{ offset: 0, bytes }]))).rejects.toMatchObject({
      code: 'SWS_VERIFY_MISMATCH',
    });
  });

  it('asks again where an adapter loses characters of the answers, and loses no byte', async () => {
    const { wire, run, bench } = await meetReady();
    const bytes = noise(700);
    bench.chip.flash.bytes.set(bytes, 0x1000);
    let replies = 0;
    // Characters of replies come in nines; the echo of a PL2303 is complete.
    bench.losesHeard = () => bench.written.at(-1)?.length === 1 && ++replies % 250 === 0;
    expect(await run(wire.read(0x1000, 700))).toEqual(bytes);
    expect(replies).toBeGreaterThan(6300);
  });

  it('asks again where the echo of a question is damaged', async () => {
    const { wire, run, bench } = await meetReady();
    const bytes = noise(300);
    bench.chip.flash.bytes.set(bytes, 0x1000);
    let heard = 0;
    bench.losesHeard = () => [300, 2000].includes(++heard);
    expect(await run(wire.read(0x1000, 300))).toEqual(bytes);
    expect(heard).toBeGreaterThan(2000);
  });

  it('writes a page again whose echo came back damaged', async () => {
    const { wire, run, bench } = await meetReady();
    const bytes = noise(SECTOR);
    let heard = 0;
    bench.losesHeard = () => ++heard === 9000;
    await run(wire.write([{ offset: 0, bytes }]));
    expect(bench.chip.flash.bytes.subarray(0, SECTOR)).toEqual(bytes);
    expect(bench.chip.flash.ignored).toBe(0);
  });

  it('a watchdog that restarts the chip in the middle: SWS_NO_ANSWER', async () => {
    const { wire, run, bench } = await meetReady();
    bench.chip.listensWhileRunning = () => false;
    const writing = wire.write([{ offset: 0, bytes: noise(SECTOR) }], {
      onProgress: ({ done }) => {
        if (done === 512) bench.chip.isStopped = false;
      },
    });
    await expect(run(writing)).rejects.toMatchObject({ code: 'SWS_NO_ANSWER' });
  });

  it('stops at a cancel between two pages, and can be taken up again', async () => {
    const { wire, run, bench } = await meetReady();
    const bytes = noise(SECTOR);
    const cancel = new AbortController();
    const onProgress = ({ done }: Progress) => {
      if (done === 768) cancel.abort();
    };
    const cancelled = wire.write([{ offset: 0, bytes }], { signal: cancel.signal, onProgress });
    await expect(run(cancelled)).rejects.toMatchObject({ code: 'ABORTED' });
    expect(bench.chip.flash.programmed).toEqual([0, 256, 512]);
    await run(wire.write([{ offset: 0, bytes }]));
    expect(bench.chip.flash.bytes.subarray(0, SECTOR)).toEqual(bytes);
  });

  it('erases the whole chip only when asked', async () => {
    const { wire, run, bench } = await meetReady();
    bench.chip.flash.bytes.fill(0);
    await run(wire.eraseChip());
    expect(bench.chip.flash.bytes.every((byte) => byte === 0xff)).toBe(true);
  });

  it('takes whole sectors only', async () => {
    const { wire, run } = await meetReady();
    await expect(run(wire.write([{ offset: 100, bytes: noise(10) }]))).rejects.toThrow(RangeError);
  });
});

describe('TX only', () => {
  it('writes blindly what a slow but sound flash takes', async () => {
    const { wire, run, bench, activation } = await meetTxOnly();
    const { flash } = bench.chip;
    flash.status = 0x1c;
    flash.sectorEraseMs = 290;
    flash.pageProgramMs = 2.9;
    flash.statusWriteMs = 39;
    await run(wire.activate(activation()));
    await run(wire.unlock());
    const bytes = withBlankPages(SECTOR + 300);
    await run(wire.write([{ offset: 0, bytes }]));
    expect(flash.bytes.subarray(0, bytes.length)).toEqual(bytes);
    expect(flash.ignored).toBe(0);
  });

  it.each([
    ['an adapter that still holds characters when a write resolves', 256, 256, 0],
    ['a network, where a write resolves at once', 1e6, Infinity, 0],
    ['an adapter that says it holds none: then the flash is not ready in time', 1e6, 0, 1],
  ])(
    'counts its pauses from the last character on the wire: %s',
    async (_, holds, unsentBytes, leastIgnored) => {
      const { wire, run, bench, activation } = await meetTxOnly({ holds });
      bench.unsentBytes = unsentBytes;
      bench.chip.flash.sectorEraseMs = 299;
      bench.chip.flash.pageProgramMs = 2.9;
      await run(wire.activate(activation()));
      await run(wire.unlock());
      const bytes = noise(SECTOR);
      await run(wire.write([{ offset: 0, bytes }]));
      if (leastIgnored === 0) expect(bench.chip.flash.bytes.subarray(0, SECTOR)).toEqual(bytes);
      expect(bench.chip.flash.ignored > 0).toBe(leastIgnored > 0);
    },
  );

  it('writes with two bits a character as well', async () => {
    const { wire, run, bench, activation } = await meetTxOnly({}, { encoding: 'two-bits-per-character' });
    await run(wire.activate(activation()));
    const bytes = noise(600);
    await run(wire.write([{ offset: 0, bytes }]));
    expect(bench.chip.flash.bytes.subarray(0, 600)).toEqual(bytes);
  });

  it('erases the chip, and resets it', async () => {
    const { wire, run, bench, activation } = await meetTxOnly();
    await run(wire.activate(activation()));
    bench.chip.flash.bytes.fill(0);
    await run(wire.eraseChip());
    expect(bench.chip.flash.bytes.every((byte) => byte === 0xff)).toBe(true);
    const { resets } = bench.chip;
    await run(wire.reset());
    expect(bench.chip.resets).toBe(resets + 1);
  });
});

describe('the time of a 92868-byte image at 460800 baud', () => {
  const regions = [{ offset: 0, bytes: noise(IMAGE_BYTES) }];

  it('full, with a USB adapter’s latency of 1 ms, is within 15 % of wire and flash', async () => {
    const { wire, run, clock } = await meetReady({ latencyMs: 1 });
    const begunMs = clock.monotonicMs();
    await run(wire.write(regions));
    const leastMs = estimateMs(regions, 'full', 460_800);
    expect((clock.monotonicMs() - begunMs) / leastMs).toBeLessThan(1.15);
  });

  it('TX only, with an adapter that holds 256 characters, is within 15 % of wire and longest flash', async () => {
    const { wire, run, clock, bench, activation } = await meetTxOnly({ holds: 256 });
    bench.chip.flash.sectorEraseMs = 290;
    bench.chip.flash.pageProgramMs = 2.9;
    await run(wire.activate(activation()));
    const begunMs = clock.monotonicMs();
    await run(wire.write(regions));
    expect(bench.chip.flash.bytes.subarray(0, IMAGE_BYTES)).toEqual(regions[0]!.bytes);
    const leastMs = estimateMs(regions, 'tx-only', 460_800);
    expect((clock.monotonicMs() - begunMs) / leastMs).toBeLessThan(1.15);
  });
});
