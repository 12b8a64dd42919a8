import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeBthome } from '../../../src/protocols/adverts/bthome.ts';
import { bthomeObjects } from '../../../src/protocols/adverts/bthome-objects.ts';
import { decodeBthomeV1, decodeBthomeV1Encrypted } from '../../../src/protocols/adverts/bthome-v1.ts';
import { decodeAdvertisement } from '../../../src/protocols/adverts/decode.ts';
import { decodeEnvironmental } from '../../../src/protocols/adverts/environmental.ts';
import { decodeMiBeacon } from '../../../src/protocols/adverts/mibeacon.ts';
import { bytes } from '../../harness/hex.ts';

describe('MiBeacon', () => {
  it('reads a plain frame: 27.2 C, 49.0 % (published frame of an LYWSD03MMC)', () => {
    expect(decodeMiBeacon(bytes('50305b05034c94b438c1a40d10041001ea01'))).toEqual({
      format: 'mibeacon',
      encrypted: false,
      locked: false,
      productId: 0x055b,
      counter: 3,
      mac: 'a4:c1:38:b4:94:4c',
      temperatureC: 27.2,
      humidityPercent: 49,
    });
  });

  const SEALED = bytes('58585b0550f4830238c1a495ef58763c26000097e2abb5');
  const KEY = bytes('e9ea895fac7cca6d30532432a516f3a8');

  it('opens an encrypted version 5 frame with its bind key: 46.7 %', () => {
    expect(decodeMiBeacon(SEALED, { bindKey: KEY })).toMatchObject({
      encrypted: true,
      locked: false,
      bound: true,
      mac: 'a4:c1:38:02:83:f4',
      humidityPercent: 46.7,
    });
  });

  it.each([
    ['without a key', undefined],
    ['with another key', bytes('00'.repeat(16))],
    ['with half a key', bytes('00'.repeat(12))],
  ])('is locked %s, but known and bound', (_what, bindKey) => {
    const frame = decodeMiBeacon(SEALED, bindKey == null ? {} : { bindKey })!;
    expect(frame).toMatchObject({ encrypted: true, locked: true, bound: true, productId: 0x055b });
    expect(frame.humidityPercent).toBeUndefined();
  });

  it('does not open what was changed by one bit', () => {
    const changed = SEALED.slice();
    changed[13]! ^= 1;
    expect(decodeMiBeacon(changed, { bindKey: KEY })).toMatchObject({ locked: true });
  });

  it('tells an unbound unit by its whole capability field, and is silent for the short one', () => {
    // control 0x5830, capability 0x28 and two bytes (pvvx#393)
    expect(decodeMiBeacon(bytes('3058 5b05 01 4c94b438c1a4 28 0100'))).toMatchObject({ bound: false });
    expect(decodeMiBeacon(bytes('3058 5b05 01 4c94b438c1a4 08'))!.bound).toBeUndefined();
    expect(decodeMiBeacon(bytes('3059 5b05 01 4c94b438c1a4 08'))).toMatchObject({ bound: true });
  });

  it('walks several objects and stops at one that is cut off', () => {
    const frame = decodeMiBeacon(bytes('4050 5b05 01 0410 02 9cff 0a10 01 64 0610 02 f4'))!;
    expect(frame).toMatchObject({ temperatureC: -10, batteryPercent: 100 });
    expect(frame.humidityPercent).toBeUndefined();
  });

  it.each([
    '',
    '50305b05',
    '50105b05034c94b438c1a4',
    '50f05b05034c94b438c1a4',
    '50305b05034c94',
    '20505b0503',
  ])('takes %o for no frame: too short for what it announces, or of another version', (text) => {
    expect(decodeMiBeacon(bytes(text))).toBeUndefined();
  });
});

describe('formats under Environmental Sensing', () => {
  it('reads pvvx custom: 17.05 C, 44.57 %, 2998 mV, 88 % (published frame)', () => {
    expect(decodeEnvironmental(bytes('f4830238c1a4a9066911b60b58f70d'))).toEqual({
      format: 'pvvx',
      encrypted: false,
      locked: false,
      mac: 'a4:c1:38:02:83:f4',
      temperatureC: 17.05,
      humidityPercent: 44.57,
      batteryMv: 2998,
      batteryPercent: 88,
      counter: 247,
    });
  });

  it('reads atc1441: 16.2 C, 47 %, 3064 mV, 95 % (published frame)', () => {
    expect(decodeEnvironmental(bytes('a4c1380283f400a22f5f0bf819'))).toEqual({
      format: 'atc1441',
      encrypted: false,
      locked: false,
      mac: 'a4:c1:38:02:83:f4',
      temperatureC: 16.2,
      humidityPercent: 47,
      batteryMv: 3064,
      batteryPercent: 95,
      counter: 25,
    });
  });

  it('opens encrypted pvvx custom: 23.45 C, 41.73 %, 61 % (published frame)', () => {
    const data = bytes('11d603fbfa7b6dfb1e26fd');
    const context = { mac: 'a4:c1:38:8d:18:b2', bindKey: bytes('b9ea895fac7eea6d30532432a516f3a3') };
    expect(decodeEnvironmental(data, context)).toEqual({
      format: 'pvvx',
      encrypted: true,
      locked: false,
      counter: 0x11,
      temperatureC: 23.45,
      humidityPercent: 41.73,
      batteryPercent: 61,
    });
    expect(decodeEnvironmental(data, { mac: context.mac })).toMatchObject({ locked: true });
    expect(decodeEnvironmental(data, { bindKey: context.bindKey })).toMatchObject({ locked: true });
  });

  it('knows the encrypted atc1441 form by its length', () => {
    expect(decodeEnvironmental(bytes('11 223344 55667788'))).toMatchObject({
      format: 'atc1441',
      encrypted: true,
      locked: true,
      counter: 0x11,
    });
  });

  it('leaves other lengths alone', () => {
    for (const length of [0, 1, 7, 9, 12, 14, 16])
      expect(decodeEnvironmental(new Uint8Array(length))).toBeUndefined();
  });
});

