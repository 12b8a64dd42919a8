import { isBenchError } from '../../core/errors.ts';
import type { StubImage } from './chips/chip.ts';
import type { Conversation } from './conversation.ts';
import { LoaderRefused } from './loader-errors.ts';
import { OP } from './opcodes.ts';
import { encodeDataBlock, encodeRequest, words } from './packet.ts';
import { TIMEOUT } from './timeouts.ts';

const MEM_BLOCK_BYTES = 0x1800;
/** `OHAI`: the only frame a stub sends unasked. */
const GREETING = Uint8Array.of(0x4f, 0x48, 0x41, 0x49);
const BLOCK_TRIES = 3;

/** Uploads and starts a stub from the ROM; false when its greeting never came. Throws what the upload throws. */
export async function uploadStub(talk: Conversation, stub: StubImage): Promise<boolean> {
  await uploadSegment(talk, stub.text, stub.textStart);
  if (stub.data.length > 0) await uploadSegment(talk, stub.data, stub.dataStart);
  const { channel } = talk;
  channel.dropFrames();
  const sending = channel.send(encodeRequest(OP.memEnd, words(0, stub.entry)));
  sending.catch(() => {});
  // The ROM's own reply may be lost; only the greeting counts, and it may come first or last.
  const giveUpAt = talk.clock.monotonicMs() + TIMEOUT.stubGreeting;
  for (;;) {
    const leftMs = giveUpAt - talk.clock.monotonicMs();
    const frame = leftMs <= 0 ? undefined : await channel.nextFrame(leftMs, { after: sending });
    if (frame == null) return false;
    if (isGreeting(frame)) break;
  }
  talk.mode = 'stub';
  return true;
}

const isGreeting = (frame: Uint8Array): boolean =>
  frame.length === GREETING.length && GREETING.every((byte, index) => frame[index] === byte);

async function uploadSegment(talk: Conversation, bytes: Uint8Array, address: number): Promise<void> {
  const blocks = Math.ceil(bytes.length / MEM_BLOCK_BYTES);
  await talk.command(OP.memBegin, words(bytes.length, blocks, MEM_BLOCK_BYTES, address));
  for (let block = 0; block < blocks; block++) {
    const payload = bytes.subarray(block * MEM_BLOCK_BYTES, (block + 1) * MEM_BLOCK_BYTES);
    const packet = encodeDataBlock(OP.memData, block, payload);
    for (let attempt = 1; ; attempt++) {
      try {
        talk.read(await talk.exchange(OP.memData, packet), 0);
        break;
      } catch (error) {
        const rejected = error instanceof LoaderRefused && error.wasRejectedUnread;
        if (!rejected || attempt === BLOCK_TRIES) throw error;
      }
    }
  }
}

/** Errors of an upload after which the ROM may still be there to work without a stub. */
export const isUploadFailure = (error: unknown): boolean =>
  error instanceof LoaderRefused || isBenchError(error, 'LOADER_SILENT', 'LOADER_UNSUPPORTED');
