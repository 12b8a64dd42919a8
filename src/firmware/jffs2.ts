import { constants, inflateRawSync } from 'node:zlib';
import CRC32 from 'crc-32';
import { fieldText, u16, u32, u8 } from './bytes.ts';

/** Layout of nodes: Linux `include/uapi/linux/jffs2.h`; little-endian as on every camera we know. */
const MAGIC = 0x1985;
/** Cleared in nodes that a later one made obsolete. */
const ACCURATE = 0x2000;
const DIRENT = 0xe001;
const INODE = 0xe002;
const HEADER_BYTES = 12;
const DIRENT_BYTES = 40;
const INODE_BYTES = 68;
const ROOT = 1;
const COMPRESSION = { none: 0, zero: 1, zlib: 6 } as const;
/** A node holds at most one page; pages of 16 KiB are the largest on these chips, bytes. */
const NODE_LIMIT = 0x4000;
/** Of one file, bytes: far beyond a settings file, far below what an image could claim. */
const FILE_LIMIT = 0x10_0000;
const DEPTH_LIMIT = 16;

/** What a JFFS2 image holds, as far as its nodes verify. */
export interface Jffs2 {
  /** Paths of files without a leading slash: `config/.product_config`. In the order of their nodes. */
  readonly files: readonly string[];
  /** Nodes whose header was right. */
  readonly nodes: number;
  /** Of them those whose body fails its checksum, or that reach past the end. */
  readonly damagedNodes: number;
  /** Undefined for no such file, one larger than 1 MiB, or one of which a node cannot be unpacked. */
  read(path: string): Uint8Array | undefined;
}

interface DataNode {
  readonly version: number;
  readonly fileSize: number;
  readonly offset: number;
  readonly size: number;
  readonly compression: number;
  readonly packed: Uint8Array;
}
interface Name {
  readonly version: number;
  readonly parent: number;
  readonly inode: number;
  readonly name: string;
  readonly isFile: boolean;
}

/** CRC-32 as JFFS2 has it: from 0, and not inverted at the end. */
const crc = (bytes: Uint8Array): number => ~CRC32.buf(bytes, -1) >>> 0;

export const looksLikeJffs2 = (bytes: Uint8Array): boolean =>
  u16(bytes, 0) === MAGIC && crc(bytes.subarray(0, 8)) === u32(bytes, 8);

/** Reads every node once; never throws. Undefined where not even the first node is one. */
export function parseJffs2(bytes: Uint8Array): Jffs2 | undefined {
  if (!looksLikeJffs2(bytes)) return undefined;
  const names = new Map<string, Name>();
  const data = new Map<number, DataNode[]>();
  let nodes = 0;
  let damagedNodes = 0;
  for (let at = 0; at + HEADER_BYTES <= bytes.length;) {
    const length = u32(bytes, at + 4);
    const isNode = u16(bytes, at) === MAGIC && length >= HEADER_BYTES;
    if (!isNode || crc(bytes.subarray(at, at + 8)) !== u32(bytes, at + 8)) {
      at += 4;
      continue;
    }
    nodes++;
    const node = bytes.subarray(at, at + length);
    const type = u16(bytes, at + 2);
    if (node.length < length) damagedNodes++;
    else if ((type & ACCURATE) !== 0 && !takeNode(type, node, names, data)) damagedNodes++;
    at += (length + 3) & ~3;
  }
  const paths = pathsOf(names);
  return {
    files: [...paths.keys()],
    nodes,
    damagedNodes,
    read: (path) => {
      const inode = paths.get(path);
      return inode === undefined ? undefined : assemble(data.get(inode) ?? []);
    },
  };
}

function takeNode(
  type: number,
  node: Uint8Array,
  names: Map<string, Name>,
  data: Map<number, DataNode[]>,
): boolean {
  if (type === DIRENT) {
    const text = node.subarray(DIRENT_BYTES, DIRENT_BYTES + u8(node, 28));
    if (node.length < DIRENT_BYTES + text.length || crc(node.subarray(0, 32)) !== u32(node, 32)) return false;
    if (crc(text) !== u32(node, 36)) return false;
    const entry: Name = {
      parent: u32(node, 12),
      version: u32(node, 16),
      inode: u32(node, 20),
      name: fieldText(text),
      isFile: u8(node, 29) === 8,
    };
    const key = `${entry.parent}/${entry.name}`;
    if ((names.get(key)?.version ?? -1) < entry.version) names.set(key, entry);
    return true;
  }
  if (type !== INODE) return true;
  const packedBytes = u32(node, 48);
  if (node.length < INODE_BYTES + packedBytes || crc(node.subarray(0, 60)) !== u32(node, 64)) return false;
  const packed = node.subarray(INODE_BYTES, INODE_BYTES + packedBytes);
  if (crc(packed) !== u32(node, 60)) return false;
  const inode = u32(node, 12);
  const own = data.get(inode) ?? [];
  data.set(inode, own);
  own.push({
    version: u32(node, 16),
    fileSize: u32(node, 28),
    offset: u32(node, 44),
    size: u32(node, 52),
    compression: u8(node, 56),
    packed,
  });
  return true;
}

function pathsOf(names: ReadonlyMap<string, Name>): Map<string, number> {
  const folders = new Map<number, Name>();
  for (const entry of names.values()) if (!entry.isFile && entry.inode !== 0) folders.set(entry.inode, entry);
  const paths = new Map<string, number>();
  for (const { isFile, inode, name, parent } of names.values()) {
    if (!isFile || inode === 0) continue;
    const path = [name];
    let above = parent;
    while (above !== ROOT && path.length <= DEPTH_LIMIT) {
      const folder = folders.get(above);
      if (folder === undefined) break;
      path.unshift(folder.name);
      above = folder.parent;
    }
    if (above === ROOT) paths.set(path.join('/'), inode);
  }
  return paths;
}

/** Later nodes lie over earlier ones; the newest says how long the file is. */
function assemble(nodes: readonly DataNode[]): Uint8Array | undefined {
  const inOrder = [...nodes].sort((a, b) => a.version - b.version);
  const fileSize = inOrder.at(-1)?.fileSize ?? 0;
  if (fileSize > FILE_LIMIT) return undefined;
  const content = new Uint8Array(fileSize);
  for (const node of inOrder) {
    if (node.size === 0 || node.offset >= fileSize) continue;
    const piece = unpack(node);
    if (piece === undefined) return undefined;
    content.set(piece.subarray(0, fileSize - node.offset), node.offset);
  }
  return content;
}

function unpack({ compression, packed, size }: DataNode): Uint8Array | undefined {
  if (size > NODE_LIMIT) return undefined;
  if (compression === COMPRESSION.zero) return new Uint8Array(size);
  if (compression === COMPRESSION.none) return packed.length === size ? packed : undefined;
  if (compression !== COMPRESSION.zlib || packed.length < 2) return undefined;
  try {
    // The kernel leaves the checksum of the stream away too: that of the node is checked already.
    const piece = inflateRawSync(packed.subarray(2), {
      maxOutputLength: size,
      finishFlush: constants.Z_SYNC_FLUSH,
    });
    return piece.length === size ? piece : undefined;
  } catch {
    return undefined;
  }
}