describe('BTHome', () => {
  it('reads both packets that pvvx alternates', () => {
    expect(decodeBthome(bytes('40 00 2a 01 64 02 ca09 03 bf13'))).toEqual({
      format: 'bthome-v2',
      encrypted: false,
      locked: false,
      counter: 0x2a,
      batteryPercent: 100,
      temperatureC: 25.06,
      humidityPercent: 50.55,
    });
    expect(decodeBthome(bytes('40 00 2b 0c f60b 10 00'))).toMatchObject({ batteryMv: 3062, counter: 0x2b });
  });

  it('walks over objects of other devices and reads one-byte humidity and tenths', () => {
    // 12 co2, 53 text, 1e light, 45 temperature/10, 2e humidity, f2 firmware
    const frame = decodeBthome(bytes('40 12 e204 53 03 616263 1e 01 2e 34 45 1601 f2 000106'))!;
    expect(frame).toMatchObject({ humidityPercent: 52, temperatureC: 27.8, firmwareVersion: '6.1.0' });
  });

  it('stops at an unknown object and keeps what came before', () => {
    expect(decodeBthome(bytes('40 01 5d 99 02 ca09'))).toMatchObject({ batteryPercent: 0x5d });
    expect([...bthomeObjects(bytes('01 5d 99 02 ca09'))].map(({ id }) => id)).toEqual([1]);
  });

  it('opens version 2 with the bind key: 25.06 C, 50.55 % (published frame)', () => {
    const data = bytes('41 a47266c95f73 00112233 78237214');
    const context = { mac: '54:48:e6:8f:80:a5', bindKey: bytes('231d39c1d7cc1ab1aee224cd096db932') };
    expect(decodeBthome(data, context)).toMatchObject({
      encrypted: true,
      locked: false,
      temperatureC: 25.06,
      humidityPercent: 50.55,
    });
    expect(decodeBthome(data, { mac: context.mac })).toMatchObject({ encrypted: true, locked: true });
  });

  it('leaves other versions alone', () => {
    expect(decodeBthome(bytes('e1 02 00 0c'))).toBeUndefined();
    expect(decodeBthome(new Uint8Array(0))).toBeUndefined();
  });

  it('reads version 1, plain and encrypted (published frames)', () => {
    expect(decodeBthomeV1(bytes('23 02 ca09 03 03 bf13'))).toMatchObject({
      format: 'bthome-v1',
      temperatureC: 25.06,
      humidityPercent: 50.55,
    });
    const context = { mac: '54:48:e6:8f:80:a5', bindKey: bytes('231d39c1d7cc1ab1aee224cd096db932') };
    expect(decodeBthomeV1Encrypted(bytes('fba435e4d3c312fb0011223357d90a99'), context)).toMatchObject({
      locked: false,
      temperatureC: 25.06,
      humidityPercent: 50.55,
    });
    expect(decodeBthomeV1Encrypted(bytes('fba435e4d3c312fb0011223357d90a99'))).toMatchObject({
      locked: true,
    });
    expect(decodeBthomeV1(bytes('20'))).toBeUndefined();
  });
});

describe('whatever is on the air', () => {
  const services = ['fe95', '181a', 'fcd2', '181c', '181e', 'fdcd', 'fff9', '1234'];

  it('throws nothing and gives no number that is none', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...services),
        fc.uint8Array({ maxLength: 40 }),
        fc.option(fc.uint8Array({ minLength: 16, maxLength: 16 }), { nil: undefined }),
        (uuid, data, bindKey) => {
          const frames = decodeAdvertisement(
            {
              address: 'a4:c1:38:00:00:01',
              addressIsMac: true,
              rssiDbm: -50,
              connectable: true,
              serviceUuids: [],
              serviceData: [{ uuid, data }],
              heardAtMs: 0,
            },
            bindKey,
          );
          for (const frame of frames)
            for (const value of [frame.temperatureC, frame.humidityPercent, frame.batteryPercent])
              expect(value == null || Number.isFinite(value)).toBe(true);
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it('reads changed and cut frames without a fault', () => {
    const real = [
      '50305b05034c94b438c1a40d10041001ea01',
      '58585b0550f4830238c1a495ef58763c26000097e2abb5',
      '40002a016402ca0903bf13',
    ].map(bytes);
    fc.assert(
      fc.property(fc.constantFrom(...real), fc.nat(255), fc.nat(), fc.nat(), (frame, value, place, cut) => {
        const changed = frame.slice();
        changed[place % frame.length] = value;
        const part = changed.subarray(0, cut % (frame.length + 1));
        for (const decode of [decodeMiBeacon, decodeEnvironmental, decodeBthome]) decode(part);
      }),
      { numRuns: 2_000 },
    );
  });
});
