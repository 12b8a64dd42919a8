import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { findVirtualDevice } from '../../src/virtual/registry.ts';
import { fastClock } from '../harness/fast-clock.ts';
import { practice } from './practice.ts';
import { endsOf, expectNoSecrets, lastOf } from './thermometers.ts';

const DEVICE = 'esphome-plug';

/** How a run ends on a unit without password that has this fault. */
const ENDS: Readonly<Record<string, string>> = {
  'ota-error-80': 'ESPHOME_MAGIC',
  'ota-error-81': 'ESPHOME_PREPARE',
  'ota-error-82': 'ESPHOME_PASSWORD_WRONG',
  'ota-error-83': 'ESPHOME_WRITE',
  'ota-error-84': 'ESPHOME_END',
  'ota-error-85': 'ESPHOME_NEEDS_RESET',
  'ota-error-86': 'ESPHOME_CURRENT_FLASH_CONFIG',
  'ota-error-87': 'ESPHOME_NEW_FLASH_CONFIG',
  'ota-error-88': 'ESPHOME_NO_SPACE',
  'ota-error-89': 'ESPHOME_PARTITION_TOO_SMALL',
  'ota-error-8a': 'ESPHOME_NO_PARTITION',
  'ota-error-8b': 'ESPHOME_MD5',
  'ota-error-8c': 'ESPHOME_NO_SPACE_RP2040',
  'ota-error-8d': 'ESPHOME_SIGNATURE',
  'ota-error-8e': 'ESPHOME_IMAGE_KIND',
  'ota-error-8f': 'ESPHOME_PARTITION_TABLE',
  'ota-error-90': 'ESPHOME_PARTITION_TABLE',
  'ota-error-ff': 'ESPHOME_UNKNOWN_ERROR',
  'md5-refused': 'ESPHOME_MD5',
  'stalls-before-receipt': 'ESPHOME_MAYBE_TAKEN',
  'restart-loop': 'NEW_FIRMWARE_SILENT',
  'comes-back-old': 'OLD_FIRMWARE_STAYED',
  'never-comes-back': 'NEW_FIRMWARE_SILENT',
  'new-address': 'PASS',
  'drops-upload': 'ESPHOME_UPLOAD_BROKEN',
  'power-loss-in-copy': 'NEW_FIRMWARE_SILENT',
  // ESPHome says its reception to nobody who has no key of its API.
  'weak-signal': 'PASS',
  'just-plugged-in': 'PASS',
};
/** Struck once, the same run goes on by itself. */
const ONCE: Readonly<Record<string, string>> = { 'drops-upload': 'PASS', 'ota-error-8b': 'PASS' };
/** How a run ends on a unit that begins so. */
const STATES: Readonly<Record<string, string>> = {
  open: 'PASS',
  md5: 'PASS',
  sha256: 'PASS',
  gzip: 'PASS',
  extended: 'PASS',
  old: 'PASS',
  'no-wifi': 'HTTP_NO_ANSWER',
};
/** It was not seen what became of the image: it may be in the flash, or half of it. */
const OPEN_ENDS = ['restart-loop', 'never-comes-back', 'power-loss-in-copy', 'stalls-before-receipt'];

it(
  'every state and fault of an ESPHome plug has its own end, and PASS is true',
  { timeout: 240_000 },
  async () => {
    const device = findVirtualDevice(DEVICE);
    expect(device.faults.map(({ name }) => name).sort()).toEqual(Object.keys(ENDS).sort());
    expect(device.states.map(({ name }) => name).sort()).toEqual(Object.keys(STATES).sort());
    const bench = await practice({ clock: fastClock(5) });
    const file = await bench.image(DEVICE, 'esphome-plug.bin');
    const image = await readFile(file);
    const cases = [
      ...Object.entries(STATES).map(([name, end]) => [`state=${name}`, end] as const),
      ...Object.entries(ENDS).map(([name, end]) => [`fault=${name}`, end] as const),
      ...Object.entries(ONCE).map(([name, end]) => [`fault=${name}-once`, end] as const),
    ];
    const run = await bench.run({
      flowId: 'esphome-ota',
      link: cases.map(([what], index) => `virtual:${DEVICE}?unit=${index + 1}&${what}`),
      images: [file],
      settings: { 'ota-password': 'practice', 'wait-seconds': '30' },
      assume: ['pilot', 'no-backup'],
    });
    const ends = endsOf(run);
    expect(Object.fromEntries(cases.map(([what], index) => [what, ends[index]]))).toEqual(
      Object.fromEntries(cases),
    );
    for (const [index, [what]] of cases.entries()) {
      const settled = lastOf(run, index + 1);
      // A flash that nothing was written to is nowhere on the disk.
      const flash = await bench.flashOf(DEVICE, index + 1).catch(() => Buffer.alloc(0));
      // The updater sets the flash mode of the unit into the header of the image.
      const isNew = flash.subarray(0x1000, image.length).equals(image.subarray(0x1000));
      if (!OPEN_ENDS.some((name) => what.endsWith(name)))
        expect(isNew, what).toBe(settled.outcome === 'PASS');
      if (settled.outcome !== 'PASS') expect(settled.advice, what).toMatch(/\w/);
      else expect(settled.evidence, what).toContain(settled.identity?.mac);
    }
  },
);

it(
  'the web server of a unit takes the image as well; a wrong password changes nothing',
  { timeout: 120_000 },
  async () => {
    const bench = await practice({ clock: fastClock(5) });
    const file = await bench.image(DEVICE, 'esphome-plug.bin');
    const image = await readFile(file);
    const common = { flowId: 'esphome-ota', images: [file], assume: ['pilot', 'no-backup'] as const };
    const web = await bench.run({
      ...common,
      assume: [...common.assume],
      link: `virtual:${DEVICE}?unit=1`,
      settings: { method: 'web' },
    });
    expect(endsOf(web)).toEqual(['PASS']);
    expect(
      (await bench.flashOf(DEVICE, 1)).subarray(0x1000, image.length).equals(image.subarray(0x1000)),
    ).toBe(true);
    const locked = await bench.run({
      ...common,
      assume: [...common.assume],
      link: [`virtual:${DEVICE}?unit=2&state=sha256`],
      settings: { 'ota-password': 'geheim-0815' },
    });
    expect(endsOf(locked)).toEqual(['ESPHOME_PASSWORD_WRONG']);
    await expectNoSecrets(bench.folder, ['geheim-0815']);
    const without = await bench.run({
      ...common,
      assume: ['pilot'],
      link: [`virtual:${DEVICE}?unit=3&state=sha256`],
    });
    // Nobody has said that no backup is fine.
    expect(endsOf(without)).toEqual(['OPERATOR_NEEDED']);
  },
);
