import { throwIfAborted } from '../../core/abort.ts';
import { createHash } from 'node:crypto';
import { BenchError, isBenchError } from '../../core/errors.ts';
import type { LoaderContext } from './context.ts';
import { flashMd5 } from './flash-commands.ts';
import { LoaderRefused, loaderUnsupported } from './loader-errors.ts';
import { OP } from './opcodes.ts';
import { words } from './packet.ts';
import { readStream } from './read-stream.ts';
import type { ReadFlashOptions } from './types.ts';

/** One READ_FLASH: long enough that its own round trips do not show, short enough to lose little. */
const RUN_BYTES = 256 * 1024;
/** One digest-checked run of READ_FLASH_SLOW. */
const SLOW_RUN_BYTES = 64 * 1024;
const SLOW_PACKET_BYTES = 64;
/** Below this a damaged run is read again as a whole rather than hashed. */
const WORTH_HASHING_BYTES = 0x1000;
/** Failures in a row that bring no byte forward before the read is given up. */
const MAX_FUTILE_TRIES = 6;
/** Failures since the last whole run after which the rate goes down a step. */
const TRIES_PER_RATE = 2;

interface RunResult {
  /** Bytes from the start of the run whose digest is right. */
  readonly provedBytes: number;
  readonly failure?: 'damaged' | 'digest-mismatch' | 'silent';
  readonly why?: string;
}

/**
 * Reads flash in digest-checked runs and goes on from the last good byte after damage. A run is handed over while
 * the next one is being read.
 */
export async function readFlash(
  context: LoaderContext,
  offset: number,
  size: number,
  options: ReadFlashOptions,
): Promise<void> {
  const { talk, chip } = context;
  let done = 0;
  let futile = 0;
  let failures = 0;
  let handingOver: Promise<void> = Promise.resolve();
  const report = (bytes: number) =>
    options.onProgress?.({
      label: options.label ?? 'reading flash',
      done: bytes,
      total: size,
      unit: 'bytes',
    });
  report(0);
  try {
    while (done < size) {
      throwIfAborted(options.signal);
      if (talk.mode === 'rom' && !chip.rom.reads)
        throw loaderUnsupported(
          OP.readFlash,
          `The ROM loader of the ${chip.name} cannot read flash: the stub loader is needed.`,
        );
      const from = done;
      const run = new Uint8Array(Math.min(talk.mode === 'stub' ? RUN_BYTES : SLOW_RUN_BYTES, size - from));
      const readRun = talk.mode === 'stub' ? readStreamedRun : readSlowRun;
      const result = await readRun(context, offset + from, run, options, (bytes) => report(from + bytes));
      if (result.provedBytes > 0) {
        await handingOver;
        handingOver = Promise.resolve(options.onChunk(run.subarray(0, result.provedBytes)));
        handingOver.catch(() => {});
        done += result.provedBytes;
        report(done);
      }
      if (result.failure == null) {
        futile = failures = 0;
        continue;
      }
      futile = result.provedBytes > 0 ? 0 : futile + 1;
      if (futile === MAX_FUTILE_TRIES) throw givenUp(result, offset + done);
      if (++failures % TRIES_PER_RATE === 0) await context.slowDown();
    }
  } finally {
    await handingOver.catch(() => {});
  }
  await handingOver;
}

async function readStreamedRun(
  context: LoaderContext,
  offset: number,
  run: Uint8Array,
  options: ReadFlashOptions,
  onReceived: (bytes: number) => void,
): Promise<RunResult> {
  try {
    const { result, inStep } = await readStream(context.talk, offset, run, {
      signal: options.signal,
      onReceived,
    });
    if (!inStep) await context.resync();
    throwIfAborted(options.signal);
    if (result.kind === 'whole') return { provedBytes: run.length };
    if (result.kind === 'digest-mismatch') return { provedBytes: 0, failure: 'digest-mismatch' };
    if (result.kind === 'stopped') return { provedBytes: 0 };
    const provedBytes = await provePrefix(context, offset, run.subarray(0, result.receivedBytes));
    return { provedBytes, failure: 'damaged', why: result.why };
  } catch (error) {
    return await afterFailedCommand(context, error);
  }
}

/** What came before the damage is good when the device's own digest of it agrees. */
async function provePrefix(context: LoaderContext, offset: number, prefix: Uint8Array): Promise<number> {
  if (prefix.length < WORTH_HASHING_BYTES) return 0;
  const digest = await flashMd5(context, offset, prefix.length);
  return digest === createHash('md5').update(prefix).digest('hex') ? prefix.length : 0;
}

/** 64 bytes a command: all that a ROM offers. */
async function readSlowRun(
  context: LoaderContext,
  offset: number,
  run: Uint8Array,
  options: ReadFlashOptions,
  onReceived: (bytes: number) => void,
): Promise<RunResult> {
  const { talk } = context;
  try {
    for (let at = 0; at < run.length; at += SLOW_PACKET_BYTES) {
      throwIfAborted(options.signal);
      const length = Math.min(SLOW_PACKET_BYTES, run.length - at);
      // Always answered with 64 bytes, whatever was asked.
      const { data } = await talk.command(OP.readFlashSlow, words(offset + at, length), {
        replyBytes: SLOW_PACKET_BYTES,
      });
      run.set(data.subarray(0, length), at);
      if ((at + length) % 0x1000 === 0) onReceived(at + length);
    }
    const digest = await flashMd5(context, offset, run.length);
    if (digest === createHash('md5').update(run).digest('hex')) return { provedBytes: run.length };
    return { provedBytes: 0, failure: 'digest-mismatch' };
  } catch (error) {
    return await afterFailedCommand(context, error);
  }
}

async function afterFailedCommand(context: LoaderContext, error: unknown): Promise<RunResult> {
  if (error instanceof LoaderRefused && error.wasRejectedUnread)
    return { provedBytes: 0, failure: 'damaged', why: error.message };
  if (!isBenchError(error, 'LOADER_SILENT')) throw error;
  await context.resync(error);
  return { provedBytes: 0, failure: 'silent', why: error.message };
}

function givenUp(result: RunResult, offset: number): BenchError {
  if (result.failure === 'digest-mismatch')
    return new BenchError('READ_DIGEST_MISMATCH', { detail: { offset } });
  if (result.failure === 'silent')
    return new BenchError('LOADER_SILENT', {
      ...(result.why != null && { message: result.why }),
      detail: { offset },
    });
  return new BenchError('BYTES_DAMAGED', {
    message: `Reading at 0x${offset.toString(16)} lost bytes again and again: ${result.why ?? 'damaged'}.`,
    detail: { offset },
  });
}
