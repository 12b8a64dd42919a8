import { createHash } from 'node:crypto';
import { concatUint8Arrays } from 'uint8array-extras';
import { crc32 } from '../../src/firmware/esp-crc.ts';
import { esp8266Image, noise, text, u16le, u32le } from './build-images.ts';

export interface ZipEntry {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly flags?: number;
  readonly method?: number;
  readonly crc?: number;
}

/** A zip archive of stored entries, local headers first, as Mongoose OS tools make them. */
export function storedZip(entries: readonly ZipEntry[]): Uint8Array {
  const locals: Uint8Array[] = [];
  const centrals: Uint8Array[] = [];
  let offset = 0;
  for (const { name, bytes, flags = 0, method = 0, crc = crc32(bytes) } of entries) {
    const title = text(name);
    const common = [
      ...[u16le(flags), u16le(method), u32le(0x5c21_0000), u32le(crc), u32le(bytes.length)],
      ...[u32le(bytes.length), u16le(title.length), u16le(0)],
    ];
    locals.push(concatUint8Arrays([u32le(0x0403_4b50), u16le(20), ...common, title, bytes]));
    centrals.push(
      concatUint8Arrays([
        ...[u32le(0x0201_4b50), u16le(20), u16le(20), ...common],
        ...[u16le(0), u16le(0), u16le(0), u32le(0), u32le(offset), title],
      ]),
    );
    offset += locals.at(-1)?.length ?? 0;
  }
  const directory = concatUint8Arrays(centrals);
  const count = u16le(entries.length);
  return concatUint8Arrays([
    ...locals,
    directory,
    ...[
      u32le(0x0605_4b50),
      u16le(0),
      u16le(0),
      count,
      count,
      u32le(directory.length),
      u32le(offset),
      u16le(0),
    ],
  ]);
}

export const sha1 = (bytes: Uint8Array): string => createHash('sha1').update(bytes).digest('hex');
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** The application of an archive: an ESP8266 image whose covered data holds these strings. */
export const mongooseFw = (strings = ''): Uint8Array =>
  esp8266Image(
    [
      { address: 0x4010_0000, data: noise(512, 21) },
      {
        address: 0x3ffe_8000,
        data: concatUint8Arrays([
          noise(64, 22),
          text(`\0${strings}\0`),
          noise(128 - (strings.length % 4), 23),
        ]),
      },
    ],
    { entry: 0x4010_0100, sizeFreq: 0x30 },
  );

export interface ArchiveOptions {
  readonly app?: string;
  readonly platform?: string;
  readonly fw?: Uint8Array;
  readonly fs?: Uint8Array;
  readonly folder?: string;
  /** Merged over the manifest. */
  readonly manifest?: Readonly<Record<string, unknown>>;
  /** Merged over the part of that name. */
  readonly parts?: Readonly<Record<string, Readonly<Record<string, unknown>> | undefined>>;
  readonly change?: (entries: ZipEntry[]) => ZipEntry[];
}

export function mongooseZip(options: ArchiveOptions = {}): Uint8Array {
  const { app = 'shelly-plug-s', platform = 'esp8266', fw = mongooseFw(), fs = noise(4096, 24) } = options;
  const { folder = `${app}-0.4.6/` } = options;
  const boot = noise(3104, 25);
  const part = (src: string, bytes: Uint8Array, addr: number, more = {}) => ({
    ...{ src, addr, size: bytes.length, cs_sha1: sha1(bytes), cs_sha256: sha256(bytes), ...more },
  });
  const parts: Record<string, unknown> = {
    boot: part('rboot.bin', boot, 0, { update: false }),
    rboot_cfg: { addr: 0x7000, size: 0x1000, fill: 255, update: false },
    fw: part(`${app}.bin`, fw, 0x8000),
    fs: part('fs.bin', fs, 0xb_b000),
  };
  for (const [name, changed] of Object.entries(options.parts ?? {})) {
    if (changed === undefined) delete parts[name];
    else parts[name] = { ...(parts[name] as object), ...changed };
  }
  const manifest = {
    ...{ name: app, platform, version: '0.4.6', build_id: '20210101-000000/x', parts },
    ...options.manifest,
  };
  const entries: ZipEntry[] = [
    { name: `${folder}manifest.json`, bytes: text(JSON.stringify(manifest, undefined, 1)) },
    { name: `${folder}fs.bin`, bytes: fs },
    { name: `${folder}rboot.bin`, bytes: boot },
    { name: `${folder}${app}.bin`, bytes: fw },
  ];
  return storedZip(options.change?.(entries) ?? entries);
}
