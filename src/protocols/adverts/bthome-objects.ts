/**
 * Data bytes of each BTHome v2 object: a packet can be walked only with all of them known (bthome.io/format, ids up to
 * 0x64; 0xF0 to 0xF2 name device type and firmware version). Text (0x53) and raw (0x54) carry their own length.
 */
const IDS_BY_LENGTH: ReadonlyMap<number, readonly (number | readonly [first: number, last: number])[]> =
  new Map([
    [1, [[0x00, 0x01], 0x09, [0x0f, 0x11], [0x15, 0x2f], 0x3a, 0x46, [0x57, 0x59], 0x60, 0x64]],
    [
      2,
      [
        [0x02, 0x03],
        [0x06, 0x08],
        [0x0c, 0x0e],
        [0x12, 0x14],
        [0x3c, 0x3d],
        [0x3f, 0x41],
        [0x43, 0x45],
        [0x47, 0x4a],
        [0x51, 0x52],
        0x56,
        0x5a,
        [0x5d, 0x5f],
        0x61,
        0xf0,
      ],
    ],
    [3, [[0x04, 0x05], [0x0a, 0x0b], 0x42, 0x4b, 0xf2]],
    [4, [0x3e, [0x4c, 0x50], 0x55, [0x5b, 0x5c], [0x62, 0x63], 0xf1]],
  ]);

const LENGTHS: ReadonlyMap<number, number> = new Map(
  [...IDS_BY_LENGTH].flatMap(([length, ranges]) =>
    ranges.flatMap((range) => {
      const [first, last] = typeof range === 'number' ? [range, range] : range;
      return Array.from({ length: last - first + 1 }, (_, index): [number, number] => [
        first + index,
        length,
      ]);
    }),
  ),
);

const SELF_SIZED: ReadonlySet<number> = new Set([0x53, 0x54]);

/** The objects of a v2 packet in order, up to the first that is unknown or cut off. */
export function* bthomeObjects(
  bytes: Uint8Array,
): Generator<{ readonly id: number; readonly data: Uint8Array }> {
  for (let at = 0; at < bytes.length;) {
    const id = bytes[at++]!;
    const length = SELF_SIZED.has(id) ? bytes[at++] : LENGTHS.get(id);
    if (length == null || at + length > bytes.length) return;
    yield { id, data: bytes.subarray(at, at + length) };
    at += length;
  }
}
