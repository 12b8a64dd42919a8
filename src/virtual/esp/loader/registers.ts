import { u32 } from '../../bytes.ts';
import type { Memory } from '../chip/memory.ts';

const ENTRY_BYTES = 16;

/**
 * WRITE_REG: groups of address, value, mask and a delay in µs that passes before the write. Returns the time the
 * delays take, ms, or undefined when the length does not fit.
 */
export function writeRegisters(memory: Memory, data: Uint8Array): number | undefined {
  if (data.length === 0 || data.length % ENTRY_BYTES !== 0) return undefined;
  let delayMs = 0;
  for (let at = 0; at < data.length; at += ENTRY_BYTES) {
    const address = u32(data, at);
    const value = u32(data, at + 4);
    const mask = u32(data, at + 8);
    delayMs += u32(data, at + 12) / 1000;
    memory.write(
      address,
      mask === 0xffff_ffff ? value : ((value & mask) | (memory.read(address) & ~mask)) >>> 0,
    );
  }
  return delayMs;
}
