import type { Clock } from '../../core/clock.ts';
import { deviceText } from '../../core/text.ts';
import type { SerialPort } from '../../drivers/serial/port.ts';
import { encodeFrame, FrameDecoder } from './slip.ts';

/** Noise kept for diagnosis, bytes. */
const NOISE_LIMIT = 4096;
/** Frames kept that nobody waits for: more than two storms of eight replies. */
const QUEUE_LIMIT = 64;

interface Waiter {
  resolve(frame: Uint8Array | undefined): void;
  reject(error: Error): void;
}

/** Takes frames the moment they are decoded, in the data handler itself. */
export interface FrameStream {
  frame(payload: Uint8Array): void;
  /** After each chunk: decoded bytes of the frame under way, 0 between frames. */
  pending?(decodedBytes: number): void;
  lost(error: Error): void;
}

/** SLIP frames in both directions over one serial port, with one reader at a time. */
export class LoaderChannel {
  readonly port: SerialPort;
  readonly clock: Clock;
  readonly #decoder: FrameDecoder;
  readonly #frames: Uint8Array[] = [];
  readonly #unsubscribe: readonly (() => void)[];
  #noise: Uint8Array[] = [];
  #noiseBytes = 0;
  #waiter: Waiter | undefined;
  #stream: FrameStream | undefined;
  #lost: Error | undefined;

  constructor(port: SerialPort, clock: Clock) {
    this.port = port;
    this.clock = clock;
    this.#decoder = new FrameDecoder({
      frame: (payload) => this.#onFrame(payload),
      noise: (bytes) => this.#onNoise(bytes),
    });
    this.#unsubscribe = [
      port.onData((bytes) => {
        this.#decoder.push(bytes);
        this.#stream?.pending?.(this.#decoder.pendingBytes);
      }),
      port.onLost((error) => this.#onLost(error)),
    ];
  }

  /** Resolves once the bytes left the host. `flip` puts one more delimiter in front: see `sync.ts`. */
  send(payload: Uint8Array, flip = false): Promise<void> {
    const frame = encodeFrame(payload);
    if (!flip) return this.port.write(frame);
    const flipped = new Uint8Array(frame.length + 1);
    flipped[0] = frame[0]!;
    flipped.set(frame, 1);
    return this.port.write(flipped);
  }

  /**
   * Sends one frame and calls nobody back: for acknowledgements out of a data handler. A failed write shows as
   * the loss of the link or as silence.
   */
  post(payload: Uint8Array): void {
    this.port.write(encodeFrame(payload)).catch((error: unknown) => {
      this.#stream?.lost(error instanceof Error ? error : new Error(String(error)));
    });
  }

  /**
   * The next frame, or undefined after `timeoutMs`, counted from the moment `after` (a request being sent) has
   * resolved: a reply may come before the driver calls the request drained. Rejects when the link is lost, `after`
   * rejects or `signal` aborts.
   */
  nextFrame(
    timeoutMs: number,
    { signal, after }: { readonly signal?: AbortSignal; readonly after?: Promise<void> } = {},
  ): Promise<Uint8Array | undefined> {
    if (this.#waiter != null) throw new Error('two readers on one loader channel');
    const queued = this.#frames.shift();
    if (queued != null) return Promise.resolve(queued);
    if (this.#lost != null) return Promise.reject(this.#lost);
    if (signal?.aborted === true) return Promise.reject(signal.reason as Error);
    return new Promise((resolve, reject) => {
      let cancelTimer = () => {};
      const settle = (act: () => void) => {
        if (this.#waiter !== waiter) return;
        this.#waiter = undefined;
        cancelTimer();
        signal?.removeEventListener('abort', onAbort);
        act();
      };
      const waiter: Waiter = {
        resolve: (frame) => settle(() => resolve(frame)),
        reject: (error) => settle(() => reject(error)),
      };
      const onAbort = () => waiter.reject(signal?.reason as Error);
      const startTimer = () => {
        if (this.#waiter === waiter)
          cancelTimer = this.clock.after(timeoutMs, () => waiter.resolve(undefined));
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#waiter = waiter;
      if (after == null) startTimer();
      else after.then(startTimer, (error: Error) => waiter.reject(error));
    });
  }

  /** All frames, those already waiting first, go to `stream` until it is taken away with undefined. */
  divert(stream: FrameStream | undefined): void {
    this.#stream = stream;
    if (stream == null) return;
    for (const frame of this.#frames.splice(0)) stream.frame(frame);
    if (this.#lost != null) stream.lost(this.#lost);
  }

  /** Drops frames that nobody asked for: late or repeated replies. */
  dropFrames(): void {
    this.#frames.length = 0;
  }

  /** Drops all input, half frames and what the driver holds included. */
  async flush(): Promise<void> {
    await this.port.flushInput();
    this.#frames.length = 0;
    this.#decoder.reset();
  }

  /** Text heard outside frames since the last call, safe to show. */
  takeNoise(): string {
    const bytes = new Uint8Array(this.#noiseBytes);
    let at = 0;
    for (const chunk of this.#noise) {
      bytes.set(chunk, at);
      at += chunk.length;
    }
    this.#noise = [];
    this.#noiseBytes = 0;
    return deviceText(bytes).trim();
  }

  close(): void {
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
  }

  #onFrame(payload: Uint8Array): void {
    if (this.#stream != null) this.#stream.frame(payload);
    else if (this.#waiter != null) this.#waiter.resolve(payload);
    else {
      if (this.#frames.length >= QUEUE_LIMIT) this.#frames.shift();
      this.#frames.push(payload);
    }
  }

  #onNoise(bytes: Uint8Array): void {
    this.#noise.push(bytes.slice(-NOISE_LIMIT));
    this.#noiseBytes += Math.min(bytes.length, NOISE_LIMIT);
    while (this.#noise.length > 1 && this.#noiseBytes - this.#noise[0]!.length >= NOISE_LIMIT)
      this.#noiseBytes -= this.#noise.shift()!.length;
  }

  #onLost(error: Error): void {
    this.#lost = error;
    this.#waiter?.reject(error);
    this.#stream?.lost(error);
  }
}
