import { deflateSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { Inflater } from '../../src/virtual/esp/loader/inflater.ts';

// The checksum at the end of a stream may come in a block of its own, in part or whole.
it.each([0, 1, 9])('a zlib stream of level %i is whole wherever its last block begins', (level) => {
  for (const length of [1, 100, 70_000]) {
    const content = Uint8Array.from({ length }, (_, at) => (at * 7) ^ (at >> 5));
    const stream = new Uint8Array(deflateSync(content, { level }));
    for (let tail = 0; tail <= 8; tail++) {
      const inflater = new Inflater(length);
      const cut = Math.max(3, stream.length - tail);
      const pieces = [stream.subarray(0, 3), stream.subarray(3, cut), stream.subarray(cut)];
      const output = pieces.filter((piece) => piece.length > 0).flatMap((piece) => inflater.push(piece));
      expect(Buffer.concat(output).equals(content)).toBe(true);
      expect(inflater.finished).toBe(true);
    }
  }
});
