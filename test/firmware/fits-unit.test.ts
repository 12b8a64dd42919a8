import { describe, expect, it } from 'vitest';
import { fitsUnit, type UnitForFirmware } from '../../src/firmware/fits-unit.ts';
import { inspectBytes } from '../../src/firmware/inspect.ts';
import { parsePartitionTable } from '../../src/firmware/partition-table.ts';
import { patchFlashHeader } from '../../src/firmware/patch-flash-header.ts';
import { placeFiles, type FlashRegion } from '../../src/firmware/place-parts.ts';
import {
  arduinoEsp8266,
  bootloaderAtZero,
  esp32App,
  esp32Bootloader,
  partitionTable,
  USUAL_ROWS,
} from './build-images.ts';

const MIB = 0x10_0000;
const lamp: UnitForFirmware = {
  chip: 'ESP32',
  flashSizeBytes: 4 * MIB,
  revision: 100,
  needsDout: true,
};
const plug: UnitForFirmware = { chip: 'ESP8266', flashSizeBytes: MIB, needsDout: true };
const table = parsePartitionTable(partitionTable(USUAL_ROWS));

const place = async (...images: Uint8Array[]) =>
  placeFiles(await Promise.all(images.map((bytes) => inspectBytes('x', bytes))), table).regions;
const said = (regions: readonly FlashRegion[], unit: UnitForFirmware, withTable = table) =>
  fitsUnit(regions, unit, unit.chip === 'ESP8266' ? undefined : withTable).map(
    ({ severity, text }) => `${severity}: ${text}`,
  );

describe('firmware that fits a unit', () => {
  it('has nothing against it', async () => {
    const regions = await place(
      esp32Bootloader({ mode: 3, sizeFreq: 0x20 }),
      partitionTable(USUAL_ROWS),
      esp32App(),
    );
    expect(said(regions, lamp)).toEqual([]);
    expect(said(await place(arduinoEsp8266()), plug)).toEqual([]);
  });
});

describe('firmware is refused', () => {
  it('for another chip, and nothing else is said', async () => {
    const regions = await place(bootloaderAtZero(9, { mode: 0, sizeFreq: 0x70 }));
    expect(said(regions, lamp)).toEqual([
      'error: ESP32-S3 boot loader, QIO, 40 MHz, 128 MiB is for ESP32-S3, but this unit is an ESP32.',
    ]);
    expect(said(await place(arduinoEsp8266()), lamp)[0]).toMatch(
      /is for ESP8266, but this unit is an ESP32\.$/,
    );
  });

  it('for another chip revision', async () => {
    expect(said(await place(esp32App({}, { minRevision: 300 })), lamp)).toEqual([
      'error: ESP32 application practice 1.2.3 needs a chip of revision v3.0 or later; this ESP32 is v1.0.',
    ]);
    expect(said(await place(esp32App({}, { maxRevision: 99 })), lamp)[0]).toMatch(
      /was built for chips up to revision v0\.99; this ESP32 is v1\.0\.$/,
    );
  });

  it('when the flash is too small', async () => {
    const regions = await place(esp32App());
    expect(said(regions, { ...lamp, flashSizeBytes: 0x1_0000 })).toEqual([
      expect.stringMatching(
        /^error: .* would end at 0x1[0-9A-F]+, but the flash of this unit has only 64 KiB/,
      ),
      'error: The partition table reaches to 0x3F0000, but the flash of this unit has only 64 KiB.',
    ]);
    expect(said(regions, { chip: 'ESP32' })).toEqual([]);
  });

  it('at a wrong offset', async () => {
    const [app] = (await place(esp32App())).filter(({ kind }) => kind === 'app');
    const [boot] = await place(esp32Bootloader({ mode: 3 }));
    const [esp8266] = await place(arduinoEsp8266());
    if (app == null || boot == null || esp8266 == null) throw new Error('nothing was placed');
    expect(said([{ ...app, offset: 0 }], lamp)[0]).toMatch(
      /is an application: at 0x0 it would overwrite the boot loader and the unit would not start\.$/,
    );
    expect(said([{ ...app, offset: 0x5_0000 }], lamp)[0]).toMatch(
      /would lie at 0x50000, where the partition table has no application\.$/,
    );
    expect(said([{ ...boot, offset: 0 }], lamp)[0]).toMatch(/belongs at 0x1000 on ESP32, not at 0x0\.$/);
    expect(said([{ ...boot, offset: 0x1010 }], lamp)[0]).toMatch(/not on a flash sector border/);
    expect(said([{ ...esp8266, offset: 0x1000 }], plug)[0]).toMatch(/without a boot loader at 0x0/);
  });

  it('when the application is larger than its partition', async () => {
    const [app] = (await place(esp32App({ dataBytes: 0x2_0000 }))).filter(({ kind }) => kind === 'app');
    const small = parsePartitionTable(
      partitionTable([{ label: 'app', type: 0, subtype: 0x10, offset: 0x1_0000, size: 0x1_0000 }]),
    );
    expect(app == null ? [] : said([app], lamp, small)[0]).toMatch(
      /bytes, but its partition app holds only 64 KiB\.$/,
    );
  });

  it('when its flash mode cannot work there; DIO is only warned about, a patch settles it', async () => {
    expect(said(await place(esp32Bootloader({ mode: 0 })), lamp)).toEqual([
      'error: ESP32 boot loader, QIO, 40 MHz, 4 MiB asks for flash mode QIO, but this kind of unit needs DOUT: it would not start.',
    ]);
    expect(said(await place(esp32Bootloader({ mode: 2 })), lamp)[0]).toMatch(
      /^warning: .*flash mode DIO, but this kind of unit needs DOUT on many units\.$/,
    );
    expect(said(await place(arduinoEsp8266('', { mode: 0 })), plug)[0]).toMatch(/^error: .*QIO/);
    expect(said(await place(esp32Bootloader({ mode: 0 })), { ...lamp, needsDout: false })).toEqual([]);
    const patched = patchFlashHeader(arduinoEsp8266('', { mode: 0 }), { mode: 'dout' });
    expect(said(await place(patched), plug)).toEqual([]);
  });

  it('when its header claims more flash than there is', async () => {
    expect(said(await place(esp32Bootloader({ mode: 3, sizeFreq: 0x40 })), lamp)).toEqual([
      'error: ESP32 boot loader, DOUT, 40 MHz, 16 MiB claims 16 MiB of flash, but this unit has 4 MiB: it would not start.',
    ]);
    expect(said(await place(arduinoEsp8266('', { sizeFreq: 0x40 })), plug)[0]).toMatch(
      /claims 4 MiB of flash, but this unit has 1 MiB/,
    );
    expect(said(await place(arduinoEsp8266('', { sizeFreq: 0xf0 })), plug)[0]).toMatch(
      /^warning: .*claims a flash size that ESP8266 does not have/,
    );
  });
});
