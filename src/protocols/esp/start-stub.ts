import { isBenchError } from '../../core/errors.ts';
import type { ChipSpec, StubImage } from './chips/chip.ts';
import type { Conversation } from './conversation.ts';
import { BlockDamaged, sendDataBlock } from './data-block.ts';
import { LoaderRefused } from './loader-errors.ts';
import { OP } from './opcodes.ts';
import { encodeRequest, words } from './packet.ts';
import { TIMEOUT } from './timeouts.ts';

const MEM_BLOCK_BYTES = 0x1800;
/** `OHAI`: the only frame a stub sends unasked. */
const GREETING = Uint8Array.of(0x4f, 0x48, 0x41, 0x49);

/** Uploads and starts a stub from the ROM; false when its greeting never came. Throws what the upload throws. */
export async function uploadStub(talk: Conversation, chip: ChipSpec, stub: StubImage): Promise<boolean> {
  await uploadSegment(talk, chip, stub.text, stub.textStart);
  if (stub.data.length > 0) await uploadSegment(talk, chip, stub.data, stub.dataStart);
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

async function uploadSegment(
  talk: Conversation,
  chip: ChipSpec,
  bytes: Uint8Array,
  address: number,
): Promise<void> {
  const blocks = Math.ceil(bytes.length / MEM_BLOCK_BYTES);
  const { countsDamagedBlocks: countsDamaged } = chip.rom;
  await talk.command(OP.memBegin, words(bytes.length, blocks, MEM_BLOCK_BYTES, address));
  let sequence = 0;
  for (let at = 0; at < bytes.length; at += MEM_BLOCK_BYTES) {
    const payload = bytes.subarray(at, at + MEM_BLOCK_BYTES);
    sequence = await sendDataBlock(talk, { op: OP.memData, sequence, payload, countsDamaged });
  }
}

/** Errors of an upload after which the ROM may still be there to work without a stub. */
export const isUploadFailure = (error: unknown): boolean =>
  error instanceof LoaderRefused ||
  error instanceof BlockDamaged ||
  isBenchError(error, 'LOADER_SILENT', 'LOADER_UNSUPPORTED');
