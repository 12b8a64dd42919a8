import CRC32 from 'crc-32';
import { BenchError } from '../../core/errors.ts';
import type { ProgressSink } from '../../core/progress.ts';
import { crcIn, dumpedBytes } from './answers.ts';
import type { UbootConsole } from './console.ts';
import { hex } from './hex.ts';

/** One piece of a dump: 20 KB of console text, 1.8 s at 115200. */
const PIECE_BYTES = 0x1000;
const PIECE_TRIES = 5;
const CRC_TRIES = 3;
/** What the U-Boot of this camera says behind some commands. */
const SPENT = /--->\w+ spend \d+ ms/g;

export interface RamWork {
  readonly signal?: AbortSignal | undefined;
}

export interface RamRead extends RamWork {
  readonly address: number;
  readonly length: number;
  /** Bytes that are in hand and checked. */
  readonly onBytes?: (bytes: number) => void;
}

export const crcOf = (bytes: Uint8Array): number => CRC32.buf(bytes) >>> 0;
export const crcText = (crc: number): string => crc.toString(16).padStart(8, '0');

/** CRC-32 of RAM, by U-Boot. Reads only, so a damaged answer is asked for again. Throws UBOOT_READ_DAMAGED. */
export async function crcOfRam(
  console: UbootConsole,
  address: number,
  length: number,
  { signal }: RamWork = {},
): Promise<number> {
  for (let attempt = 0; attempt < CRC_TRIES; attempt++) {
    const answer = await console.run(`crc32 ${hex(address)} ${hex(length)}`, {
      signal,
      isLogged: length > PIECE_BYTES,
    });
    const crc = crcIn(answer, address, length);
    if (crc !== undefined) return crc;
  }
  throw new BenchError('UBOOT_READ_DAMAGED', {
    message: 'U-Boot did not name the checksum it was asked for.',
  });
}

/** Fills RAM with one value. */
export async function fillRam(
  console: UbootConsole,
  address: number,
  value: number,
  length: number,
  { signal }: RamWork = {},
): Promise<void> {
  const answer = await console.run(`mw.b ${hex(address)} ${hex(value)} ${hex(length)}`, { signal });
  if (answer.replaceAll(SPENT, '').trim() !== '')
    throw new BenchError('UBOOT_COMMAND_FAILED', { message: 'U-Boot did not fill its RAM.' });
}

/**
 * Reads RAM by `md.b` in pieces of 4 KiB. U-Boot's CRC-32 of each is asked for first: an erased piece need not be sent,
 * and a damaged one is seen at once and read again. In the end the whole is compared. Throws UBOOT_READ_DAMAGED.
 */
export async function readRam(
  console: UbootConsole,
  { address, length, signal, onBytes }: RamRead,
): Promise<Uint8Array> {
  const bytes = new Uint8Array(length).fill(0xff);
  for (let at = 0; at < length; at += PIECE_BYTES) {
    const size = Math.min(PIECE_BYTES, length - at);
    const wanted = await crcOfRam(console, address + at, size, { signal });
    if (wanted !== crcOf(bytes.subarray(at, at + size)))
      bytes.set(await readPiece(console, address + at, size, wanted, signal), at);
    onBytes?.(at + size);
  }
  if ((await crcOfRam(console, address, length, { signal })) !== crcOf(bytes))
    throw new BenchError('UBOOT_READ_DAMAGED', {
      message:
        'The checksum of the whole is not that of its pieces: the RAM of the camera, or the link, is unreliable.',
    });
  return bytes;
}

async function readPiece(
  console: UbootConsole,
  address: number,
  size: number,
  wanted: number,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  for (let attempt = 1; attempt <= PIECE_TRIES; attempt++) {
    const answer = await console.run(`md.b ${hex(address)} ${hex(size)}`, { signal, isLogged: false });
    const piece = dumpedBytes(answer, address, size);
    if (piece !== undefined && crcOf(piece) === wanted) return piece;
    console.log('warn', `a piece of the dump came damaged, it is read again (${attempt})`);
  }
  throw new BenchError('UBOOT_READ_DAMAGED');
}

/** Progress over several reads that follow one another. */
export function counting(
  label: string,
  total: number,
  sink: ProgressSink,
  before = 0,
): (bytes: number) => void {
  return (bytes) => sink({ label, done: before + bytes, total, unit: 'bytes' });
}
