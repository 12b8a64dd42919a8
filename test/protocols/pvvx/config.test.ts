import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CodecError } from '../../../src/core/codec-error.ts';
import {
  ADVERTISING_FORMATS,
  configDifferences,
  decodeConfigReply,
  readConfig,
  withConfig,
  type PvvxConfig,
} from '../../../src/protocols/pvvx/config.ts';
import { bytes, hex } from '../../harness/hex.ts';

/** The configuration that a user copies to all of their units (pvvx#743), as an answer of layout version 2. */
const HELD = decodeConfigReply(bytes('02 80000a065006b431c80e0000'));

describe('the configuration', () => {
  it('is read from an answer, whose first byte is no setting', () => {
    expect(HELD.version).toBe(2);
    expect(readConfig(HELD)).toEqual({
      advertisingFormat: 'atc1441',
      comfortSmiley: false,
      showClock: false,
      fahrenheit: false,
      showBattery: false,
      sendMeasurements: false,
      lowPowerMeasurements: true,
      smiley: 0,
      encryptAdvertising: false,
      advertisingFlags: false,
      screenOff: false,
      advertisingIntervalMs: 5_000,
      measureEvery: 6,
      transmitPower: 0xb4,
      displayStepMs: 10_000,
      averaging: 0,
    });
  });

  it('is written without the version byte, and changes what is named only', () => {
    expect(hex(withConfig(HELD, {}))).toBe('80000a065006b431c80e0000');
    expect(
      hex(
        withConfig(HELD, {
          advertisingFormat: 'bthome',
          fahrenheit: true,
          smiley: 5,
          encryptAdvertising: true,
          advertisingIntervalMs: 2_500,
          measureEvery: 4,
          displayStepMs: 500,
          averaging: 10,
        }),
      ),
    ).toBe('930d0a062804b4310a0e0a00');
  });

  it.each([
    { advertisingIntervalMs: 100 },
    { advertisingIntervalMs: 0 },
    { advertisingIntervalMs: 10_062.5 },
    { measureEvery: 1 },
    { measureEvery: 26 },
    { smiley: 8 },
    { transmitPower: 129 },
    { displayStepMs: 525 },
    { averaging: 256 },
  ] satisfies PvvxConfig[])('has no place for %o', (wanted) => {
    expect(() => withConfig(HELD, wanted)).toThrow(RangeError);
  });

  it('of old firmware is shorter: settings that it lacks are refused', () => {
    const old = decodeConfigReply(bytes('01 80000a065006b431c8'));
    expect(readConfig(old).averaging).toBeUndefined();
    expect(() => withConfig(old, { averaging: 1 })).toThrow('averaging');
    expect(() => decodeConfigReply(bytes('0280000a06'))).toThrow(CodecError);
  });

  it('names what the unit kept otherwise', () => {
    expect(configDifferences(HELD, { measureEvery: 6, advertisingFormat: 'mi', averaging: 3 })).toEqual([
      'advertisingFormat',
      'averaging',
    ]);
    expect(configDifferences(HELD, { measureEvery: 6 })).toEqual([]);
  });

  it('reads back what was written, whatever stood there', () => {
    const wanted = fc.record(
      {
        advertisingFormat: fc.constantFrom(...ADVERTISING_FORMATS),
        comfortSmiley: fc.boolean(),
        showClock: fc.boolean(),
        fahrenheit: fc.boolean(),
        screenOff: fc.boolean(),
        smiley: fc.integer({ min: 0, max: 7 }),
        advertisingIntervalMs: fc.integer({ min: 1, max: 160 }).map((steps) => steps * 62.5),
        measureEvery: fc.integer({ min: 2, max: 25 }),
        averaging: fc.integer({ min: 0, max: 255 }),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 11, maxLength: 14 }), wanted, (held, config) => {
        const before = { version: 2, bytes: held };
        const after = { version: 2, bytes: withConfig(before, config) };
        expect(readConfig(after)).toEqual({ ...readConfig(before), ...config });
      }),
    );
  });
});
