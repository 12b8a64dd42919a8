import { createHash } from 'node:crypto';
import { parseImage, type ParsedImage } from '../../esp/boot/image.ts';
import type { PlugChip } from '../plug-firmware.ts';

const EBOOT_ADDRESS = 0x4010_f000;
const APP_OFFSET = 0x1000;
const SECTOR_BYTES = 4096;
const DOUT = 3;

/**
 * Where the file system of a build for 1 MB boards begins, which is where staged updates end. Such a build takes any
 * larger chip for one of 1 MB (reference section 0).
 */
export const STAGING_END = 0xf_b000;

/** What the Arduino boot loader (eboot) starts, as the running program sees itself. */
export interface Sketch {
  readonly app: ParsedImage;
  /** Of the header at 0x0: 0 QIO, 1 QOUT, 2 DIO, 3 DOUT. */
  readonly mode: number;
  /** Size nibble of the header at 0x0. */
  readonly sizeId: number;
  /** From 0x0, boot loader and all. */
  readonly sizeBytes: number;
}

/** Undefined where no eboot, no whole application behind it, or a mode stands that the chip cannot read. */
export function sketchIn(flash: Uint8Array, chip: PlugChip): Sketch | undefined {
  const eboot = parseImage(flash, 0, 'esp8266');
  if (typeof eboot === 'string' || eboot.checksum !== eboot.expectedChecksum) return undefined;
  if (eboot.segments.length !== 1 || eboot.segments[0]!.address !== EBOOT_ADDRESS) return undefined;
  if (chip.onlyDout && eboot.mode !== DOUT) return undefined;
  const app = parseImage(flash, APP_OFFSET, 'esp8266');
  if (typeof app === 'string' || app.checksum !== app.expectedChecksum) return undefined;
  return { app, mode: eboot.mode, sizeId: eboot.sizeId, sizeBytes: APP_OFFSET + app.bytes.length };
}

/** MD5 that a device tells of itself: over the running program as it stands in flash. */
export const sketchMd5 = (flash: Uint8Array, sketch: Sketch): string =>
  createHash('md5').update(flash.subarray(0, sketch.sizeBytes)).digest('hex');

export const wholeSectors = (bytes: number): number => Math.ceil(bytes / SECTOR_BYTES) * SECTOR_BYTES;

/** Bytes between the end of the program and the end of the staging area. */
export const freeSketchBytes = (sketchBytes: number): number =>
  Math.max(0, STAGING_END - wholeSectors(sketchBytes));

/** Bytes that a size nibble of the header stands for; undefined for one that no chip has. */
export const headerFlashBytes = (sizeId: number): number | undefined =>
  ({ 0: 0x8_0000, 1: 0x4_0000, 2: 0x10_0000, 3: 0x20_0000, 4: 0x40_0000, 8: 0x80_0000, 9: 0x100_0000 })[
    sizeId
  ];
