import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rangeOf } from '../../../../src/drivers/http/server/byte-range.ts';

const size = fc.integer({ min: 1, max: 2 ** 24 });
const offset = fc.integer({ min: 0, max: 2 ** 25 });

describe('the range that is asked for', () => {
  it.each([
    [undefined, 'whole'],
    ['', 'whole'],
    ['bytes=', 'whole'],
    ['bytes=-', 'whole'],
    ['items=0-1', 'whole'],
    ['bytes=5-2', 'whole'],
    ['bytes=0-1,4-5', 'whole'],
    ['bytes=0x1-2', 'whole'],
    ['bytes=0-', { start: 0, end: 100 }],
    ['bytes=0-1', { start: 0, end: 2 }],
    ['Bytes = 0 - 1', { start: 0, end: 2 }],
    ['bytes=99-', { start: 99, end: 100 }],
    ['bytes=90-4096', { start: 90, end: 100 }],
    ['bytes=-10', { start: 90, end: 100 }],
    ['bytes=-1000', { start: 0, end: 100 }],
    ['bytes=-0', 'unsatisfiable'],
    ['bytes=100-', 'unsatisfiable'],
    ['bytes=100-200', 'unsatisfiable'],
  ])('%s of 100 bytes is %o', (header, range) => {
    expect(rangeOf(header, 100)).toEqual(range);
  });

  it('never leaves the file, and is what slicing gives', () => {
    fc.assert(
      fc.property(size, offset, fc.option(offset), (bytes, first, last) => {
        const range = rangeOf(`bytes=${first}-${last ?? ''}`, bytes);
        if (last !== null && last < first) return range === 'whole';
        if (first >= bytes) return range === 'unsatisfiable';
        if (typeof range === 'string') return false;
        return range.start === first && range.end === Math.min(bytes, (last ?? bytes - 1) + 1);
      }),
    );
  });

  it('of a tail ends with the file', () => {
    fc.assert(
      fc.property(size, fc.integer({ min: 1, max: 2 ** 25 }), (bytes, tail) => {
        const range = rangeOf(`bytes=-${tail}`, bytes);
        return typeof range === 'object' && range.end === bytes && range.start === Math.max(0, bytes - tail);
      }),
    );
  });

  it('is the whole file for whatever else is sent', () => {
    fc.assert(
      fc.property(fc.string(), size, (text, bytes) => {
        const range = rangeOf(text, bytes);
        return (
          typeof range === 'string' || (range.start >= 0 && range.start < range.end && range.end <= bytes)
        );
      }),
    );
  });
});
