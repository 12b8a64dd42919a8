import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import {
  atc1441,
  pvvx58,
  THERMOMETER_IMAGES,
} from '../../../src/virtual/thermometer/images/practice-images.ts';
import { TestUnit } from './unit.ts';

const DATA = fileURLToPath(new URL('../../../../shared/data/telink/firmware/', import.meta.url));

function startedFrom(image: Uint8Array, offset = 0): TestUnit {
  const flash = new Uint8Array(0x8_0000).fill(0xff);
  flash.set(image, offset);
  return new TestUnit({ flash });
}

const practice = (file: string) => THERMOMETER_IMAGES.find((image) => image.file === file)!.make();

describe('what a unit starts', () => {
  it.each([
    ['stock-1.0.0_0130', 'stock 1.0.0_0130'],
    ['stock-2.1.1_0159', 'stock 2.1.1_0159'],
    ['pvvx', 'pvvx 5.8'],
    ['atc1441', 'atc1441'],
    ['blank', 'nothing starts'],
  ])('in state %s: %s', (state, title) => {
    expect(new TestUnit({ state }).running.title).toBe(title);
  });

  it('an image for another model: it runs, as what it is', () => {
    expect(startedFrom(practice('thermometer-cgg1-pvvx.bin')).heard().name).toMatch(/^CGG_[0-9A-F]{6}$/);
  });

  it('an update file with its header in front, or a damaged image: nothing', () => {
    expect(startedFrom(practice('thermometer-pvvx.zigbee')).running.title).toBe('nothing starts');
    const damaged = pvvx58();
    damaged[0x4000]! ^= 0x10;
    const unit = startedFrom(damaged);
    expect(unit.running).toMatchObject({ title: 'nothing starts', peripheral: undefined });
  });

  it('the first bank that is marked, even where it is damaged and the second one is whole', () => {
    expect(startedFrom(pvvx58(), 0x2_0000).running.title).toBe('pvvx 5.8');
    const unit = startedFrom(atc1441());
    unit.flash.program(0x2_0000, pvvx58());
    unit.powerCycle();
    expect(unit.running.title).toBe('atc1441');
    unit.flash.program(0x1000, Uint8Array.of(0, 0, 0, 0));
    unit.powerCycle();
    expect(unit.running.title).toBe('nothing starts');
  });

  it('BLE firmware at 0x40000, which copies itself to the start of flash', () => {
    const unit = startedFrom(pvvx58(), 0x4_0000);
    expect(unit.running.title).toBe('pvvx 5.8');
    expect(Buffer.compare(unit.flash.read(0, 86_340), pvvx58())).toBe(0);
  });

  it('asleep most of the time, awake on its wire after a start and while connected', () => {
    const unit = new TestUnit();
    const startMs = unit.clock.monotonicMs();
    const awake = Array.from({ length: 1000 }, (_, index) =>
      unit.running.swsAwake(startMs + 1000 + index * 10),
    );
    expect(unit.running.swsAwake(startMs + 100)).toBe(true);
    expect(awake.filter(Boolean).length).toBeLessThan(20);
    unit.connect();
    expect(unit.running.swsAwake(startMs + 1000)).toBe(true);
  });

  it('a MAC of its own making where the sector was erased, and keeps it', () => {
    const unit = startedFrom(pvvx58());
    const { address } = unit.running.peripheral!;
    expect(address).toMatch(/^a4:c1:38:/);
    unit.powerCycle();
    expect(unit.running.peripheral!.address).toBe(address);
  });
});

describe.skipIf(!existsSync(DATA))('published images (skipped where ../shared/data is missing)', () => {
  it.each([
    ['Original_OTA_Xiaomi_LYWSD03MMC_v1.0.0_0109.bin', 'stock 1.0.0_0109'],
    ['Original_OTA_Xiaomi_LYWSD03MMC_v1.0.0_0130.bin', 'stock 1.0.0_0130'],
    ['Original_OTA_Xiaomi_LYWSD03MMC_v2.1.1_0159_B1.6.bin', 'stock 2.1.1_0159'],
    ['Original_OTA_Xiaomi_LYWSD03MMC_v2.1.1_0159c.bin', 'stock 2.1.1_0159'],
    ['ATC_v58.bin', 'pvvx 5.8'],
    ['ATC_Thermometer.bin', 'atc1441'],
    ['CGG1_v58.bin', 'pvvx 5.8 for CGG1'],
    ['MHO_C401_v58.bin', 'pvvx 5.8 for MHO-C401'],
    ['BTH_v58.bin', 'pvvx 5.8 for MJWSD05MMC'],
    ['Z03MMC_v0139.bin', 'zigbee, silent on Bluetooth'],
    ['1141-020a-99993001-ATC_v58.zigbee', 'nothing starts'],
  ])('%s: %s', (file, title) => {
    expect(startedFrom(readFileSync(DATA + file)).running.title).toBe(title);
  });

  it('Zigbee at 0x40000 starts there and stays', () => {
    const unit = startedFrom(readFileSync(`${DATA}Z03MMC_v0139.bin`), 0x4_0000);
    expect(unit.running.title).toBe('zigbee, silent on Bluetooth');
    expect(unit.flash.read(8, 1)[0]).toBe(0xff);
  });

  it('a whole dump of a B1.4 with 1.0.0_0106', async () => {
    const unit = new TestUnit({
      flash: gunzipSync(readFileSync(`${DATA}Original_full_flash_Xiaomi_LYWSD03MMC.bin.gz`)),
    });
    expect(unit.running.title).toBe('stock 1.0.0_0106');
    const central = unit.connect();
    expect(await central.text('2a27')).toBe('B1.4');
    expect(await central.text('2a26')).toBe('1.0.0_0106');
  });
});
