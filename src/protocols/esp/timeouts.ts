/** Waiting times of the loader protocol in ms; the numbers are esptool's defaults (reference section 7). */
export const TIMEOUT = {
  command: 3_000,
  /** One SYNC. */
  sync: 100,
  /** A ROM may never answer MEM_END; failure is ignored. */
  memEnd: 200,
  /** From MEM_END to the greeting of the stub. */
  stubGreeting: 3_000,
  eraseChip: 120_000,
  /** After a rate change, before anything is sent. */
  afterBaudChange: 50,
  /** One READ_REG that proves a new rate. */
  probe: 400,
  /** The ROM says "unsupported" about eight times; then everything is drained. */
  unsupportedStorm: 200,
} as const;

const MIB = 1024 * 1024;
const perMegabyte = (secondsPerMegabyte: number, bytes: number) =>
  Math.max(TIMEOUT.command, (secondsPerMegabyte * 1000 * bytes) / MIB);

/** Erase of a region, or BEGIN to a ROM, which erases inside it. */
export const eraseTimeoutMs = (bytes: number): number => perMegabyte(40, bytes);

export const md5TimeoutMs = (bytes: number): number => perMegabyte(8, bytes);

/**
 * One data block, by how much flash the block before it (stub) or this one (ROM) fills. Few bytes on the wire can
 * be much flash: 131072 bytes were 305 compressed, and a fixed 3 s failed (esptool#581). One erase of 64 KiB for
 * every 32 KiB inflated, and one more, is what the device may do meanwhile.
 */
export function blockTimeoutMs(inflatedBytes: number): number {
  const erases = Math.ceil(inflatedBytes / 0x8000) + 1;
  return perMegabyte(40, inflatedBytes + erases * 0x1_0000);
}

/** Time that `bytes` need on the wire at 10 bits each, ms. */
export const wireMs = (bytes: number, baudRate: number): number => (bytes * 10_000) / baudRate;
