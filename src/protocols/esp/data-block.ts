import { isBenchError } from '../../core/errors.ts';
import type { Conversation } from './conversation.ts';
import { LoaderRefused } from './loader-errors.ts';
import { OP } from './opcodes.ts';
import { encodeDataBlock } from './packet.ts';
import { ROM_REASON } from './reasons.ts';
import { TIMEOUT } from './timeouts.ts';

/** Times one block is sent while the loader rejects it as damaged (esptool's number). */
const BLOCK_TRIES = 3;

/** A block was rejected for good: the stream has to start again. */
export class BlockDamaged extends Error {}

/** The inflater of a ROM lost a block: only a raw write brings this region further. */
export class StreamDamaged extends BlockDamaged {}

export interface DataBlock {
  readonly op: number;
  readonly sequence: number;
  readonly payload: Uint8Array;
  readonly timeoutMs?: number;
  /** See `ChipSpec.rom.countsDamagedBlocks`. */
  readonly countsDamaged: boolean;
}

/**
 * Sends one block, again while it is rejected unread, and returns the sequence number of the next. A wrong checksum
 * uses up the sequence number in an ESP32 ROM (rev 3, `ets Jul 29 2019`): the old number is refused for ever, the
 * next one is taken and lands in the right place. A damaged header uses up nothing. Throws BlockDamaged,
 * StreamDamaged, and what `Conversation.exchange` throws.
 */
export async function sendDataBlock(talk: Conversation, block: DataBlock): Promise<number> {
  let { sequence } = block;
  for (let attempt = 1; ; attempt++) {
    try {
      const packet = encodeDataBlock(block.op, sequence, block.payload);
      talk.read(await talk.exchange(block.op, packet, block.timeoutMs ?? TIMEOUT.command), 0);
      return sequence + 1;
    } catch (error) {
      if (!isRejectedUnread(error)) throw error;
      if (talk.mode === 'rom' && error instanceof LoaderRefused && error.reasonCode === ROM_REASON.checksum) {
        if (block.op === OP.flashDeflData) throw new StreamDamaged(error.message, { cause: error });
        if (!block.countsDamaged) throw new BlockDamaged(error.message, { cause: error });
        sequence++;
      }
      if (attempt === BLOCK_TRIES) throw new BlockDamaged(error.message, { cause: error });
    }
  }
}

/** A ROM calls a damaged packet an unknown command: data blocks it does know. */
function isRejectedUnread(error: unknown): error is Error {
  return error instanceof LoaderRefused ? error.wasRejectedUnread : isBenchError(error, 'LOADER_UNSUPPORTED');
}
