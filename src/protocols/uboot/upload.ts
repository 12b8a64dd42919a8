import { isBenchError, BenchError } from '../../core/errors.ts';
import { uploadedBytes } from './answers.ts';
import type { UbootConsole } from './console.ts';
import { hex } from './hex.ts';
import { crcOf, crcOfRam, fillRam, type RamWork } from './memory.ts';
import { sendYmodem } from './ymodem.ts';

/** Sent and checked by itself, so that damage costs 25 s at 115200 and not 16 min. */
const PIECE_BYTES = 0x4_0000;
const PIECE_TRIES = 3;
const READY = /## Ready for binary \(ymodem\) download to 0x[0-9a-f]+ at \d+ bps\.\.\.\s*[\r\n]/i;
const READY_MS = 5_000;
const END_MS = 20_000;
const ERASED = 0xff;

export interface Upload extends RamWork {
  readonly address: number;
  readonly content: Uint8Array;
  readonly onBytes?: (bytes: number) => void;
}

/**
 * Brings bytes into RAM by `loady`, piece by piece, each compared by CRC-32; what is erased flash anyway is filled in by
 * U-Boot itself. A cancel leaves the prompt usable. Throws UPLOAD_FAILED.
 */
export async function uploadToRam(
  console: UbootConsole,
  { address, content, signal, onBytes }: Upload,
): Promise<void> {
  await fillRam(console, address, ERASED, content.length, { signal });
  for (let at = 0; at < content.length; at += PIECE_BYTES) {
    const piece = content.subarray(at, at + PIECE_BYTES);
    await uploadPiece(console, address + at, piece, signal, (bytes) => onBytes?.(at + bytes));
    onBytes?.(at + piece.length);
  }
  const expected = crcOf(content);
  if ((await crcOfRam(console, address, content.length, { signal, expected })) !== expected)
    throw new BenchError('UPLOAD_FAILED', {
      message: 'What was uploaded is not what was sent, by its CRC-32.',
    });
}

async function uploadPiece(
  console: UbootConsole,
  address: number,
  piece: Uint8Array,
  signal: AbortSignal | undefined,
  onBytes: (bytes: number) => void,
): Promise<void> {
  const end = piece.findLastIndex((byte) => byte !== ERASED) + 1;
  if (end === 0) return;
  const content = piece.subarray(0, end);
  const expected = crcOf(content);
  for (let attempt = 1; ; attempt++) {
    try {
      await sendOnce(console, address, content, signal, onBytes);
      if ((await crcOfRam(console, address, end, { signal, expected })) === expected) {
        // The last block was filled up beyond the content.
        const filled = Math.min(BLOCK_FILL, piece.length - end);
        if (filled > 0) await fillRam(console, address + end, ERASED, filled, { signal });
        return;
      }
      throw new BenchError('UPLOAD_FAILED', { message: 'A piece of the upload arrived damaged.' });
    } catch (error) {
      if (attempt === PIECE_TRIES || !isBenchError(error, 'UPLOAD_FAILED')) throw error;
      console.log('warn', `${error.message} It is sent again (${attempt}).`);
    }
  }
}

/** The most a last block can reach beyond its content. */
const BLOCK_FILL = 1_024;

async function sendOnce(
  console: UbootConsole,
  address: number,
  content: Uint8Array,
  signal: AbortSignal | undefined,
  onBytes: (bytes: number) => void,
): Promise<void> {
  const { inbox } = console;
  await console.begin(`loady ${hex(address)}`, signal);
  try {
    const ready = await inbox.wait((text) => READY.exec(text) ?? undefined, {
      quietMs: READY_MS,
      limitMs: READY_MS,
    });
    if (!ready) throw new BenchError('UPLOAD_FAILED', { message: 'U-Boot did not get ready for YMODEM.' });
    inbox.take(ready.index + ready[0].length);
    await sendYmodem(inbox, 'part.bin', content, { signal, onBytes });
    const size = await inbox.wait(uploadedBytes, { quietMs: END_MS, limitMs: END_MS });
    console.logAnswer(inbox.text);
    if (size !== content.length)
      throw new BenchError('UPLOAD_FAILED', {
        message: `U-Boot took ${size ?? 'no'} bytes of ${content.length}.`,
      });
  } finally {
    // Also after a cancel, whose signal must not keep the prompt from being made sure of.
    await console.recover();
  }
}
