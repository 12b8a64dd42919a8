import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { crc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { factoryFlash, THERMOMETER_STATES } from '../../../src/virtual/thermometer/images/factory-flash.ts';
import { FLASH_MAP } from '../../../src/virtual/thermometer/images/flash-map.ts';
import { imageIdentity, PRACTICE_MARK } from '../../../src/virtual/thermometer/images/image-identity.ts';
import { THERMOMETER_IMAGES } from '../../../src/virtual/thermometer/images/practice-images.ts';
import { unitIdentity } from '../../../src/virtual/thermometer/images/unit-identity.ts';
import { hexOf } from '../harness/wire-bench.ts';

const made = (file: string) => THERMOMETER_IMAGES.find((image) => image.file === file)!.make();
const stateOf = (name: string) => THERMOMETER_STATES.find((state) => state.name === name)!;

describe('practice images of a thermometer', () => {
  it.each([
    ['thermometer-pvvx.bin', 'pvvx', '5.8', 'LYWSD03MMC', false],
    ['thermometer-stock-1.0.0_0130.bin', 'stock', '1.0.0_0130', 'LYWSD03MMC', false],
    ['thermometer-stock-2.1.1_0159.bin', 'stock', '2.1.1_0159', 'LYWSD03MMC', true],
    ['thermometer-atc1441.bin', 'atc1441', undefined, 'LYWSD03MMC', false],
    ['thermometer-cgg1-pvvx.bin', 'pvvx', '5.8', 'CGG1', false],
  ])('%s says what it is', (file, family, version, model, signed) => {
    const image = made(file);
    expect(imageIdentity(image)).toEqual({
      family,
      version,
      model,
      signed,
      sizeBytes: signed ? 104_404 : image.length,
      bootable: true,
      crcValid: true,
    });
    expect(Buffer.from(image).includes(PRACTICE_MARK)).toBe(true);
    expect(hexOf(made(file)) === hexOf(image)).toBe(true);
  });

  it('have the header and the CRC-32 without inversion that Telink images have', () => {
    const image = Buffer.from(made('thermometer-pvvx.bin'));
    expect(image.toString('latin1', 8, 12)).toBe('KNLT');
    expect([image.readUInt16LE(0x12), image.readUInt16LE(0x14), image.readUInt32LE(0x18)]).toEqual([
      0x1141,
      0x020a,
      image.length,
    ]);
    expect(image.length & 0x0f).toBe(4);
    expect(image.readUInt32LE(image.length - 4)).toBe(~crc32(image.subarray(0, -4)) >>> 0);
  });

  it('come in a Zigbee file with the header in front', () => {
    const file = Buffer.from(made('thermometer-pvvx.zigbee'));
    expect(hexOf(file.subarray(0, 8))).toBe('1ef1ee0b00013800');
    expect(file.subarray(62).equals(made('thermometer-pvvx.bin'))).toBe(true);
    expect(imageIdentity(file)).toBeUndefined();
  });

  it('are not what they were when a bit of them flips or their marker is cleared', () => {
    const image = made('thermometer-pvvx.bin');
    image[0x5000]! ^= 1;
    expect(imageIdentity(image)).toMatchObject({ crcValid: false, bootable: true });
    image[8] = 0x00;
    expect(imageIdentity(image)?.bootable).toBe(false);
    expect(imageIdentity(new Uint8Array(0x1000).fill(0xff))).toBeUndefined();
  });
});

describe('a unit as it comes', () => {
  it('has what is unique where the flash map says, the MAC last byte first', () => {
    const identity = unitIdentity(7);
    const flash = factoryFlash(stateOf('stock-1.0.0_0130-bound'), 7);
    expect(flash).toHaveLength(512 * 1024);
    expect(identity.address).toMatch(/^a4:c1:38(:[0-9a-f]{2}){3}$/);
    expect(hexOf(flash.subarray(FLASH_MAP.mac, FLASH_MAP.mac + 6).toReversed())).toBe(
      identity.address.replaceAll(':', ''),
    );
    expect(Buffer.from(flash).toString('latin1', 0x5_5000, 0x5_5018)).toMatch(
      /^B\d\.\dF1\.0-CFMK-LB-ZCXTJ--$/,
    );
    expect(flash[0x7_7000]).toBe(identity.trim);
    expect(hexOf(flash.subarray(0x7_8000, 0x7_8003))).toBe('010014');
    expect(Buffer.from(flash).toString('latin1', 0x7_8004, 0x7_800e)).toBe('blt.3.129v');
    expect(hexOf(flash.subarray(0x7_8017, 0x7_8036))).toBe(
      `10001c${hexOf(identity.token)}${hexOf(identity.bindKey)}`,
    );
  });

  it('differs from unit to unit, and has no keys before it is bound', () => {
    const units = [1, 2, 3, 4, 5, 6].map(unitIdentity);
    expect(new Set(units.map(({ address }) => address)).size).toBe(6);
    expect(new Set(units.map(({ revision }) => revision)).size).toBeGreaterThan(3);
    expect(factoryFlash(stateOf('pvvx'), 1)[0x7_8000]).toBe(0xff);
    expect(factoryFlash(stateOf('blank'), 1).every((byte) => byte === 0xff)).toBe(true);
  });

  it.each(THERMOMETER_STATES.filter(({ image }) => image != null).map(({ name }) => [name]))(
    '%s starts what its name says',
    (name) => {
      const identity = imageIdentity(factoryFlash(stateOf(name), 1), FLASH_MAP.bank1)!;
      const [family, version] = name.replace('-bound', '').split('-');
      expect(identity.family).toBe(family);
      if (version != null) expect(identity.version).toBe(version);
      expect([identity.bootable, identity.crcValid]).toEqual([true, true]);
    },
  );
});

const FIRMWARE = join(import.meta.dirname, '../../../../shared/data/telink/firmware');

describe.skipIf(!existsSync(FIRMWARE))('published images (skipped where ../shared/data is missing)', () => {
  const read = (file: string) => new Uint8Array(readFileSync(join(FIRMWARE, file)));

  it.each([
    ['ATC_v58.bin', 'pvvx', '5.8', 'LYWSD03MMC'],
    ['CGG1_v58.bin', 'pvvx', '5.8', 'CGG1'],
    ['MHO_C401_v58.bin', 'pvvx', '5.8', 'MHO-C401'],
    ['BTH_v58.bin', 'pvvx', '5.8', 'MJWSD05MMC'],
    ['Z03MMC_v0139.bin', 'zigbee', undefined, 'LYWSD03MMC'],
    ['ATC_Thermometer.bin', 'atc1441', undefined, 'LYWSD03MMC'],
    ['Original_OTA_Xiaomi_LYWSD03MMC_v1.0.0_0109.bin', 'stock', '1.0.0_0109', 'LYWSD03MMC'],
    ['Original_OTA_Xiaomi_LYWSD03MMC_v1.0.0_0130.bin', 'stock', '1.0.0_0130', 'LYWSD03MMC'],
    ['Original_OTA_Xiaomi_LYWSD03MMC_v2.1.1_0159_B1.6.bin', 'stock', '2.1.1_0159', 'LYWSD03MMC'],
  ])('%s is %s %s for %s', (file, family, version, model) => {
    expect(imageIdentity(read(file))).toMatchObject({
      family,
      version,
      model,
      crcValid: true,
      bootable: true,
    });
  });

  it('are signed where a trailer follows, and only there', () => {
    for (const file of readdirSync(FIRMWARE).filter((name) => name.endsWith('.bin')))
      expect(imageIdentity(read(file))?.signed, file).toBe(file.includes('0159c'));
  });

  it('have the flash map of a practice unit', () => {
    const dump = gunzipSync(read('Original_full_flash_Xiaomi_LYWSD03MMC.bin.gz'));
    const text = (flash: Uint8Array) => Buffer.from(flash).toString('latin1', 0x5_5000, 0x5_5018);
    expect(text(dump)).toBe(text(factoryFlash(stateOf('stock-1.0.0_0130'), 1)));
    expect(imageIdentity(dump)).toMatchObject({ family: 'stock', version: '1.0.0_0106' });
  });
});
