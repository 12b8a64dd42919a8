import { deflateSync } from 'node:zlib';
import CRC32 from 'crc-32';
import { concatUint8Arrays } from 'uint8array-extras';
import { crc7 } from '../../src/firmware/dafang/boot-loader.ts';
import { DAFANG_FLASH_BYTES, dafangPart, DEMO_PARTS } from '../../src/firmware/dafang/flash-map.ts';
import { noise as newNoise } from './build-images.ts';

/** Everything here is made up: right magics, sizes and checksums around noise, and no byte of vendor firmware. */

const jffs2Crc = (bytes: Uint8Array) => ~CRC32.buf(bytes, -1) >>> 0;
const made = new Map<string, Uint8Array>();
/** Made once, given as a copy: the same megabytes are wanted by many tests. */
function noise(length: number, seed: number): Uint8Array {
  const key = `${length} ${seed}`;
  const bytes = made.get(key) ?? newNoise(length, seed);
  made.set(key, bytes);
  return bytes.slice();
}

const ascii = (text: string) => new TextEncoder().encode(text);

function node(type: number, size: number, fill: (view: DataView, bytes: Uint8Array) => void): Uint8Array {
  const bytes = new Uint8Array((size + 3) & ~3).fill(0xff);
  bytes.fill(0, 0, size);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, 0x1985, true);
  view.setUint16(2, type, true);
  view.setUint32(4, size, true);
  view.setUint32(8, jffs2Crc(bytes.subarray(0, 8)), true);
  fill(view, bytes);
  return bytes;
}

/** Clears the bit that a node has until a later one takes its place. */
export function obsolete(bytes: Uint8Array): Uint8Array {
  const copy = bytes.slice();
  copy[3] = copy[3]! & ~0x20;
  return copy;
}

export const cleanMarker = (): Uint8Array => node(0x2003, 12, () => {});

export function dirent(parent: number, version: number, inode: number, name: string, type = 8): Uint8Array {
  const text = ascii(name);
  return node(0xe001, 40 + text.length, (view, bytes) => {
    view.setUint32(12, parent, true);
    view.setUint32(16, version, true);
    view.setUint32(20, inode, true);
    view.setUint8(28, text.length);
    view.setUint8(29, type);
    bytes.set(text, 40);
    view.setUint32(32, jffs2Crc(bytes.subarray(0, 32)), true);
    view.setUint32(36, jffs2Crc(text), true);
  });
}

export interface InodeOptions {
  readonly offset?: number;
  readonly fileSize?: number;
  readonly plain?: boolean;
}

export function inode(
  number: number,
  version: number,
  data: Uint8Array,
  options: InodeOptions = {},
): Uint8Array {
  const packed = options.plain === true ? data : new Uint8Array(deflateSync(data));
  return node(0xe002, 68 + packed.length, (view, bytes) => {
    view.setUint32(12, number, true);
    view.setUint32(16, version, true);
    view.setUint32(20, 0o100_644, true);
    view.setUint32(28, options.fileSize ?? (options.offset ?? 0) + data.length, true);
    view.setUint32(44, options.offset ?? 0, true);
    view.setUint32(48, packed.length, true);
    view.setUint32(52, data.length, true);
    view.setUint8(56, options.plain === true ? 0 : 6);
    bytes.set(packed, 68);
    view.setUint32(60, jffs2Crc(packed), true);
    view.setUint32(64, jffs2Crc(bytes.subarray(0, 60)), true);
  });
}

export const image = (size: number, ...nodes: readonly Uint8Array[]): Uint8Array => {
  const bytes = new Uint8Array(size).fill(0xff);
  bytes.set(concatUint8Arrays([...nodes]));
  return bytes;
};

export const SECRET_KEY = 'GeheimerSchlues1';
export const SECRET_WIFI = 'wlan-passwort-99';

export function productConfig(mac: string): string {
  const digits = mac.replaceAll(':', '').toUpperCase();
  return [
    '[xiaomi]',
    `UserRelated_UID=${digits.toLowerCase()}|12345678|${SECRET_KEY}|1234`,
    'UserRelated_SSID=A1B2',
    `NETRELATED_IP=${'Q'.repeat(184)}`,
    `NETRELATED_MAC=${digits}${'0'.repeat(20)}`,
    '',
  ].join('\n');
}

/** `para` as the camera leaves it: a file written twice, the first time obsolete. */
export function para(mac: string): Uint8Array {
  const text = ascii(productConfig(mac));
  return image(
    dafangPart('para').size,
    cleanMarker(),
    dirent(1, 1, 2, 'config', 4),
    obsolete(inode(3, 1, ascii('old'))),
    dirent(2, 2, 3, '.product_config'),
    inode(3, 2, text.subarray(0, 200), { fileSize: text.length }),
    inode(3, 3, text.subarray(200), { offset: 200, fileSize: text.length }),
  );
}

