import { describe, expect, it } from 'vitest';
import { firmwareSlot } from '../../flows/lywsd03mmc-ble/plan.ts';
import { lywsd03mmcBle } from '../../flows/lywsd03mmc-ble/flow.ts';
import { lywsd03mmcWire } from '../../flows/lywsd03mmc-wire/flow.ts';
import { makePlan } from '../../flows/lywsd03mmc-wire/plan.ts';
import { givenTokens } from '../../flows/lywsd03mmc-ble/tokens.ts';
import { decodeMiBackup, encodeMiBackup } from '../../flows/lywsd03mmc/mi-backup.ts';
import { isProfile, profileOptions } from '../../flows/lywsd03mmc/profile-settings.ts';
import { runsAs } from '../../flows/lywsd03mmc/running-firmware.ts';
import { inspectBytes } from '../../src/firmware/inspect.ts';
import { pvvxImage, telinkFlash, telinkImage, zigbeeOta } from '../firmware/build-telink.ts';

const refused = async (bytes: Uint8Array) => firmwareSlot.refuses(await inspectBytes('x.bin', bytes));

describe('an image for thermometers', () => {
  it.each([
    ['pvvx', pvvxImage()],
    ['stock', telinkImage()],
    ['pvvx in a Zigbee file', zigbeeOta(pvvxImage())],
  ])('of %s is taken', async (_what, bytes) => {
    expect(await refused(bytes)).toBeUndefined();
  });

  it.each([
    ['another model', pvvxImage(2), 'CGG1'],
    [
      'Zigbee',
      telinkImage({ strings: 'ZigBeeAlliance09\0LYWSD03MMC\0', manufacturer: 0x1141 }),
      'no Bluetooth',
    ],
    ['a whole flash', telinkFlash(), 'restore'],
    ['damage', pvvxImage().with(0x200, 0x77), 'CRC-32'],
    ['something else', new Uint8Array(100), 'holds nothing but'],
  ])('of %s is refused with the reason', async (_what, bytes, reason) => {
    expect(await refused(bytes)).toContain(reason);
  });
});

describe('the settings profile', () => {
  it('is empty where nothing is set', () => {
    expect(isProfile(profileOptions({}))).toBe(false);
    expect(profileOptions({ clock: 'no' }).clock).toBe(false);
  });

  it.each<Record<string, string>>([
    { 'advertising-ms': '100' },
    { 'comfort-range': '25,20,40,60' },
    { 'comfort-range': '20,25,40' },
    { 'unit-name': 'a name that is far too long' },
    { 'unit-name': 'Küche' },
  ])('refuses what no unit can be set to: %o', (settings) => {
    expect(() => profileOptions(settings)).toThrow(expect.objectContaining({ code: 'USAGE' }));
  });
});

describe('tokens', () => {
  const TOKEN = '00112233445566778899aabb';

  it('are one for all, or by MAC in any writing', () => {
    expect(givenTokens(TOKEN).any).toHaveLength(12);
    for (const mac of ['A4:C1:38:00:11:22', 'a4c138001122', 'A4-C1-38-00-11-22'])
      for (const entry of [TOKEN, { token: TOKEN, bindKey: 'x' }])
        expect(givenTokens(JSON.stringify({ [mac]: entry })).byMac.get('a4:c1:38:00:11:22')).toHaveLength(12);
    expect(givenTokens(undefined).byMac.size).toBe(0);
  });

  it.each(['0011', `{"nobody": "${TOKEN}"}`, '{"a4:c1:38:00:11:22": "short"}', '{'])(
    'that are none are refused without being quoted: %s',
    (text) => {
      expect(() => givenTokens(text)).toThrow(
        expect.objectContaining({ code: 'USAGE', message: expect.not.stringContaining(text) as string }),
      );
    },
  );
});

describe('the backup of what a radio can read', () => {
  const backup = {
    mac: 'a4:c1:38:00:11:22',
    firmware: { kind: 'stock', version: '1.0.0_0130' },
    keysFrom: 'activation',
    id: new Uint8Array(20).fill(1),
    token: new Uint8Array(12).fill(2),
    bindKey: new Uint8Array(16).fill(3),
    deleted: [new Uint8Array(28).fill(4)],
    pvvx: { config: new Uint8Array(11).fill(5), name: 'T1' },
  } as const;

  it('reads back as it was', () => {
    expect(decodeMiBackup(encodeMiBackup({ ...backup, deleted: [...backup.deleted] }), 'x')).toEqual({
      format: 'benchflash thermometer keys',
      version: 1,
      ...backup,
    });
  });

  it('is refused when it is none, without a word of what is in it', () => {
    const text = new TextDecoder().decode(encodeMiBackup({ ...backup, deleted: [] }));
    const damaged = new TextEncoder().encode(text.replace('02'.repeat(12), '02'.repeat(11)));
    for (const bytes of [damaged, new Uint8Array(3)])
      expect(() => decodeMiBackup(bytes, 'x.bin')).toThrow(
        expect.objectContaining({
          code: 'FIRMWARE_REFUSED',
          message: "x.bin: this is no backup of a thermometer's keys.",
        }),
      );
  });
});

describe('what a unit runs', () => {
  it('is what an image names only when all that the image says of itself is there', () => {
    const pvvx58 = { kind: 'pvvx', version: '5.8' } as const;
    expect(runsAs(pvvx58, { kind: 'pvvx', version: '5.8b' })).toBe(true);
    expect(runsAs(pvvx58, { kind: 'pvvx', version: '5.9' })).toBe(false);
    expect(runsAs(pvvx58, { kind: 'pvvx' })).toBe(false);
    expect(runsAs({ kind: 'atc1441' }, { kind: 'atc1441' })).toBe(true);
    expect(runsAs({ kind: 'stock', version: '1.0.0_0130' }, { kind: 'stock', version: '1.0.0_0109' })).toBe(
      false,
    );
  });
});

it('both ways to it name one device alike', () => {
  expect(lywsd03mmcBle.device).toBe(lywsd03mmcWire.device);
});

it.each([
  ['samples', true],
  ['whole', false],
])('by wire, firmware that no radio can tell, with verify=%s', async (verify, warns) => {
  const zigbee = telinkImage({ strings: 'ZigBeeAlliance09\0LYWSD03MMC\0', manufacturer: 0x1141 });
  const { warnings } = makePlan({
    task: 'flash',
    files: new Map([['firmware', await inspectBytes('x.bin', zigbee)]]),
    settings: { ability: 'full', radio: 'auto', verify },
    assume: new Set(),
  });
  expect(warnings.some((text) => text.includes('end UNSURE'))).toBe(warns);
});
