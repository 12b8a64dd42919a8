import type { DafangPart } from '../../src/firmware/dafang/flash-map.ts';
import { counting, crcOfRam, readFlash, readRam } from '../../src/protocols/uboot/index.ts';
import { CHECK_ADDRESS, LOAD_ADDRESS, type ConsoleRun, type ConsoleSession } from './session.ts';

/** One part of flash, over the console. */
export async function readPart(
  { console }: ConsoleSession,
  run: ConsoleRun,
  { name, offset, size }: Pick<DafangPart, 'offset' | 'size'> & { readonly name: string },
): Promise<Uint8Array> {
  const { signal } = run;
  const onBytes = counting(`reading ${name}`, size, run.progress);
  onBytes(0);
  await readFlash(console, { address: LOAD_ADDRESS, offset, length: size }, { signal });
  return readRam(console, { address: LOAD_ADDRESS, length: size, signal, onBytes });
}

/** CRC-32 of what flash holds, by U-Boot; `expected`: another one counts only when it is said twice. */
export async function crcOfFlash(
  { console }: ConsoleSession,
  { offset, size }: { readonly offset: number; readonly size: number },
  expected: number,
  signal?: AbortSignal,
): Promise<number> {
  await readFlash(console, { address: CHECK_ADDRESS, offset, length: size }, { signal });
  return crcOfRam(console, CHECK_ADDRESS, size, { signal, expected });
}
