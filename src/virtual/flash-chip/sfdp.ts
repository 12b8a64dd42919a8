import { putU32 } from '../bytes.ts';

const BASIC_TABLE_AT = 0x30;
const BASIC_TABLE_WORDS = 16;

/**
 * Serial flash discoverable parameters (JESD216): signature, header of the basic table, header of the maker's
 * table (whose id byte at 0x10 tools read to know the maker), basic table with the density.
 */
export function sfdpTable(sizeBytes: number, manufacturer: number): Uint8Array {
  const table = new Uint8Array(256).fill(0xff);
  table.set([0x53, 0x46, 0x44, 0x50, 0x06, 0x01, 0x01, 0xff]);
  table.set([0x00, 0x06, 0x01, BASIC_TABLE_WORDS, BASIC_TABLE_AT, 0x00, 0x00, 0xff], 8);
  table.set([manufacturer, 0x00, 0x01, 0x03, 0x80, 0x00, 0x00, 0xff], 16);
  const basic = [
    0xfff1_20e5,
    sizeBytes * 8 - 1,
    0x6b08_eb44,
    0xbb42_3b08,
    0xffff_fffe,
    0x0000_ffff,
    0xeb40_ffff,
    0x520f_200c,
    0xff00_d810,
    0x00a6_6136,
    0x12b6_6482,
    0xf8a2_47ec,
    0x757a_757a,
    0x5cd5_a2f7,
    0x08f6_064a,
    0x8080_0000,
  ];
  basic.forEach((word, index) => putU32(table, BASIC_TABLE_AT + index * 4, word));
  putU32(table, 0x80, 0x2700_3600);
  putU32(table, 0x84, 0x6459_f99e);
  return table;
}
