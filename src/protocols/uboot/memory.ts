import CRC32 from 'crc-32';
import { BenchError } from '../../core/errors.ts';
import type { ProgressSink } from '../../core/progress.ts';
import { crcIn, dumpedBytes } from './answers.ts';
import type { UbootConsole } from './console.ts';
import { hex } from './hex.ts';

/** One piece of a dump: 20 KB of console text, 1.8 s at 115200. */
const PIECE_BYTES = 0x1000;
/** After damage: 1.3 KB of text, which is clean in nine of ten where one character in 10,000 is not. */
const SMALLEST_PIECE_BYTES = 0x100;
const SMALLEST_TRIES = 8;
/** So many clean pieces in a row, and the next ones may be twice as long. */
const CLEAN_PIECES = 4;
const CRC_TRIES = 4;
const FILL_TRIES = 3;
/** U-Boot answers what is this small at once. */
const SHORT_BYTES = 0x1_0000;
const SHORT_QUIET_MS = 5_000;
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

/**
 * CRC-32 of RAM, by U-Boot. Reads only, so a damaged answer is asked for again; `expected`: so is another value, as long
 * as it was said only once. Throws UBOOT_READ_DAMAGED.
 */
export async function crcOfRam(
  console: UbootConsole,
  address: number,
  length: number,
  { signal, expected }: RamWork & { readonly expected?: number } = {},
): Promise<number> {
  let said: number | undefined;
  for (let attempt = 0; attempt < CRC_TRIES; attempt++) {
    const answer = await console.run(`crc32 ${hex(address)} ${hex(length)}`, {
      signal,
      isLogged: length > PIECE_BYTES,
      ...quickly(length),
    });
    const crc = crcIn(answer, address, length);
    if (crc === undefined) continue;
    if (expected === undefined || crc === expected || crc === said) return crc;
    said = crc;
  }
  throw new BenchError('UBOOT_READ_DAMAGED', {
    message: 'U-Boot did not name the checksum it was asked for.',
  });
}

const quickly = (length: number) => (length <= SHORT_BYTES ? { quietMs: SHORT_QUIET_MS } : {});

/** Fills RAM with one value. Throws UBOOT_COMMAND_FAILED. */
export async function fillRam(
  console: UbootConsole,
  address: number,
  value: number,
  length: number,
  { signal }: RamWork = {},
): Promise<void> {
  for (let attempt = 0; attempt < FILL_TRIES; attempt++) {
    const answer = await console.run(`mw.b ${hex(address)} ${hex(value)} ${hex(length)}`, { signal });
    if (answer.replaceAll(SPENT, '').trim() === '') return;
  }
  throw new BenchError('UBOOT_COMMAND_FAILED', { message: 'U-Boot did not fill its RAM.' });
}

/**
 * Reads RAM by `md.b` in pieces of 4 KiB. U-Boot's CRC-32 of each is asked for first: an erased piece need not be sent,
 * and a damaged one is seen at once and read again, in halves: on a line that spoils one character in 10,000 hardly any
 * whole piece comes clean. In the end the whole is compared. Throws UBOOT_READ_DAMAGED.
 */
export async function readRam(
  console: UbootConsole,
  { address, length, signal, onBytes }: RamRead,
): Promise<Uint8Array> {
  const bytes = new Uint8Array(length).fill(0xff);
  let size = PIECE_BYTES;
  let clean = 0;
  let tries = 0;
  let damaged = 0;
  for (let at = 0; at < length;) {
    const count = Math.min(size, length - at);
    const piece = await readPiece(console, address + at, count, signal);
    if (piece === undefined) {
      if (size === SMALLEST_PIECE_BYTES && ++tries === SMALLEST_TRIES)
        throw new BenchError('UBOOT_READ_DAMAGED');
      size = Math.max(SMALLEST_PIECE_BYTES, size / 2);
      clean = 0;
      if (++damaged === 1)
        console.log('warn', 'a piece of the dump came damaged: it is read again, in halves');
      continue;
    }
    bytes.set(piece, at);
    at += count;
    onBytes?.(at);
    tries = 0;
    if (++clean % CLEAN_PIECES === 0) size = Math.min(PIECE_BYTES, size * 2);
  }
  if (damaged > 1) console.log('info', `${damaged} pieces of the dump came damaged and were read again`);
  const expected = crcOf(bytes);
  if ((await crcOfRam(console, address, length, { signal, expected })) !== expected)
    throw new BenchError('UBOOT_READ_DAMAGED', {
      message:
        'The checksum of the whole is not that of its pieces: the RAM of the camera, or the link, is unreliable.',
    });
  return bytes;
}

/** Undefined where it came damaged: the dump, or the checksum it is held against. */
async function readPiece(
  console: UbootConsole,
  address: number,
  size: number,
  signal: AbortSignal | undefined,
): Promise<Uint8Array | undefined> {
  const wanted = await crcOfRam(console, address, size, { signal });
  const erased = new Uint8Array(size).fill(0xff);
  if (wanted === crcOf(erased)) return erased;
  const answer = await console.run(`md.b ${hex(address)} ${hex(size)}`, {
    signal,
    isLogged: false,
    ...quickly(size),
  });
  const piece = dumpedBytes(answer, address, size);
  return piece !== undefined && crcOf(piece) === wanted ? piece : undefined;
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
