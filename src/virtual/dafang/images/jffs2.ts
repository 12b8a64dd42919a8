import { zlibSync } from 'fflate';
import CRC32 from 'crc-32';
import { latin1 } from '../../bytes.ts';

/**
 * A jffs2 image as a camera leaves it: little-endian nodes, each with CRCs that start and end at zero, a clean marker
 * at the start of each erased block of the flash, and nodes that a later one has made obsolete.
 */

const MAGIC = 0x1985;
const NODE = { dirent: 0xe001, inode: 0xe002, cleanMarker: 0x2003 } as const;
/** Cleared in a node that is obsolete; what its CRC was made over still has it. */
const ACCURATE = 0x20;
const COMPRESSION = { none: 0, zlib: 6 } as const;
const FILE_TYPE = { directory: 4, file: 8 } as const;
const ROOT = 1;
const MODE = { directory: 0o040_755, file: 0o100_644 } as const;
/** Block of the flash as the camera's kernel erases it. */
const ERASE_BLOCK_BYTES = 0x8000;

const crc = (bytes: Uint8Array): number => ~CRC32.buf(bytes, -1) >>> 0;

export class Jffs2Maker {
  private readonly image: Uint8Array;
  private at = 0;
  private version = 0;
  private inodes = ROOT;
  private readonly seconds = 0x5a00_0000;

  constructor(sizeBytes: number) {
    this.image = new Uint8Array(sizeBytes).fill(0xff);
    for (let block = 0; block < sizeBytes; block += ERASE_BLOCK_BYTES)
      this.image.set(node(NODE.cleanMarker, 12), block);
    this.at = 12;
  }

  /** Its inode. */
  directory(name: string, parent = ROOT): number {
    const inode = ++this.inodes;
    this.put(this.dirent(parent, inode, name, FILE_TYPE.directory));
    this.put(this.inode(inode, 1, MODE.directory, new Uint8Array(), 'none'));
    return inode;
  }

  /** `former`: what was in the file before; it still lies in flash, in a node that counts no more. */
  file(
    name: string,
    content: Uint8Array,
    options: { parent?: number; former?: Uint8Array; compression?: keyof typeof COMPRESSION } = {},
  ): void {
    const inode = ++this.inodes;
    this.put(this.dirent(options.parent ?? ROOT, inode, name, FILE_TYPE.file));
    if (options.former != null) {
      const old = this.inode(inode, 1, MODE.file, options.former, 'zlib');
      old[3]! &= ~ACCURATE;
      this.put(old);
    }
    this.put(this.inode(inode, 2, MODE.file, content, options.compression ?? 'zlib'));
  }

  done(): Uint8Array {
    return this.image;
  }

  private put(bytes: Uint8Array): void {
    // No node crosses the end of a block.
    const left = ERASE_BLOCK_BYTES - (this.at % ERASE_BLOCK_BYTES);
    if (bytes.length > left) this.at += left + 12;
    this.image.set(bytes, this.at);
    this.at += bytes.length;
  }

  private dirent(parent: number, inode: number, name: string, type: number): Uint8Array {
    const text = latin1(name);
    const bytes = node(NODE.dirent, 40 + text.length);
    const view = new DataView(bytes.buffer);
    view.setUint32(12, parent, true);
    view.setUint32(16, ++this.version, true);
    view.setUint32(20, inode, true);
    view.setUint32(24, this.seconds, true);
    bytes.set([text.length, type], 28);
    bytes.set(text, 40);
    view.setUint32(32, crc(bytes.subarray(0, 32)), true);
    view.setUint32(36, crc(text), true);
    return bytes;
  }

  private inode(
    inode: number,
    version: number,
    mode: number,
    content: Uint8Array,
    compression: keyof typeof COMPRESSION,
  ): Uint8Array {
    const data = compression === 'zlib' ? zlibSync(content) : content;
    const bytes = node(NODE.inode, 68 + data.length);
    const view = new DataView(bytes.buffer);
    view.setUint32(12, inode, true);
    view.setUint32(16, version, true);
    view.setUint32(20, mode, true);
    view.setUint32(28, content.length, true);
    for (const time of [32, 36, 40]) view.setUint32(time, this.seconds, true);
    view.setUint32(48, data.length, true);
    view.setUint32(52, content.length, true);
    bytes[56] = COMPRESSION[compression];
    bytes.set(data, 68);
    view.setUint32(60, crc(data), true);
    view.setUint32(64, crc(bytes.subarray(0, 60)), true);
    return bytes;
  }
}

/** With its header; what is left up to a multiple of four stays erased. */
function node(type: number, size: number): Uint8Array {
  const bytes = new Uint8Array((size + 3) & ~3).fill(0xff);
  bytes.fill(0, 0, size);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, MAGIC, true);
  view.setUint16(2, type, true);
  view.setUint32(4, size, true);
  view.setUint32(8, crc(bytes.subarray(0, 8)), true);
  return bytes;
}
