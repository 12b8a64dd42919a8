import { findInImage, imageHolds, type ParsedImage } from '../../esp/boot/image.ts';
import { tasmotaLine } from '../../esp/boot/tasmota-line.ts';

/** A version as Tasmota compares them: `versionWord(9, 5, 0)` is 0x09050000. */
export const versionWord = (major: number, minor = 0, patch = 0): number =>
  ((major << 24) | (minor << 16) | (patch << 8)) >>> 0;

/** What the build that stands in flash is and can do, told by the image itself: what is not in it, it does not do. */
export interface TasmotaBuild {
  /** `9.2.0`. */
  readonly version: string;
  readonly word: number;
  /** `lite`, `minimal`, `tasmota`, ... */
  readonly variant: string;
  /** No settings, no backup, no Wi-Fi page. */
  readonly isMinimal: boolean;
  readonly hasInformation: boolean;
  /** Arduino core: `2_7_4_9`. */
  readonly core: string;
  readonly sdk: string;
  /** `2021-01-21T17:11:06`. */
  readonly builtAt: string;
  readonly otaUrl: string;
  /** Of upload errors 1, 2, ...; further ones are told by their number. */
  readonly uploadErrors: readonly string[];
  /** Looks for the compatibility marker in what was staged: 7.1.2 to about 9.1. */
  readonly checksMarker: boolean;
  /** Takes gzip: 8.2 and later. */
  readonly takesGzip: boolean;
  /** Knows SetOption128, the check of the Referer: 9.5 and later. */
  readonly knowsReferer: boolean;
  /** That check is on unless it was switched off: 15.5 and later. */
  readonly refererByDefault: boolean;
  /** Update requests tell the chip's number. */
  readonly tellsChipId: boolean;
}

const NOT_COMPATIBLE = 'Not compatible';
const OTA_DEFAULT = 'http://ota.tasmota.com/tasmota/release/tasmota.bin.gz';

/** Undefined for other firmware. */
export function tasmotaBuild(app: ParsedImage): TasmotaBuild | undefined {
  const line = /Version (\d+)\.(\d+)\.(\d+)\(([\w-]+)\)-([\w.-]+)\((.+)\)$/.exec(tasmotaLine(app) ?? '');
  if (line == null) return undefined;
  const [, major, minor, patch, variant = '', core = '', builtAt = ''] = line;
  const word = versionWord(Number(major), Number(minor), Number(patch));
  const texts = findInImage(app, /No file selected\|([^\0]*)\0/)?.[1] ?? '';
  const isMinimal = variant === 'minimal';
  return {
    version: `${major}.${minor}.${patch}`,
    word,
    variant,
    isMinimal,
    hasInformation: imageHolds(app, 'Program Version}2'),
    core,
    sdk: findInImage(app, /\d\.\d\.\d[\w.-]*\([0-9a-f]{7}\)/)?.[0] ?? '2.2.2-dev(38a443e)',
    builtAt,
    otaUrl: findInImage(app, /http:\/\/ota\.[\w./-]+/)?.[0] ?? OTA_DEFAULT,
    uploadErrors: ['No file selected', ...texts.split('|').filter((text) => text !== NOT_COMPATIBLE)],
    checksMarker: imageHolds(app, NOT_COMPATIBLE),
    takesGzip: word >= versionWord(8, 2),
    knowsReferer: word >= versionWord(9, 5),
    refererByDefault: word >= versionWord(15, 5),
    tellsChipId: imageHolds(app, 'x-ESP8266-Chip-ID'),
  };
}

/** Version word by which the oldest still compatible image is told. */
const OLDEST_COMPATIBLE = 0x0701_0006;

/**
 * The test that builds from 7.1.2.6 on did on what was staged: a version between two marker words, in steps of four
 * bytes; none counts as version 0, gzip passes (reference section 5.3).
 */
export function isCompatible(staged: Uint8Array): boolean {
  if (staged[0] === 0x1f) return true;
  const view = new DataView(staged.buffer, staged.byteOffset, staged.length);
  for (let at = 0; at + 12 <= staged.length; at += 4)
    if (view.getUint32(at, true) === 0x5aa5_5aa5 && view.getUint32(at + 8, true) === 0xa55a_a55a)
      return view.getUint32(at + 4, true) >= OLDEST_COMPATIBLE;
  return false;
}

/** Text of an upload error as this build shows it. */
export const uploadErrorText = (build: TasmotaBuild, code: number): string =>
  build.uploadErrors[code - 1] ??
  (code === 14 && build.checksMarker ? NOT_COMPATIBLE : `Upload error code ${code}`);
