import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deviceText, sanitize } from '../../src/core/text.ts';

// eslint-disable-next-line no-control-regex -- what must not pass
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e]/;

describe('text from a device', () => {
  it('loses escape sequences, control characters and direction marks', () => {
    expect(sanitize('\u001b[31mred\u001b[0m \u001b]0;title\u0007x\u202eabc\u0000')).toBe('red xabc');
    expect(sanitize('a\r\nb\tc')).toBe('a b c');
    expect(sanitize('a\r\nb', { keepLines: true })).toBe('a\nb');
  });

  it('is safe whatever the bytes are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(deviceText(bytes)).not.toMatch(CONTROL);
      }),
    );
  });
});
