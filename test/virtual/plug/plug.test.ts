import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { Lan } from '../../../src/virtual/lan/lan.ts';
import { practiceTasmota } from '../../../src/virtual/esp/images/plug-images.ts';
import { bootPlace } from '../../../src/virtual/plug/boot/boot-place.ts';
import { plugDevice } from '../../../src/virtual/plug/plug-device.ts';
import type { PlugFirmware, RunningPlug } from '../../../src/virtual/plug/plug-firmware.ts';
import { PLUG_FAULTS } from '../../../src/virtual/plug/plug-unit.ts';
import { flashFile } from '../../../src/virtual/store/flash-file.ts';
import { memoryStorage } from '../../../src/virtual/store/storage.ts';
import type { NetworkUnit, UnitStorage } from '../../../src/virtual/virtual-device.ts';
import { ManualClock } from '../../harness/manual-clock.ts';

const MIB = 1_048_576;
const STAGED = 0x80000;
const chip = { mac: '84:cc:a8:01:02:03', flashBytes: MIB, onlyDout: true, model: 'test' };

const units: NetworkUnit[] = [];
afterEach(() => {
  for (const unit of units.splice(0)) unit.close();
});

/** Runs whatever eboot starts, and lets the test hold the plug. */
function bench(content: Uint8Array, options: { paced?: boolean; storage?: UnitStorage } = {}) {
  const clock = new ManualClock();
  const log: string[] = [];
  const plugs: RunningPlug[] = [];
  const stopped: RunningPlug[] = [];
  const firmware: PlugFirmware = {
    name: 'anything',
    recognizes: (flash, built) => !('dead' in bootPlace(flash, built)),
    start(plug) {
      plugs.push(plug);
      return { stop: () => stopped.push(plug) };
    },
  };
  const device = plugDevice({
    name: 'test-plug',
    title: 'test plug',
    states: [{ name: 'new', text: 'new', chip: () => chip, flash: () => content.slice() }],
    firmwares: [firmware],
    faults: [PLUG_FAULTS.justPluggedIn, { name: 'slow', text: 'slow' }],
    images: [],
  });
  let cells: Uint8Array = new Uint8Array();
  const storage = options.storage ?? { ...memoryStorage(), adopt: (array: Uint8Array) => (cells = array) };
  const make = (faults: readonly string[] = []) => {
    const unit = device.createNetworkUnit!({
      unit: 1,
      faults,
      paced: options.paced === true,
      clock,
      storage,
      struck: new Set(),
      log: (text) => log.push(text),
      lan: new Lan(),
    });
    units.push(unit);
    return unit;
  };
  return { clock, log, plugs, stopped, make, cells: () => cells };
}

function tasmotaFlash(): Uint8Array {
  const flash = new Uint8Array(MIB).fill(0xff);
  flash.set(practiceTasmota());
  return flash;
}

/** The same image with other bytes in its code. */
function otherTasmota(): Uint8Array {
  const image = practiceTasmota();
  // Two changes that leave the checksum as it was.
  image[0x2000]! ^= 0x55;
  image[0x2001]! ^= 0x55;
  return image;
}

