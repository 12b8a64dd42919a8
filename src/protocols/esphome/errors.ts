import { BenchError, type ErrorCode } from '../../core/errors.ts';
import { FIRST_ERROR } from './codec.ts';

/** One byte in place of the one that was expected (esphome, `components/ota/ota_backend.h`). */
const CODES: Readonly<Record<number, ErrorCode>> = {
  0x80: 'ESPHOME_MAGIC',
  0x81: 'ESPHOME_PREPARE',
  0x82: 'ESPHOME_PASSWORD_WRONG',
  0x83: 'ESPHOME_WRITE',
  0x84: 'ESPHOME_END',
  0x85: 'ESPHOME_NEEDS_RESET',
  0x86: 'ESPHOME_CURRENT_FLASH_CONFIG',
  0x87: 'ESPHOME_NEW_FLASH_CONFIG',
  0x88: 'ESPHOME_NO_SPACE',
  0x89: 'ESPHOME_PARTITION_TOO_SMALL',
  0x8a: 'ESPHOME_NO_PARTITION',
  0x8b: 'ESPHOME_MD5',
  0x8c: 'ESPHOME_NO_SPACE_RP2040',
  0x8d: 'ESPHOME_SIGNATURE',
  0x8e: 'ESPHOME_IMAGE_KIND',
  0x8f: 'ESPHOME_PARTITION_TABLE',
  0x90: 'ESPHOME_PARTITION_TABLE',
};

/** Undefined for what is no error. `during`: `while it got the image`. */
export function answerError(byte: number, during: string): BenchError | undefined {
  if (byte < FIRST_ERROR) return undefined;
  const code = CODES[byte] ?? 'ESPHOME_UNKNOWN_ERROR';
  return new BenchError(code, {
    detail: { error: byte, during },
    ...(code === 'ESPHOME_UNKNOWN_ERROR' && {
      message: `The unit broke the update off ${during}, error ${hexByte(byte)}.`,
    }),
  });
}

export const hexByte = (byte: number): string => byte.toString(16).toUpperCase().padStart(2, '0');
