import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { stringToUint8Array } from 'uint8array-extras';
import { describe, expect, it } from 'vitest';
import {
  blockCount,
  crc16,
  endPacket,
  imagePacket,
  START,
  VERSION_REQUEST,
} from '../../../../src/protocols/telink/ota/packets.ts';
import { dataFile } from '../../../firmware/real-files.ts';
import { bytes, hex } from '../../../harness/hex.ts';

interface Vectors {
  readonly preamble: readonly string[];
  readonly images: readonly {
    readonly file: string;
    readonly blocks: number;
    readonly first3: readonly string[];
    readonly block8: string;
    readonly last2: readonly string[];
    readonly end: string;
    readonly allPacketsSha256: string;
  }[];
  readonly short: { readonly image: string; readonly packets: readonly string[]; readonly end: string };
}

const FILE = dataFile('telink/telink-ota-vectors.json');
const hasVectors = existsSync(FILE);
const vectors = () => JSON.parse(readFileSync(FILE, 'utf8')) as Vectors;
const packets = (image: Uint8Array) =>
  Array.from({ length: blockCount(image) }, (_, index) => imagePacket(image, index));

describe('update packets', () => {
  it('carry the CRC that the world calls MODBUS', () => {
    expect(crc16(stringToUint8Array('123456789'))).toBe(0x4b37);
  });

  it('are index, block, CRC: the published first packet of an image', () => {
    expect(hex(imagePacket(bytes('26800000 00005d02 4b4e4c54 30048800'), 0))).toBe(
      '0000268000000000'.concat('5d024b4e4c54300488001ca3'),
    );
  });

  it('fill the last block up with FF and end with the last index and its inverse', () => {
    const [first, last] = packets(new Uint8Array(17).fill(7));
    expect(hex(first!.subarray(0, 18))).toBe(`0000${'07'.repeat(16)}`);
    expect(hex(last!.subarray(0, 18))).toBe(`010007${'ff'.repeat(15)}`);
    expect(hex(endPacket(5396))).toBe('02ff1415ebea');
  });

  it.skipIf(!hasVectors)('are those of ../shared/data (skipped where that is missing)', () => {
    const { short, preamble } = vectors();
    expect([VERSION_REQUEST, START].map(hex)).toEqual(preamble);
    const image = bytes(short.image);
    expect(packets(image).map(hex)).toEqual(short.packets);
    expect(hex(endPacket(blockCount(image) - 1))).toBe(short.end);
  });

  it.skipIf(!hasVectors)(
    'of whole images are those of ../shared/data (skipped where that is missing)',
    () => {
      for (const vector of vectors().images) {
        const all = packets(readFileSync(dataFile(`telink/firmware/${vector.file}`)));
        expect(all).toHaveLength(vector.blocks);
        expect(all.slice(0, 3).map(hex)).toEqual(vector.first3);
        expect(hex(all[8]!)).toBe(vector.block8);
        expect(all.slice(-2).map(hex)).toEqual(vector.last2);
        expect(hex(endPacket(all.length - 1))).toBe(vector.end);
        const digest = createHash('sha256');
        for (const packet of all) digest.update(packet);
        expect(digest.digest('hex')).toBe(vector.allPacketsSha256);
      }
    },
  );
});
