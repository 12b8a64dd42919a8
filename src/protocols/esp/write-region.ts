import { throwIfAborted } from '../../core/abort.ts';
import { BenchError, isBenchError } from '../../core/errors.ts';
import type { ProgressSink } from '../../core/progress.ts';
import { compressRegion, padded } from './compress.ts';
import type { LoaderContext } from './context.ts';
import type { Conversation } from './conversation.ts';
import { BlockDamaged, sendDataBlock, StreamDamaged } from './data-block.ts';
import { esp8266EraseSize, SECTOR_BYTES } from './erase-size.ts';
import { MAGIC_REGISTER } from './identify.ts';
import { LoaderRefused } from './loader-errors.ts';
import { OP } from './opcodes.ts';
import { words } from './packet.ts';
import { blockTimeoutMs, eraseTimeoutMs, TIMEOUT } from './timeouts.ts';
import type { Region, WriteRegionOptions } from './types.ts';
import { AdaptiveBlocks, CompressedBlocks, RawBlocks, type WireBlocks } from './wire-blocks.ts';

const STUB_BLOCK_BYTES = 0x4000;
const ROM_BLOCK_BYTES = 0x400;
/** Times BEGIN is sent. */
const BEGIN_TRIES = 3;
/** Times a region is begun before it is given up. */
const REGION_TRIES = 4;
/** Times the flash chip may fail before it is believed. */
const WRITE_FAILURES = 2;

/** A region as it goes over the wire. */
interface WirePlan {
  readonly beginOp: number;
  readonly endOp: number;
  readonly begin: Uint8Array;
  /** Bytes the loader erases while it answers BEGIN. */
  readonly erasesInBegin: number;
  readonly blocks: WireBlocks;
}

/** Compresses a region ahead of its write, e.g. while the backup is being read. */
export async function precompress(bytes: Uint8Array): Promise<void> {
  await compressRegion(wholeWords(bytes));
}

/**
 * Writes one region. A block goes out again only when the loader rejected it unread; after a lost answer nobody
 * knows whether it was executed, so the region starts again at BEGIN; raw when a ROM lost a compressed block.
 */
export async function writeRegion(
  context: LoaderContext,
  region: Region,
  options: WriteRegionOptions,
): Promise<void> {
  if (region.offset % SECTOR_BYTES !== 0)
    throw new RangeError(`flash offset 0x${region.offset.toString(16)} is not at a sector border`);
  if (region.bytes.length === 0) return;
  let writeFailures = 0;
  let damages = 0;
  let compress = options.compress ?? true;
  for (let attempt = 1; ; attempt++) {
    try {
      return await writeOnce(context, region, { ...options, compress });
    } catch (error) {
      if (error instanceof BlockDamaged || isBenchError(error, 'LOADER_SILENT')) {
        damages++;
        if (error instanceof StreamDamaged) compress = false;
        if (attempt === REGION_TRIES) throw givenUp(error, region);
        if (!(error instanceof BlockDamaged)) await context.resync(error);
        if (damages > 1) await context.slowDown();
      } else if (error instanceof LoaderRefused) {
        if (++writeFailures === WRITE_FAILURES || attempt === REGION_TRIES) throw writeFailed(error, region);
      } else throw error;
      throwIfAborted(options.signal);
    }
  }
}

async function writeOnce(context: LoaderContext, region: Region, options: WriteRegionOptions): Promise<void> {
  const { talk } = context;
  const stub = talk.mode === 'stub';
  const plan = await planWire(context, region, options.compress ?? true);
  const progress = reporter(region, options);
  throwIfAborted(options.signal);
  progress(0);

  await begin(context, plan, stub ? blockTimeoutMs(0) : eraseTimeoutMs(plan.erasesInBegin));
  const { clock } = talk;
  const countsDamaged = context.chip.rom.countsDamagedBlocks;
  let acknowledgedMs = clock.monotonicMs();
  let sequence = 0;
  let number = 0;
  let doneBytes = 0;
  // A stub acknowledges on receipt and then writes: its next answer waits for the block before.
  let beforeBytes = 0;
  for (let block = plan.blocks.next(); block != null; block = plan.blocks.next(), number++) {
    if (options.signal?.aborted === true && stub) await settleStub(talk);
    throwIfAborted(options.signal);
    const { op, payload } = block;
    const ownBytes = block.doneBytes - doneBytes;
    const timeoutMs = blockTimeoutMs(stub ? beforeBytes : ownBytes);
    const suspect = stub ? number - 1 : number;
    sequence = await named(suspect, () =>
      sendDataBlock(talk, { op, sequence, payload, timeoutMs, countsDamaged }),
    );
    const nowMs = clock.monotonicMs();
    plan.blocks.acknowledged(nowMs - acknowledgedMs);
    acknowledgedMs = nowMs;
    beforeBytes = ownBytes;
    ({ doneBytes } = block);
    progress(Math.min(doneBytes, region.bytes.length));
  }
  if (!stub) return;
  // The barrier: answered only when the last block is in flash, with its error if it had one.
  await named(number - 1, () =>
    talk.command(plan.endOp, words(1), { timeoutMs: blockTimeoutMs(beforeBytes) }),
  );
}

