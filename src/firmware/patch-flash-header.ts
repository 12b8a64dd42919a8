import type { FlashMode } from './firmware-file.ts';

export interface FlashHeaderPatch {
  readonly mode?: FlashMode;
  /** MHz; which values there are depends on the chip (40, 26, 20, 80 on ESP8266 and ESP32). */
  readonly freqMHz?: number;
  /** Bytes. */
  readonly sizeBytes?: number;
}
/**
 * A copy of the image with another flash mode, clock or size in its header, checksum and SHA-256 kept valid.
 * The image must start at the first byte and be what the ROM loads: a boot loader, or an ESP8266 image. Throws
 * FIRMWARE_REFUSED for anything else, for an image that does not verify, and for a signed one.
 */
export declare function patchFlashHeader(image: Uint8Array, patch: FlashHeaderPatch): Uint8Array;
