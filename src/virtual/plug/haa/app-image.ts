import { u32 } from '../../bytes.ts';
import { findInImage, imageHolds, IMAGE_MAGIC, parseImage, type ParsedImage } from '../../esp/boot/image.ts';
import { HOMEKIT, RBOOT_LIMIT, SLOT_0, SLOT_1 } from './layout.ts';

export type HaaPart = 'haaboot' | 'otamain' | 'haamain';

/** One application of HAA, by what stands in it. */
export interface HaaApp {
  readonly part: HaaPart;
  /** `7.14.0` of the installer, `12.18.0` of HAAMAIN. */
  readonly version: string;
  /** Installers up to 2021 have their form at `/settings`, with long field names; later ones at `/sn`. */
  readonly hasOldForm: boolean;
  /** The whole application. */
  readonly bytes: Uint8Array;
}

/** Images of the SDK's second format: a stretch of code for the flash first, then an image as of old. */
const SECOND_FORMAT_MAGIC = 0xea;
const SECOND_FORMAT_HEADER_BYTES = 16;

/** The application in a slot; a reason where rboot finds none that it can start. */
export function haaApp(flash: Uint8Array, slot: 0 | 1): HaaApp | string {
  const start = slot === 0 ? SLOT_0 : SLOT_1;
  const end = slot === 0 ? SLOT_1 : HOMEKIT;
  const ram = ramImage(flash, start, end);
  if (typeof ram === 'string') return ram;
  // Of the real images the sum covers what goes to RAM, not the code (haa-fullhaaboot-12.18.0.bin).
  if (ram.checksum !== ram.expectedChecksum) return 'checksum';
  const length = ram.bytes.byteOffset + ram.bytes.length - (flash.byteOffset + start);
  const whole: ParsedImage = { ...ram, bytes: flash.subarray(start, start + length) };
  const main = findInImage(whole, /Home Accessory Architect (\d+\.\d+\.\d+\w*)/)?.[1];
  const installer = findInImage(whole, /HAA Installer (\d+\.\d+\.\d+\w*)/)?.[1];
  const version = installer ?? main;
  if (version == null) return 'an application that is not HAA';
  const part = installer == null ? 'haamain' : imageHolds(whole, '* HAAMAIN') ? 'otamain' : 'haaboot';
  return { part, version, hasOldForm: imageHolds(whole, '/settings'), bytes: whole.bytes };
}

function ramImage(flash: Uint8Array, start: number, end: number): ParsedImage | string {
  if (flash.length < end) return 'length';
  if (flash[start] !== SECOND_FORMAT_MAGIC) return parseImage(flash, start, 'esp8266', end - start);
  const at = start + SECOND_FORMAT_HEADER_BYTES + u32(flash, start + 12);
  if (at >= end || flash[at] !== IMAGE_MAGIC) return 'magic';
  return parseImage(flash, at, 'esp8266', end - at);
}

/** rboot is an image of two parts in the first sector; the config sector behind it may be empty. */
export function hasRboot(flash: Uint8Array): boolean {
  const rboot = parseImage(flash, 0, 'esp8266', RBOOT_LIMIT);
  return (
    typeof rboot !== 'string' && rboot.segments.length === 2 && rboot.checksum === rboot.expectedChecksum
  );
}

/**
 * What rboot starts: the slot asked for once, else slot 0, else slot 1. So a download into slot 0 that was cut, whose
 * first byte is still FF, is gone on with by OTAMAIN.
 */
export function chosenApp(flash: Uint8Array, onceSlot: number | undefined): HaaApp | undefined {
  const order: readonly (0 | 1)[] = onceSlot === 1 ? [1, 0] : [0, 1];
  for (const slot of order) {
    const app = haaApp(flash, slot);
    if (typeof app !== 'string') return app;
  }
  return undefined;
}