describe('a virtual plug', () => {
  it('has been on for an hour when it is laid in its place, unless it was just plugged in', async () => {
    const { make, plugs, clock } = bench(tasmotaFlash());
    make();
    await clock.advance(5000);
    expect(plugs[0]!.startedBy).toBe('power');
    expect(plugs[0]!.uptimeMs()).toBe(3_605_000);
    make(['just-plugged-in']);
    expect(plugs[1]!.uptimeMs()).toBe(0);
  });

  it('starts what eboot copied, plain or inflated', async () => {
    for (const packed of [false, true]) {
      const { make, plugs, clock, cells, log } = bench(tasmotaFlash());
      make();
      const image = otherTasmota();
      const staged = packed ? new Uint8Array(gzipSync(image)) : image;
      await clock.run(plugs[0]!.write(STAGED, staged));
      plugs[0]!.rtc.command = { source: STAGED, destination: 0, size: staged.length };
      plugs[0]!.restart();
      await clock.until(() => plugs.length === 2);
      expect(Buffer.from(cells().subarray(0, image.length)).equals(image)).toBe(true);
      expect(plugs[1]!.rtc.command).toBeUndefined();
      expect(plugs[1]!.startedBy).toBe('restart');
      expect(plugs[1]!.uptimeMs()).toBeLessThan(5000);
      expect(log).toContain('@cp:0');
    }
  });

  it('forgets the copy when power is cut before it, and is dead when it is cut in it', async () => {
    const { make, plugs, clock, log, stopped } = bench(tasmotaFlash(), { paced: true });
    const unit = make();
    const image = otherTasmota();
    await clock.run(plugs[0]!.write(STAGED, image));
    const command = { source: STAGED, destination: 0, size: image.length };
    plugs[0]!.rtc.command = command;
    unit.perform('power-cycle', clock.monotonicMs());
    expect(stopped).toHaveLength(1);
    await clock.until(() => plugs.length === 2);
    expect(log).not.toContain('@cp:0');

    plugs[1]!.rtc.command = command;
    plugs[1]!.restart();
    await clock.until(() => log.some((line) => line.startsWith('eboot copies')));
    await clock.advance(1000);
    unit.perform('power-cycle', clock.monotonicMs());
    await clock.advance(10_000);
    expect(plugs).toHaveLength(2);
    expect(log.at(-1)).toMatch(/^does not start: /);
    expect(unit.at).toBeUndefined();
    unit.perform('power-cycle', clock.monotonicMs());
    await clock.advance(10_000);
    expect(plugs).toHaveLength(2);
  });

  it('does not end a write or a wait that power took away, and leaves FF where it was erased', async () => {
    const { make, plugs, clock, cells } = bench(tasmotaFlash(), { paced: true });
    const unit = make();
    let ended = false;
    const bytes = new Uint8Array(3 * 4096).fill(0x42);
    const end = () => (ended = true);
    plugs[0]!.write(STAGED, bytes).then(end, end);
    plugs[0]!.wait(1).then(end, end);
    // One sector takes 45 ms and 16 pages of 0.7 ms: the second one is erased now.
    await clock.advance(0);
    await clock.advance(80 - 1);
    ended = false;
    unit.perform('power-cycle', clock.monotonicMs());
    await clock.advance(60_000);
    expect(ended).toBe(false);
    expect(
      cells()
        .subarray(STAGED, STAGED + 4096)
        .every((byte) => byte === 0x42),
    ).toBe(true);
    expect(
      cells()
        .subarray(STAGED + 4096, STAGED + bytes.length)
        .every((byte) => byte === 0xff),
    ).toBe(true);
  });

  it('keeps what it wrote on the disk', async () => {
    const path = join(mkdtempSync(join(tmpdir(), 'benchflash-plug-')), 'flash.bin');
    const clock = new ManualClock();
    const storage = flashFile({ path, fresh: true, clock });
    const { make, plugs } = bench(tasmotaFlash(), { storage });
    make();
    void plugs[0]!.write(0xf4000, Uint8Array.of(1, 2, 3));
    plugs[0]!.settle();
    const kept = readFileSync(path);
    expect(kept).toHaveLength(MIB);
    expect([...kept.subarray(0xf4000, 0xf4003)]).toEqual([1, 2, 3]);
    expect(storage.notes).toMatchObject({ device: 'test-plug', unit: 1, state: 'new' });
  });

  it('never starts again once its firmware killed it, and says why', async () => {
    const { make, plugs, clock, log } = bench(tasmotaFlash());
    const unit = make();
    plugs[0]!.die('the flaw of the day');
    expect(log).toContain('dead: the flaw of the day');
    unit.perform('power-cycle', 0);
    await clock.advance(10_000);
    expect(plugs).toHaveLength(1);
    expect(log.at(-1)).toBe('does not start: no boot loader at 0x0 (magic)');
  });

  it('feels a -once fault once, and asking is feeling', () => {
    const { make, plugs } = bench(tasmotaFlash());
    make(['slow-once']);
    expect([plugs[0]!.fault('slow'), plugs[0]!.fault('slow')]).toEqual([true, false]);
    make(['slow']);
    expect([plugs[1]!.fault('slow'), plugs[1]!.fault('slow')]).toEqual([true, true]);
  });

  it('does not start an image that is not DOUT where only DOUT can be read', () => {
    const flash = tasmotaFlash();
    flash[2] = 2;
    expect(bootPlace(flash, chip)).toMatchObject({ dead: expect.stringContaining('not DOUT') as string });
    expect(bootPlace(flash, { ...chip, onlyDout: false })).toEqual({ loader: 'eboot', appOffset: 0x1000 });
  });
});