async function planWire(context: LoaderContext, region: Region, mayCompress: boolean): Promise<WirePlan> {
  const { talk, chip } = context;
  const stub = talk.mode === 'stub';
  const blockBytes = stub ? STUB_BLOCK_BYTES : ROM_BLOCK_BYTES;
  const { offset } = region;
  const size = Math.ceil(region.bytes.length / 4) * 4;
  const encrypted = !stub && chip.rom.beginWantsEncryptedWord ? [0] : [];
  const image = wholeWords(region.bytes);
  const packed = mayCompress && (stub || chip.rom.compressedWrites) ? await compressRegion(image) : undefined;
  if (packed != null) {
    // The stub bounds what it takes in by the product of both; a block may be shorter.
    const blockCount = Math.ceil(packed.stream.length / blockBytes);
    const beginSize = stub ? size : Math.ceil(size / blockBytes) * blockBytes;
    return {
      beginOp: OP.flashDeflBegin,
      endOp: OP.flashDeflEnd,
      begin: words(beginSize, blockCount, blockBytes, offset, ...encrypted),
      erasesInBegin: beginSize,
      blocks: stub ? new AdaptiveBlocks(image, packed, blockBytes) : new CompressedBlocks(packed, blockBytes),
    };
  }
  const blockCount = Math.ceil(size / blockBytes);
  const eraseSize = !stub && chip.name === 'ESP8266' ? esp8266EraseSize(offset, size) : size;
  return {
    beginOp: OP.flashBegin,
    endOp: OP.flashEnd,
    begin: words(eraseSize, blockCount, blockBytes, offset, ...encrypted),
    erasesInBegin: size,
    blocks: new RawBlocks(region.bytes, { blockBytes, padTo: stub ? 4 : blockBytes }),
  };
}

const alignedCopies = new WeakMap<Uint8Array, Uint8Array>();
/** The region filled up to words; the copy is kept so that all units share one compressed stream. */
function wholeWords(bytes: Uint8Array): Uint8Array {
  const known = alignedCopies.get(bytes);
  if (known != null) return known;
  const aligned = padded(bytes, 4);
  if (aligned !== bytes) alignedCopies.set(bytes, aligned);
  return aligned;
}

/** BEGIN starts afresh, so it may be repeated: the first answer may be a leftover error of what was cancelled. */
async function begin({ talk }: LoaderContext, plan: WirePlan, timeoutMs: number): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await talk.command(plan.beginOp, plan.begin, { timeoutMs: Math.max(timeoutMs, TIMEOUT.command) });
      return;
    } catch (error) {
      if (!isBenchError(error, 'LOADER_REFUSED', 'LOADER_UNSUPPORTED') || attempt === BEGIN_TRIES)
        throw error;
    }
  }
}

/** Waits until a stub has written what it acknowledged, and takes the error it may keep for the next command. */
async function settleStub(talk: Conversation): Promise<void> {
  try {
    await talk.readRegister(MAGIC_REGISTER);
  } catch (error) {
    if (!isBenchError(error, 'LOADER_REFUSED', 'LOADER_SILENT')) throw error;
  }
}

/** Notes in a refusal which block it is about. */
async function named<T>(block: number, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (error instanceof LoaderRefused) error.block = Math.max(block, 0);
    throw error;
  }
}

function reporter(region: Region, options: WriteRegionOptions): (done: number) => void {
  const sink: ProgressSink | undefined = options.onProgress;
  const label = options.label ?? `writing at 0x${region.offset.toString(16)}`;
  return (done) => sink?.({ label, done, total: region.bytes.length, unit: 'bytes' });
}

function writeFailed(error: LoaderRefused, region: Region): BenchError {
  return new BenchError('FLASH_WRITE_FAILED', {
    message: `The flash chip did not take block ${error.block ?? 0} of the region at 0x${region.offset.toString(16)}: ${error.message}`,
    detail: { offset: region.offset, block: error.block ?? 0, ...error.detail },
    cause: error,
  });
}

function givenUp(error: unknown, region: Region): unknown {
  if (!(error instanceof BlockDamaged)) return error;
  return new BenchError('BYTES_DAMAGED', {
    message: `A block of the region at 0x${region.offset.toString(16)} arrived damaged again and again: ${error.message}`,
    detail: { offset: region.offset },
    cause: error,
  });
}
