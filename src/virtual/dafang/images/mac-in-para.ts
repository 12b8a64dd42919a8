import { unzlibSync } from 'fflate';
import CRC32 from 'crc-32';
import { DAFANG_MAP } from './flash-map.ts';

const NODE_STEP = 4;
const INODE_TYPE = 0xe002;
const INODE_HEADER_BYTES = 68;
const ZLIB = 6;

const crc = (bytes: Uint8Array): number => ~CRC32.buf(bytes, -1) >>> 0;

/**
 * The MAC that the camera's start script finds in `para`: 12 digits behind NETRELATED_MAC=, in the newest node that
 * counts; lower case with colons. Undefined where there is none.
 */
export function macInPara(chip: Uint8Array): string | undefined {
  const { offset, size } = DAFANG_MAP.para;
  const para = chip.subarray(offset, offset + size);
  let newest = { version: -1, mac: '' };
  for (let at = 0; at + INODE_HEADER_BYTES <= size; at += NODE_STEP) {
    const found = inode(para, at);
    const digits = found && /NETRELATED_MAC=([0-9A-F]{12})/i.exec(found.text)?.[1];
    if (found && digits != null && found.version > newest.version)
      newest = { version: found.version, mac: digits.toLowerCase().replaceAll(/(..)(?=.)/g, '$1:') };
  }
  return newest.version < 0 ? undefined : newest.mac;
}

function inode(para: Uint8Array, at: number): { version: number; text: string } | undefined {
  const view = new DataView(para.buffer, para.byteOffset + at);
  if (view.getUint16(0, true) !== 0x1985 || view.getUint16(2, true) !== INODE_TYPE) return undefined;
  const node = para.subarray(at);
  const packedBytes = view.getUint32(48, true);
  if (crc(node.subarray(0, 60)) !== view.getUint32(64, true) || packedBytes > node.length) return undefined;
  const data = node.subarray(INODE_HEADER_BYTES, INODE_HEADER_BYTES + packedBytes);
  if (crc(data) !== view.getUint32(60, true)) return undefined;
  try {
    const content = node[56] === ZLIB ? unzlibSync(data) : data;
    return { version: view.getUint32(16, true), text: Buffer.from(content).toString('latin1') };
  } catch {
    return undefined;
  }
}
