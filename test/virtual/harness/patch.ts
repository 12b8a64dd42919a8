import { createHash } from 'node:crypto';

/** Changes the flash size nibble of an ESP32 image and makes its SHA-256 right again. */
export function esp32SizePatched(image: Uint8Array, sizeId: number): Uint8Array {
  const patched = image.slice();
  patched[3] = (sizeId << 4) | (patched[3]! & 0x0f);
  patched.set(createHash('sha256').update(patched.subarray(0, -32)).digest(), patched.length - 32);
  return patched;
}
