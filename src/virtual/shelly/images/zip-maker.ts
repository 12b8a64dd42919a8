import { createHash } from 'node:crypto';
import CRC32 from 'crc-32';
import { joinBytes, latin1, words } from '../../bytes.ts';
import { filesRegion } from '../mongoose/file-system.ts';
import type { ShellyModel } from '../models.ts';
import { shellySlots } from './factory-flash.ts';
import { NEWER_FW, rbootImage, stockImage, takeoverImage, TAKEOVER_VERSION } from './stock-images.ts';

interface ZipFile {
  readonly name: string;
  readonly content: Uint8Array;
}

/** 1 January 2026, 00:00, as a zip has it. */
const DOS_DATE = ((2026 - 1980) << 9) | (1 << 5) | 1;
const shorts = (...values: readonly number[]) =>
  Uint8Array.from(values.flatMap((value) => [value & 0xff, value >>> 8]));

/** Stored entries with their sizes in front, as the updater of Mongoose OS wants them. */
export function storedZip(files: readonly ZipFile[]): Uint8Array {
  const locals: Uint8Array[] = [];
  const central: Uint8Array[] = [];
  let offset = 0;
  for (const { name, content } of files) {
    const about = joinBytes(
      shorts(20, 0, 0, 0, DOS_DATE),
      words(CRC32.buf(content) >>> 0, content.length, content.length),
      shorts(name.length, 0),
    );
    const local = joinBytes(words(0x0403_4b50), about, latin1(name), content);
    central.push(
      joinBytes(words(0x0201_4b50), shorts(20), about, shorts(0, 0, 0), words(0, offset), latin1(name)),
    );
    locals.push(local);
    offset += local.length;
  }
  const directory = joinBytes(...central);
  const end = joinBytes(
    words(0x0605_4b50),
    shorts(0, 0, files.length, files.length),
    words(directory.length, offset),
    shorts(0),
  );
  return joinBytes(...locals, directory, end);
}

export interface OtaZipParts {
  readonly version: string;
  readonly buildId: string;
  readonly firmware: Uint8Array;
  readonly files: Uint8Array;
}

/** A package for the updater of a model, laid out like the published ones. */
export function otaZip(model: ShellyModel, { version, buildId, firmware, files }: OtaZipParts): Uint8Array {
  const folder = `${model.app}-${version.slice(0, 16)}`;
  const boot = rbootImage();
  const [slot] = shellySlots(model);
  const part = (type: string, src: string, addr: number, content: Uint8Array) => ({
    type,
    src,
    addr,
    size: content.length,
    cs_sha1: createHash('sha1').update(content).digest('hex'),
  });
  const manifest = {
    name: model.app,
    platform: 'esp8266',
    version,
    build_id: buildId,
    build_timestamp: '2026-01-01T00:00:00Z',
    parts: {
      boot: { ...part('boot', 'rboot.bin', 0, boot), update: false },
      fw: part('fw', `${model.app}.bin`, slot!.firmwareOffset, firmware),
      fs: part('fs', 'fs.bin', slot!.filesOffset, files),
    },
  };
  return storedZip([
    { name: `${folder}/manifest.json`, content: latin1(JSON.stringify(manifest, null, 1)) },
    { name: `${folder}/fs.bin`, content: files },
    { name: `${folder}/rboot.bin`, content: boot },
    { name: `${folder}/${model.app}.bin`, content: firmware },
  ]);
}

const FILES_BYTES = 16_384;

/** Takes a unit of this model over; fetches its target from `url`. */
export const takeoverZip = (model: ShellyModel, url: string): Uint8Array =>
  otaZip(model, {
    version: TAKEOVER_VERSION,
    buildId: '20260101-000000/practice',
    firmware: takeoverImage(model, url),
    files: filesRegion(new Map([['readme.txt', 'benchflash practice image']]), FILES_BYTES),
  });

/** A newer stock firmware. */
export const stockZip = (model: ShellyModel, fw = NEWER_FW): Uint8Array =>
  otaZip(model, {
    version: '1.0',
    buildId: fw,
    firmware: stockImage(model, fw),
    files: filesRegion(
      new Map([['index.html', '<!DOCTYPE html><title>practice shelly</title>']]),
      FILES_BYTES,
    ),
  });