export function config(ssid = 'Werkbank'): Uint8Array {
  return image(
    dafangPart('config').size,
    cleanMarker(),
    dirent(1, 1, 2, '.wifissid'),
    inode(2, 1, ascii(ssid)),
    dirent(1, 2, 3, '.wifipasswd'),
    inode(3, 1, ascii(SECRET_WIFI), { plain: true }),
  );
}

export function appfs(seed = 5): Uint8Array {
  return image(
    dafangPart('appfs').size,
    cleanMarker(),
    dirent(1, 1, 2, 'init'),
    inode(2, 1, noise(3_000, seed), { plain: true }),
  );
}

export interface BootOptions {
  readonly ramMB?: 64 | 128;
  readonly seed?: number;
  readonly family?: 'stock' | 'dafang-hacks';
  readonly built?: string;
}

export function boot({
  ramMB = 128,
  seed = 1,
  family = 'stock',
  built = 'Jul 28 2017',
}: BootOptions = {}): Uint8Array {
  const bytes = new Uint8Array(dafangPart('boot').size).fill(0xff);
  const splBytes = 0x5000;
  bytes.set(noise(splBytes, seed));
  bytes.set([6, 5, 4, 3, 2, 0x55, 0xaa, 0x55, 0xaa, 0, 0, 0]);
  new DataView(bytes.buffer).setUint32(12, splBytes, true);
  const args =
    ramMB === 128
      ? 'mem=87M@0x0 ispmem=9M@0x5700000 rmem=32M@0x6000000'
      : 'mem=39M@0x0 ispmem=5M@0x2700000 rmem=20M@0x2C00000';
  const prompt = family === 'stock' ? 'isvp_t20# ' : 'U-Boot> ';
  bytes.set(
    ascii(
      `\0U-Boot 2013.07 (${built} - 10:00:00)\0console=ttyS1,115200n8 ${args} init=/linuxrc\0${prompt}\0`,
    ),
    0x6800,
  );
  bytes[9] = crc7(bytes.subarray(2_048, splBytes));
  return bytes;
}

export function uImage(payload: Uint8Array, name: string, type: number): Uint8Array {
  const bytes = new Uint8Array(64 + payload.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 0x2705_1956);
  view.setUint32(12, payload.length);
  view.setUint32(24, CRC32.buf(payload) >>> 0);
  view.setUint8(30, type);
  bytes.set(ascii(name), 32);
  view.setUint32(4, CRC32.buf(bytes.subarray(0, 64)) >>> 0);
  bytes.set(payload, 64);
  return bytes;
}

export const kernel = (seed = 2): Uint8Array => uImage(noise(0x1_8000, seed), 'Linux-3.10.14', 2);

export function squashfs(usedBytes: number, seed = 3): Uint8Array {
  const bytes = noise(usedBytes, seed);
  bytes.set(ascii('hsqs'));
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  view.setUint16(28, 4, true);
  view.setUint32(40, usedBytes, true);
  view.setUint32(44, 0, true);
  return bytes;
}

export const root = (seed = 3): Uint8Array => squashfs(0xb_0000, seed);
export const driver = (seed = 4): Uint8Array => squashfs(0x2_0000, seed);

export const MAC = '34:ce:00:aa:bb:01';

export interface CameraOptions extends BootOptions {
  readonly mac?: string;
  /** Parts that are erased. */
  readonly erased?: readonly Parameters<typeof dafangPart>[0][];
}

/** The chip of a healthy camera, less what is erased. */
export function camera({ mac = MAC, erased = [], ...options }: CameraOptions = {}): Uint8Array {
  const chip = new Uint8Array(DAFANG_FLASH_BYTES).fill(0xff);
  const put = (name: Parameters<typeof dafangPart>[0], bytes: Uint8Array) =>
    chip.set(bytes, dafangPart(name).offset);
  put('boot', boot(options));
  put('kernel', kernel());
  put('root', root());
  put('driver', driver());
  put('appfs', appfs());
  put('config', config());
  put('para', para(mac));
  for (const name of erased) {
    const { offset, size } = dafangPart(name);
    chip.fill(0xff, offset, offset + size);
  }
  return chip;
}

export function demo(seed = 20): Uint8Array {
  const parts = {
    kernel: kernel(seed),
    root: root(seed + 1),
    driver: driver(seed + 2),
    appfs: appfs(seed + 3),
  };
  return uImage(
    concatUint8Arrays(
      DEMO_PARTS.map((name) => {
        const bytes = new Uint8Array(dafangPart(name).size).fill(0xff);
        bytes.set(parts[name]);
        return bytes;
      }),
    ),
    'jz_fw',
    5,
  );
}
