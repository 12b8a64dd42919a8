import { createHash } from 'node:crypto';
import { uint8ArrayToHex } from 'uint8array-extras';
import type { FrameStream } from './channel.ts';
import type { Conversation } from './conversation.ts';
import { OP } from './opcodes.ts';
import { words } from './packet.ts';
import { PacketPace } from './packet-pace.ts';
import { wireMs } from './timeouts.ts';

/** Largest packet the stub sends; a larger one is refused (esp-flasher-stub 1.1.0). */
const PACKET_BYTES = 0x1000;
/** Asked for as esptool does; the stub keeps one in flight whatever is asked. */
const IN_FLIGHT = 64;
const DIGEST_BYTES = 16;
/** Silence in mid-stream that counts as a lost packet or acknowledgement, ms beyond the wire time of a packet. */
const STALL_MS = 1_500;
/**
 * The acknowledgement of a packet leaves when this many ms of it are still on the wire, so that the latency of the
 * host does not show. The stub only counts acknowledgements, and reads them after it has sent the packet.
 */
const EARLY_ACK_MS = 2;
/**
 * The end of a packet is not slept through: from so many ms before it on bytes are taken as they come, so that the
 * acknowledgement leaves in time also where timers are late.
 */
const WAKE_MS = 30;

export type StreamResult =
  /** Everything came and its digest is right. */
  | { readonly kind: 'whole' }
  /** Packets of the right length came up to here; their content is not proved. */
  | { readonly kind: 'damaged'; readonly receivedBytes: number; readonly why: string }
  | { readonly kind: 'digest-mismatch' }
  | { readonly kind: 'stopped' };

export interface StreamOptions {
  readonly signal?: AbortSignal | undefined;
  onReceived?(bytes: number): void;
}

export interface StreamOutcome {
  readonly result: StreamResult;
  /** False when the stub did not come back to its commands: it must be found again. */
  readonly inStep: boolean;
}

/** One READ_FLASH into `target`. Throws what the command itself throws, and LINK_LOST. */
export async function readStream(
  talk: Conversation,
  offset: number,
  target: Uint8Array,
  options: StreamOptions,
): Promise<StreamOutcome> {
  await talk.command(OP.readFlash, words(offset, target.length, PACKET_BYTES, IN_FLIGHT));
  const stream = new ReadStream(talk, target, options);
  talk.channel.divert(stream);
  try {
    const result = await stream.result();
    const isOver = result.kind === 'whole' || result.kind === 'digest-mismatch';
    return { result, inStep: isOver || (await stream.abort()) };
  } finally {
    talk.channel.divert(undefined);
    talk.channel.dropFrames();
  }
}

class ReadStream implements FrameStream {
  readonly #talk: Conversation;
  readonly #target: Uint8Array;
  readonly #options: StreamOptions;
  readonly #hash = createHash('md5');
  readonly #stallMs: number;
  readonly #earlyBytes: number;
  readonly #wakeBytes: number;
  readonly #pace: PacketPace;
  readonly #settled = deferred<StreamResult>();
  readonly #returned = deferred<boolean>();
  #receivedBytes = 0;
  #isAcknowledged = false;
  #state: 'reading' | 'settled' | 'aborting' | 'over' = 'reading';
  #cancelStall = () => {};

  constructor(talk: Conversation, target: Uint8Array, options: StreamOptions) {
    this.#talk = talk;
    this.#target = target;
    this.#options = options;
    const { baudRate } = talk.port;
    this.#stallMs = STALL_MS + wireMs(PACKET_BYTES * 2, baudRate);
    this.#earlyBytes = Math.min(Math.floor((EARLY_ACK_MS * baudRate) / 10_000), PACKET_BYTES / 8);
    this.#wakeBytes = Math.ceil((WAKE_MS * baudRate) / 10_000);
    this.#pace = new PacketPace(talk.clock, wireMs(1, baudRate));
    this.#armStall();
  }

  result(): Promise<StreamResult> {
    return this.#settled.promise;
  }

  /** Ends a stream that is not over: a frame of another length than 4 stops it, and its digest still comes. */
  abort(): Promise<boolean> {
    this.#state = 'aborting';
    this.#cancelStall = this.#talk.clock.after(this.#stallMs, () => this.#over(false));
    this.#talk.channel.post(Uint8Array.of(0));
    return this.#returned.promise;
  }

