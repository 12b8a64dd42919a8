import { abortReason } from '../../core/abort.ts';
import { BenchError } from '../../core/errors.ts';
import type { Inbox } from './inbox.ts';
import { block, BLOCK_BYTES, CONTROL, headerBlock, lastBlock } from './ymodem-packet.ts';

/** The receiver asks with `C` every 2 s. */
const START_MS = 15_000;
/** A block of 1 KiB takes 90 ms at 115200; over a network it may take longer. */
const ANSWER_MS = 5_000;
const TRIES = 10;
const CANCEL = new Uint8Array(5).fill(CONTROL.CAN);

export interface YmodemOptions {
  readonly signal?: AbortSignal | undefined;
  /** Bytes that the receiver has acknowledged. */
  readonly onBytes?: (bytes: number) => void;
}

type Answer = 'ack' | 'nak' | 'ask' | 'cancelled' | undefined;

/**
 * Sends one file to a YMODEM receiver that was just started. Whatever goes wrong, it ends the receiver with CAN before
 * it throws UPLOAD_FAILED or the reason of the signal, so that the prompt comes back.
 */
export async function sendYmodem(
  inbox: Inbox,
  name: string,
  content: Uint8Array,
  options: YmodemOptions = {},
): Promise<void> {
  try {
    await new Sender(inbox, options).send(name, content);
  } catch (error) {
    // A link that is gone takes no CAN either; what was thrown first says more.
    await inbox.port.write(CANCEL).catch(() => {});
    throw error;
  }
}

class Sender {
  readonly #inbox: Inbox;
  readonly #options: YmodemOptions;

  constructor(inbox: Inbox, options: YmodemOptions) {
    this.#inbox = inbox;
    this.#options = options;
  }

  async send(name: string, content: Uint8Array): Promise<void> {
    if ((await this.#answer(START_MS, ['ask'])) !== 'ask')
      throw new BenchError('UPLOAD_FAILED', { message: 'U-Boot did not ask for the file.' });
    await this.#deliver(headerBlock(name, content.length));
    // Some receivers ask once more, some take the first block at once.
    await this.#answer(START_AGAIN_MS, ['ask']);
    for (let at = 0, number = 1; at < content.length; at += BLOCK_BYTES, number++) {
      const piece = content.subarray(at, at + BLOCK_BYTES);
      await this.#deliver(block(number, piece));
      this.#options.onBytes?.(at + piece.length);
    }
    await this.#deliver(Uint8Array.of(CONTROL.EOT));
    // What asks for another file gets none; one that asks for nothing has ended by itself.
    if ((await this.#answer(START_AGAIN_MS, ['ask'])) === 'ask') await this.#deliver(lastBlock());
  }

  /**
   * Sends until it is acknowledged. U-Boot 2013.07 refuses a block with `C`, not NAK, as long as it counts in CRCs
   * (common/xyzModem.c).
   */
  async #deliver(packet: Uint8Array): Promise<void> {
    for (let attempt = 0; attempt < TRIES; attempt++) {
      const { signal } = this.#options;
      if (signal?.aborted === true) throw abortReason(signal);
      this.#inbox.clear();
      await this.#inbox.port.write(packet);
      const answer = await this.#answer(ANSWER_MS, ['ack', 'nak', 'ask', 'cancelled']);
      if (answer === 'ack') return;
      if (answer === 'cancelled')
        throw new BenchError('UPLOAD_FAILED', { message: 'U-Boot cancelled the upload.' });
    }
    throw new BenchError('UPLOAD_FAILED', { message: `A block was not taken in ${TRIES} tries.` });
  }

  /** The first answer of these kinds; other bytes are passed over. */
  async #answer(ms: number, kinds: readonly Exclude<Answer, undefined>[]): Promise<Answer> {
    return this.#inbox.wait(
      (text) => {
        for (let at = 0; at < text.length; at++) {
          const answer = meaning(text, at);
          if (answer === undefined || !kinds.includes(answer)) continue;
          this.#inbox.take(at + 1);
          return answer;
        }
        return undefined;
      },
      { quietMs: ms, limitMs: ms, signal: this.#options.signal },
    );
  }
}

/** How long a receiver is given to ask once more. */
const START_AGAIN_MS = 300;

function meaning(text: string, at: number): Answer {
  switch (text.charCodeAt(at)) {
    case CONTROL.ACK:
      return 'ack';
    case CONTROL.NAK:
      return 'nak';
    case CONTROL.C:
      return 'ask';
    case CONTROL.CAN:
      // One alone may be noise.
      return text.charCodeAt(at + 1) === CONTROL.CAN ? 'cancelled' : undefined;
    default:
      return undefined;
  }
}
