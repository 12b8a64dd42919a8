import { expect, it } from 'vitest';
import {
  compareVersions,
  isOtherVariant,
  losesSettings,
  parseVersion,
  versionBetween,
  versionText,
} from '../../../src/protocols/tasmota/version.ts';

const version = (text: string) => parseVersion(text)!;

it('reads every form of version text', () => {
  expect(version('9.2.0(tasmota)')).toEqual({ numbers: [9, 2, 0], text: '9.2.0', variant: 'tasmota' });
  expect(version('13.4.0.3(release-minimal)')).toMatchObject({ text: '13.4.0', variant: 'minimal' });
  expect(version('6.7.1(1a2b3c4-sonoff)')).toMatchObject({ text: '6.7.1', variant: 'sonoff' });
  expect(versionText(version('5.14.0a'))).toBe('Tasmota 5.14.0');
  for (const text of ['', '9', '9.2', 'v9.2.0', '9.2.0(', '9.2.0(a b)', '9999.1.1'])
    expect(parseVersion(text)).toBeUndefined();
});

it('compares by number and by variant, the standard build being one', () => {
  expect(compareVersions(version('9.10.0'), version('9.9.9'))).toBeGreaterThan(0);
  expect(compareVersions(version('9.2.0(lite)'), version('9.2.0'))).toBe(0);
  expect(isOtherVariant(version('9.2.0(lite)'), version('9.2.0(minimal)'))).toBe(true);
  expect(isOtherVariant(version('7.2.0(sonoff)'), version('7.2.0(tasmota)'))).toBe(false);
  expect(isOtherVariant(version('9.2.0(lite)'), version('9.2.0'))).toBe(false);
});

it.each([
  ['5.12.0', '14.1.0', '5.14.0'],
  ['5.14.0', '14.1.0', '6.7.1'],
  ['6.5.0', '9.2.0', '6.7.1'],
  ['6.7.1', '7.2.0', undefined],
  ['6.7.1', '9.2.0', '7.2.0'],
  ['8.5.1', '9.2.0', '9.1.0'],
  ['8.5.1', '9.1.0', undefined],
  ['9.1.0', '14.1.0', undefined],
  ['9.2.0', '9.1.0', undefined],
])('from %s to %s %s comes first', (running, target, first) => {
  expect(versionBetween(version(running), version(target))?.text).toBe(first);
});

it.each([
  ['9.2.0', '8.5.1', true],
  ['14.1.0', '9.1.0', false],
  ['9.2.0', '9.2.0', false],
  ['7.2.0', '6.7.1', true],
  ['8.5.1', '14.1.0', false],
])('from %s down to %s settings are lost: %s', (running, target, lost) => {
  expect(losesSettings(version(running), version(target))).toBe(lost);
});
