import type { UnitStorage } from '../virtual-device.ts';

/** Storage that ends: `close` writes what is unsaved and gives the place free. */
export interface LastingStorage extends UnitStorage {
  /** Idempotent. */
  close(): void;
}

/** Flash that lasts only as long as the program. */
export function memoryStorage(content?: Uint8Array): LastingStorage {
  return { content, notes: {}, adopt() {}, touched() {}, flush() {}, close() {} };
}
