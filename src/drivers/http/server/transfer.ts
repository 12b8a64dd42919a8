import type { Socket } from 'node:net';
import type { Acknowledged } from './acknowledged.ts';
import type { ServedPart } from './answers.ts';
import type { Intake } from './intake.ts';
import type { SentBytes } from './sent-bytes.ts';

/** One TCP segment of Ethernet and Wi-Fi: no client gets more at once over the air. */
const PIECE_BYTES = 1_460;
/** Two segments. */
const BURST_BYTES = 2 * PIECE_BYTES;

export interface TransferContext {
  readonly socket: Socket;
  readonly sent: SentBytes;
  readonly intake: Intake;
  readonly acknowledged: Acknowledged;
  /** No further request is answered on this connection. */
  readonly isLast: boolean;
  /**
   * The intermediate firmware of a takeover writes wrongly what comes in pieces over 4096 bytes. Over the air none do;
   * on this computer (virtual units) two pieces, 2920 bytes, then follow only when everything before them was read.
   */
  readonly smallPieces: boolean;
  /** This many bytes of the part are acknowledged now, more than before. */
  readonly onAcknowledged: (bytes: number) => void;
}

/**
 * Sends a part of a file behind the head of its answer. Resolves when the last byte is acknowledged, as far as that can
 * be known here: see `Acknowledged`. Rejects when the connection is gone; it never gives up by itself.
 */
export async function sendPart(head: Uint8Array, part: ServedPart, context: TransferContext): Promise<void> {
  const { socket, sent, acknowledged } = context;
  const { content } = part.file;
  const { start, end } = part.range;
  const bodyAt = sent.handed + head.length;
  let onMore = () => {};
  let told = 0;
  const tell = () => {
    const bytes = Math.min(end - start, sent.acknowledged - bodyAt);
    if (bytes <= told) return;
    told = bytes;
    context.onAcknowledged(bytes);
  };
  const unwatch = acknowledged.watch(sent, () => {
    tell();
    onMore();
  });
  try {
    await sent.write(head);
    for (let at = start; at < end; at += PIECE_BYTES) {
      if (context.smallPieces && (at - start) % BURST_BYTES === 0) await acknowledged.untilRead(socket, 0);
      await sent.write(content.subarray(at, Math.min(at + PIECE_BYTES, end)));
    }
    await untilAcknowledged(context, (listener) => (onMore = listener));
  } finally {
    unwatch();
    tell();
  }
}

/**
 * By the kernel's word. Where another request may follow, one that comes now answers the body (one sent ahead does not);
 * where none may, what the peer sends says nothing.
 */
async function untilAcknowledged(
  { socket, sent, intake, acknowledged, isLast }: TransferContext,
  onMore: (listener: () => void) => void,
): Promise<void> {
  const hadAhead = intake.hasAhead;
  const endedBefore = intake.hasEnded;
  // The end that we send comes behind the last byte. Where the kernel tells, it waits for that byte nevertheless.
  const endsNow = isLast && !acknowledged.isMeasured;
  if (endsNow) socket.end();
  await new Promise<void>((resolve, reject) => {
    const settle = () => {
      if (sent.allAcknowledged) resolve();
      else if (socket.destroyed) reject(new Error('the peer closed the connection'));
      else return;
      onMore(() => {});
      intake.onHeard = () => {};
    };
    onMore(settle);
    intake.onHeard = () => {
      if (intake.hasEnded) acknowledged.soon();
      const hasAsked = !isLast && !hadAhead && intake.hasAhead;
      const hasAnsweredEnd = endsNow && !endedBefore && intake.hasEnded && !socket.errored;
      if (hasAsked || hasAnsweredEnd) sent.proved();
      settle();
    };
    if (isLast) acknowledged.soon();
    settle();
  });
}
