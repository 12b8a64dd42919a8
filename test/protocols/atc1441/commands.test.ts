import { describe, expect, it } from 'vitest';
import { atc1441Commands, type Atc1441Settings } from '../../../src/protocols/atc1441/commands.ts';
import { hex } from '../../harness/hex.ts';

describe('commands of atc1441 firmware', () => {
  it.each([
    [{}, []],
    [{ advertisingFormat: 'mi' }, ['af', 'df']],
    [{ fahrenheit: false, showBattery: true, smiley: 2 }, ['cc', 'b1', 'a2', 'df']],
    [{ advertisingIntervalSeconds: 60, smiley: 'comfort' }, ['ab', 'fe06', 'df']],
  ] satisfies [Atc1441Settings, string[]][])('%o', (settings, commands) => {
    expect(atc1441Commands(settings).map(hex)).toEqual(commands);
  });

  it('refuses an interval it has no byte for', () => {
    for (const seconds of [0, 5, 2_560])
      expect(() => atc1441Commands({ advertisingIntervalSeconds: seconds })).toThrow(RangeError);
  });
});
