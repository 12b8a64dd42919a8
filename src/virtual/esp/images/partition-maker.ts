import { createHash } from 'node:crypto';
import { joinBytes, latin1, words } from '../../bytes.ts';
import { idfCrc32 } from '../crc.ts';

export interface PartitionRow {
  readonly label: string;
  readonly type: number;
  readonly subtype: number;
  readonly offset: number;
  readonly size: number;
}

const TABLE_BYTES = 0xc00;

/** A partition table of 3072 bytes with its MD5 row. */
export function partitionTable(rows: readonly PartitionRow[]): Uint8Array {
  const entries = joinBytes(
    ...rows.map(({ label, type, subtype, offset, size }) => {
      const name = new Uint8Array(16);
      name.set(latin1(label));
      return joinBytes(Uint8Array.of(0xaa, 0x50, type, subtype), words(offset, size), name, words(0));
    }),
  );
  const md5Row = joinBytes(
    Uint8Array.of(0xeb, 0xeb),
    new Uint8Array(14).fill(0xff),
    new Uint8Array(createHash('md5').update(entries).digest()),
  );
  const table = new Uint8Array(TABLE_BYTES).fill(0xff);
  table.set(joinBytes(entries, md5Row));
  return table;
}

/** Two sectors of otadata that select the slot of this sequence number: 1 the first, 2 the second. */
export function otadata(sequence: number): Uint8Array {
  const data = new Uint8Array(0x2000).fill(0xff);
  const number = words(sequence);
  data.set(joinBytes(number, new Uint8Array(20).fill(0xff), words(0xffff_ffff, idfCrc32(number))));
  return data;
}
