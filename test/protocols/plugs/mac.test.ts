import { expect, it } from 'vitest';
import { accessPointMac, isAccessPointOf, plainMac } from '../../../src/protocols/plugs/index.ts';

it('reads every way a MAC is written, and nothing else', () => {
  for (const text of ['A1B2C3D4E5F6', 'a1:b2:c3:d4:e5:f6', 'A1-B2-C3-D4-E5-F6'])
    expect(plainMac(text)).toBe('a1:b2:c3:d4:e5:f6');
  for (const text of ['', 'A1B2C3', 'A1B2C3D4E5F6A7', 'G1B2C3D4E5F6']) expect(plainMac(text)).toBeUndefined();
});

it('the access point of an ESP8266 has its station MAC, marked as locally administered', () => {
  expect(accessPointMac('24:6f:28:d4:e5:f6')).toBe('26:6f:28:d4:e5:f6');
  expect(accessPointMac('a2:b2:c3:d4:e5:f6')).toBe('a2:b2:c3:d4:e5:f6');
  expect(isAccessPointOf('26:6f:28:d4:e5:f6', '24:6f:28:d4:e5:f6')).toBe(true);
  expect(isAccessPointOf('24:6f:28:d4:e5:f6', '24:6f:28:d4:e5:f6')).toBe(false);
});
