import { createHash } from 'node:crypto';
import { sanitize } from '../core/text.ts';

/** Zero-copy view with the fast native search; never leaves this module. */
const native = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);

export const u8 = (bytes: Uint8Array, offset: number): number => bytes[offset] ?? 0;
export const u16 = (bytes: Uint8Array, offset: number): number =>
  u8(bytes, offset) | (u8(bytes, offset + 1) << 8);
/** Little-endian; bytes beyond the end read as zero. */
export const u32 = (bytes: Uint8Array, offset: number): number =>
  (u16(bytes, offset) | (u16(bytes, offset + 2) << 16)) >>> 0;
export const u32be = (bytes: Uint8Array, offset: number): number =>
  ((u8(bytes, offset) << 24) |
    (u8(bytes, offset + 1) << 16) |
    (u8(bytes, offset + 2) << 8) |
    u8(bytes, offset + 3)) >>>
  0;

export function putU32(bytes: Uint8Array, offset: number, value: number): void {
  for (let index = 0; index < 4; index++) bytes[offset + index] = (value >>> (8 * index)) & 0xff;
}

/** First place of `needle` at or after `from`, or -1. */
export const indexOf = (bytes: Uint8Array, needle: Uint8Array | string, from = 0): number =>
  typeof needle === 'string'
    ? native(bytes).indexOf(needle, from, 'latin1')
    : native(bytes).indexOf(needle, from);

export const includes = (bytes: Uint8Array, needle: string): boolean => indexOf(bytes, needle) >= 0;

export function startsWith(bytes: Uint8Array, prefix: readonly number[]): boolean {
  return bytes.length >= prefix.length && prefix.every((value, index) => bytes[index] === value);
}

export const latin1 = (bytes: Uint8Array): string => native(bytes).toString('latin1');

/** Text of a NUL-terminated field, made safe to show. */
export function fieldText(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  const used = end < 0 ? bytes : bytes.subarray(0, end);
  // Hundreds of thousands of names may stand in one file: nearly all need no cleaning.
  if (used.every((byte) => byte > 0x20 && byte < 0x7f)) return latin1(used);
  return sanitize(native(used).toString('utf8'));
}

/** True when the field is text: printable ASCII or UTF-8, NUL-terminated or full. */
export function isTextField(bytes: Uint8Array): boolean {
  const end = bytes.indexOf(0);
  const used = end < 0 ? bytes : bytes.subarray(0, end);
  return used.length > 0 && used.every((byte) => byte >= 0x20 && byte !== 0x7f && byte !== 0xff);
}

/** True when every byte equals `value`; an empty range counts as filled. */
export function isFilled(bytes: Uint8Array, value: number): boolean {
  const first = bytes.subarray(0, 256);
  if (!first.every((byte) => byte === value)) return false;
  // Comparing the array with itself, shifted by one block, runs at the speed of memory.
  return (
    bytes.length <= 256 ||
    native(bytes.subarray(0, bytes.length - 256)).compare(native(bytes.subarray(256))) === 0
  );
}

export const hex = (value: number, digits = 1): string =>
  `0x${value.toString(16).toUpperCase().padStart(digits, '0')}`;

export const hexBytes = (bytes: Uint8Array): string => native(bytes).toString('hex');

export const sha256 = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest();
export const md5 = (bytes: Uint8Array): Uint8Array => createHash('md5').update(bytes).digest();

export const sameBytes = (a: Uint8Array, b: Uint8Array): boolean => native(a).equals(b);

/** `4 MiB`, `512 KiB`, `26768 bytes`. */
export function sizeText(bytes: number): string {
  if (bytes > 0 && bytes % 0x10_0000 === 0) return `${bytes / 0x10_0000} MiB`;
  if (bytes > 0 && bytes % 1024 === 0) return `${bytes / 1024} KiB`;
  return `${bytes} bytes`;
}
