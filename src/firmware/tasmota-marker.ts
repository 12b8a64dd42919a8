import { indexOf, u32 } from './bytes.ts';

/** Bytes of the marker: a start word, the version, an end word. */
export const MARKER_BYTES = 12;
/** What gzip files count as, and what HAA puts into its own Tasmota build: newer than anything. */
export const ANY_VERSION = 0xffff_ffff;

const START = Uint8Array.of(0xa5, 0x5a, 0xa5, 0x5a);
const END_WORD = 0xa55a_a55a;
/** A file made of nothing but start words must not take longer for it. */
const MAX_STARTS = 1000;

export interface TasmotaMarker {
  /** Where its start word stands in the file. */
  readonly offset: number;
  /** 0x09020000 is 9.2.0.0; `ANY_VERSION` passes every test. */
  readonly version: number;
}

/**
 * The compatibility markers of an image. Tasmota 7.1.2.6 to 9.x reads the staged image in words of 4 bytes and takes
 * the first whole marker; one between the words it never sees, which is the same to it as none.
 */
export interface TasmotaMarkers {
  readonly aligned: TasmotaMarker | undefined;
  /** The first one between the words; told of only where there is no aligned one. */
  readonly unaligned: TasmotaMarker | undefined;
}

/** The file's first byte is the first of the staging area, which starts on a sector border. */
export function findTasmotaMarkers(bytes: Uint8Array): TasmotaMarkers {
  let unaligned: TasmotaMarker | undefined;
  let at = indexOf(bytes, START);
  for (let tries = 0; at >= 0 && tries < MAX_STARTS; tries++, at = indexOf(bytes, START, at + 1)) {
    if (at + MARKER_BYTES > bytes.length || u32(bytes, at + 8) !== END_WORD) continue;
    const marker = { offset: at, version: u32(bytes, at + 4) };
    if (at % 4 === 0) return { aligned: marker, unaligned: undefined };
    unaligned ??= marker;
  }
  return { aligned: undefined, unaligned };
}

/** `9.2.0`, `12.3.1.2`; `any` for the version that passes everywhere. */
export function tasmotaVersionText(version: number): string {
  if (version === ANY_VERSION) return 'any';
  const [major = 0, minor = 0, patch = 0, build = 0] = [24, 16, 8, 0].map(
    (shift) => (version >>> shift) & 0xff,
  );
  return `${major}.${minor}.${patch}${build === 0 ? '' : `.${build}`}`;
}

/** `9.2.0(tasmota)`, `7.1.2.6` as one word, to compare; undefined for anything else. */
export function parseTasmotaVersion(text: string): number | undefined {
  const found = /^v?(\d{1,3})\.(\d{1,3})\.(\d{1,3})(?:\.(\d{1,3}))?(?!\d)/.exec(text.trim());
  if (found == null) return undefined;
  const fields = found.slice(1, 5).map((field) => Number(field ?? 0));
  if (fields.some((field) => field > 0xff)) return undefined;
  return fields.reduce((word, field) => word * 256 + field, 0);
}

/**
 * A copy with the marker behind it, as HAA does for its own build: padded with 0xFF to a multiple of 4, then the
 * 12 bytes.
 */
export function withTasmotaMarker(image: Uint8Array): Uint8Array {
  const padded = Math.ceil(image.length / 4) * 4;
  const copy = new Uint8Array(padded + MARKER_BYTES).fill(0xff);
  copy.set(image);
  copy.set(START, padded);
  copy.set([0x5a, 0xa5, 0x5a, 0xa5], padded + 8);
  return copy;
}

/** The version a marker tells, for naming a build that has no other text; undefined where it says nothing. */
export function markerVersionText(bytes: Uint8Array): string | undefined {
  const { aligned, unaligned } = findTasmotaMarkers(bytes);
  const version = (aligned ?? unaligned)?.version;
  if (version == null || version === ANY_VERSION) return undefined;
  return [24, 16, 8].map((shift) => String((version >>> shift) & 0xff)).join('.');
}
