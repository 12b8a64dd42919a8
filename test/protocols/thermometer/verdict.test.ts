import { describe, expect, it } from 'vitest';
import { judgeUnit, verdictError, type UnitFacts } from '../../../src/protocols/thermometer/index.ts';

const STOCK: UnitFacts = {
  model: 'LYWSD03MMC',
  kind: 'stock',
  version: '1.0.0_0130',
  hardware: 'B1.4',
  batteryPercent: 80,
  bound: false,
};

describe('the verdict before a unit is touched', () => {
  it.each([
    ['fresh stock', {}, 'activation'],
    ['stock whose token is known', { bound: true, hasToken: true }, 'login'],
    ['bound stock with rebind', { bound: true, rebind: true }, 'activation'],
    ['pvvx', { kind: 'pvvx', version: '5.8' }, 'none'],
    ['pvvx on a board of 2025', { kind: 'pvvx', pvvxHardwareId: 14 }, 'none'],
    ['atc1441', { kind: 'atc1441', version: '' }, 'none'],
    [
      'only heard',
      { kind: undefined, version: undefined, hardware: undefined, batteryPercent: undefined },
      'activation',
    ],
    ['the cell at its limit', { batteryPercent: 40 }, 'activation'],
    ['hardware as flash has it', { hardware: 'B1.9F1.0-CFMK-LB-FLD----' }, 'activation'],
    ['update service behind a login', { kind: 'needs-login', hasToken: true }, 'login'],
  ] as [string, Partial<UnitFacts>, string][])('%s can be flashed', (_what, facts, access) => {
    const verdict = judgeUnit({ ...STOCK, ...facts });
    expect(verdict).toMatchObject({ kind: 'can-be-flashed', access });
    expect(verdictError(verdict)).toBeUndefined();
  });

  it.each([
    ['stock 2.1.1', { version: '2.1.1_0159' }, 'wants-signed', 'STOCK_WANTS_SIGNED', 'lywsd03mmc-wire'],
    [
      '2.1.1 with its keys',
      { version: '2.1.1_0159', hasToken: true },
      'wants-signed',
      'STOCK_WANTS_SIGNED',
      'lywsd03mmc-wire',
    ],
    [
      '2.1.1 with a weak cell',
      { version: '2.1.1_0159', batteryPercent: 5 },
      'wants-signed',
      'STOCK_WANTS_SIGNED',
      'lywsd03mmc-wire',
    ],
    ['bound', { bound: true }, 'needs-token', 'MI_ALREADY_BOUND', undefined],
    ['a weak cell', { batteryPercent: 39 }, 'battery-low', 'BATTERY_LOW', undefined],
    ['unknown hardware', { hardware: 'B9.9' }, 'hardware-unknown', 'HARDWARE_UNKNOWN', 'lywsd03mmc-wire'],
    [
      'hardware with one more digit',
      { hardware: 'B1.44' },
      'hardware-unknown',
      'HARDWARE_UNKNOWN',
      'lywsd03mmc-wire',
    ],
    ['a sibling', { model: 'MHO-C401' }, 'model-without-profile', 'MODEL_WITHOUT_PROFILE', undefined],
    [
      'pvvx on a sibling',
      { kind: 'pvvx', pvvxHardwareId: 1 },
      'model-without-profile',
      'MODEL_WITHOUT_PROFILE',
      undefined,
    ],
    ['Qingping services', { kind: 'qingping' }, 'model-without-profile', 'MODEL_WITHOUT_PROFILE', undefined],
    ['update service behind a login', { kind: 'needs-login' }, 'not-now', 'GATT_SERVICE_MISSING', undefined],
    ['no service at all', { kind: 'unknown' }, 'not-now', 'GATT_SERVICE_MISSING', undefined],
  ] as [string, Partial<UnitFacts>, string, string, string | undefined][])(
    '%s is not flashed',
    (_what, facts, kind, code, next) => {
      const verdict = judgeUnit({ ...STOCK, ...facts });
      expect(verdict.kind).toBe(kind);
      const error = verdictError(verdict)!;
      expect(error).toMatchObject({ code, message: verdict.text });
      expect(error.next).toBe(next);
    },
  );
});