  pending(decodedBytes: number): void {
    if (this.#state !== 'reading' || this.#options.signal?.aborted === true) return;
    this.#pace.chunkCame();
    if (this.#isAcknowledged) return this.#restUntilNeeded(decodedBytes);
    const expected = this.#expected();
    if (expected > this.#earlyBytes * 2 && decodedBytes >= expected - this.#earlyBytes)
      this.#acknowledge(expected);
    this.#restUntilNeeded(decodedBytes);
  }

  /** Until the next packet to be acknowledged is all but whole nothing is to be done. */
  #restUntilNeeded(decodedBytes: number): void {
    const missingBytes = this.#expected() - decodedBytes;
    const afterThis = this.#target.length - this.#receivedBytes - this.#expected();
    const neededBytes = this.#isAcknowledged
      ? missingBytes + Math.min(PACKET_BYTES, afterThis)
      : missingBytes;
    const isLast = this.#isAcknowledged && afterThis === 0;
    if (isLast || neededBytes <= this.#wakeBytes) return;
    const restMs = this.#pace.restMs(neededBytes - this.#wakeBytes);
    if (restMs == null) return;
    this.#talk.port.rest?.(restMs);
    this.#pace.rested();
  }

  frame(payload: Uint8Array): void {
    if (this.#state === 'aborting') {
      if (payload.length === DIGEST_BYTES) this.#over(true);
      return;
    }
    if (this.#state !== 'reading') return;
    const expected = this.#expected();
    if (expected === 0) return this.#onDigest(payload);
    if (payload.length !== expected)
      return this.#settle({
        kind: 'damaged',
        receivedBytes: this.#receivedBytes,
        why: `a packet of ${payload.length} bytes came instead of ${expected}`,
      });
    const isStopped = this.#options.signal?.aborted === true;
    if (!isStopped && !this.#isAcknowledged) {
      this.#acknowledge(expected);
      this.#pace.wasLate();
    }
    this.#pace.packetCame(expected);
    this.#target.set(payload, this.#receivedBytes);
    this.#receivedBytes += expected;
    if (isStopped) return this.#settle({ kind: 'stopped' });
    this.#isAcknowledged = false;
    this.#armStall();
    this.#hash.update(payload);
    this.#options.onReceived?.(this.#receivedBytes);
  }

  lost(error: Error): void {
    this.#cancelStall();
    this.#state = 'over';
    this.#settled.reject(error);
    this.#returned.reject(error);
  }

  #expected(): number {
    return Math.min(PACKET_BYTES, this.#target.length - this.#receivedBytes);
  }

  #acknowledge(packetBytes: number): void {
    this.#isAcknowledged = true;
    this.#talk.channel.post(words(this.#receivedBytes + packetBytes));
  }

  #onDigest(payload: Uint8Array): void {
    if (payload.length !== DIGEST_BYTES) {
      const why = `a frame of ${payload.length} bytes came instead of the digest`;
      return this.#settle({ kind: 'damaged', receivedBytes: this.#receivedBytes, why });
    }
    const isRight = uint8ArrayToHex(payload) === this.#hash.digest('hex');
    this.#settle({ kind: isRight ? 'whole' : 'digest-mismatch' });
  }

  #armStall(): void {
    this.#cancelStall();
    this.#cancelStall = this.#talk.clock.after(this.#stallMs, () =>
      this.#settle({ kind: 'damaged', receivedBytes: this.#receivedBytes, why: 'the stream stopped' }),
    );
  }

  #settle(result: StreamResult): void {
    this.#cancelStall();
    this.#state = 'settled';
    this.#settled.resolve(result);
  }

  #over(inStep: boolean): void {
    this.#cancelStall();
    this.#state = 'over';
    this.#returned.resolve(inStep);
  }
}

interface Deferred<T> {
  readonly promise: Promise<T>;
  resolve(value: T): void;
  reject(error: Error): void;
}

function deferred<T>(): Deferred<T> {
  let settle!: Pick<Deferred<T>, 'resolve' | 'reject'>;
  const promise = new Promise<T>((resolve, reject) => (settle = { resolve, reject }));
  // A loss of the link rejects every promise of a stream, and only one of them is being awaited.
  promise.catch(() => {});
  return { promise, ...settle };
}
