import { latin1 } from '../../bytes.ts';
import { codeLike, Random } from '../../esp/images/random.ts';

const SUPERBLOCK_BYTES = 96;
const XZ = 4;
const BLOCK_LOG = 17;
const NONE = 0xffff_ffff_ffff_ffffn;

/** A superblock of squashfs 4.0 as mksquashfs fills it, before blocks that nobody can unpack. `bytes`: a multiple of 4. */
export function squashfs(bytes: number, seed: number): Uint8Array {
  const image = codeLike(new Random(seed), bytes);
  image.fill(0, 0, SUPERBLOCK_BYTES);
  const view = new DataView(image.buffer);
  image.set(latin1('hsqs'));
  view.setUint32(4, 400, true);
  view.setUint32(8, 0x597b_6a09, true);
  view.setUint32(12, 1 << BLOCK_LOG, true);
  view.setUint32(16, 20, true);
  view.setUint16(20, XZ, true);
  view.setUint16(22, BLOCK_LOG, true);
  view.setUint16(24, 0x00c0, true);
  view.setUint16(26, 1, true);
  view.setUint16(28, 4, true);
  const used = BigInt(bytes);
  const tables = [used - 8n, NONE, used - 0x3000n, used - 0x2000n, used - 0x1000n, NONE];
  view.setBigUint64(32, 0x1000n, true);
  view.setBigUint64(40, used, true);
  tables.forEach((at, index) => view.setBigUint64(48 + index * 8, at, true));
  return image;
}
