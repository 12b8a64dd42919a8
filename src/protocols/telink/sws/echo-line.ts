import { BenchError } from '../../../core/errors.ts';
import { decodeReply, encodeEnd, encodeReadHeader, READ_TRIGGER, REPLY_CHARACTERS } from './codec.ts';
import { echoError } from './errors.ts';
import { encodeWrites, type SwsWrite } from './flash-commands.ts';
import type { SwsLine } from './line.ts';
import { TIMING } from './timings.ts';

/** Reads in a row that may bring nothing. A PL2303 loses characters now and then; four times in a row it does not. */
const READ_TRIES = 4;
/** A line that never gets quiet is not waited for without end. */
const MAX_SETTLING_ROUNDS = 50;

/** What one read brought. */
export interface ReadResult {
  /** Bytes up to the failure, if there was one. */
  readonly bytes: readonly number[];
  /** `silent`: nothing but our own trigger came back; `damaged`: characters were missing or no reply. */
  readonly failure?: 'silent' | 'damaged';
}

/** A byte, or why there is none; see ReadResult. */
export type Reply = number | 'silent' | 'damaged';

interface Waiter {
  readonly count: number;
  resolve(): void;
  reject(error: Error): void;
}

/** The line with RX on it: every character sent comes back and is compared, and the chip can answer. */
export class EchoLine {
  readonly line: SwsLine;
  readonly #unsubscribe: readonly (() => void)[];
  #heard: number[] = [];
  #waiter: Waiter | undefined;
  #lost: Error | undefined;

  constructor(line: SwsLine) {
    this.line = line;
    this.#unsubscribe = [
      line.port.onData((bytes) => {
        for (const byte of bytes) this.#heard.push(byte);
        if (this.#waiter != null && this.#heard.length >= this.#waiter.count) this.#waiter.resolve();
      }),
      line.port.onLost((error) => {
        this.#lost = error;
        this.#waiter?.reject(error);
      }),
    ];
  }

  /** Sends and takes the echo. Throws NO_ECHO, ECHO_GARBLED. */
  async exchange(characters: Uint8Array): Promise<void> {
    await this.line.send(characters);
    await this.#takeEcho(characters);
  }

  /**
   * Sends what ends in a read header and the first trigger behind it, without waiting for the echo in between: one
   * round trip instead of two. Throws NO_ECHO, ECHO_GARBLED.
   */
  async ask(characters: Uint8Array): Promise<Reply> {
    await Promise.all([this.line.send(characters), this.line.send(READ_TRIGGER)]);
    await this.#takeEcho(characters);
    return this.#takeReply();
  }

  async #takeEcho(characters: Uint8Array): Promise<void> {
    const echo = await this.#take(characters.length, this.line.untilSilentMs + TIMING.echoGrace);
    if (
      echo.length === characters.length &&
      echo.every((character, index) => character === characters[index])
    )
      return;
    await this.settle();
    throw echoError(characters, echo);
  }

  exchangeWrites(writes: readonly SwsWrite[]): Promise<void> {
    return this.exchange(encodeWrites(writes));
  }

  /** One reply, its trigger included. The read header must have gone before. */
  async fetch(limitMs?: number): Promise<Reply> {
    await this.line.send(READ_TRIGGER);
    return this.#takeReply(limitMs);
  }

  async #takeReply(limitMs: number = this.line.isFar ? TIMING.networkReply : TIMING.reply): Promise<Reply> {
    const reply = await this.#take(REPLY_CHARACTERS, this.line.untilSilentMs + limitMs);
    const value = decodeReply(reply);
    if (value != null) return value;
    return reply.length === 1 && reply[0] === READ_TRIGGER[0] ? 'silent' : 'damaged';
  }

  /** Replies to `count` triggers, up to the first that fails; then the line is quiet again. */
  async fetchAll(count: number): Promise<ReadResult> {
    const bytes: number[] = [];
    while (bytes.length < count) {
      const reply = await this.fetch();
      if (typeof reply !== 'number') {
        await this.settle();
        return { bytes, failure: reply };
      }
      bytes.push(reply);
    }
    return { bytes };
  }

  /** One read transaction; stops at the first reply that fails. */
  async read(address: number, count: number): Promise<ReadResult> {
    await this.exchange(encodeReadHeader(address));
    const result = await this.fetchAll(count);
    await this.exchange(encodeEnd());
    return result;
  }

  /** Registers whose reading changes nothing. Throws SWS_NO_ANSWER, SWS_READ_UNRELIABLE. */
  readRegisters(address: number, count: number): Promise<Uint8Array> {
    return readAll(count, (from) => this.read(address + from, count - from));
  }

  /** Waits until nothing more comes, and drops what did. */
  async settle(quietMs: number = this.line.isFar ? TIMING.networkQuiet : TIMING.quiet): Promise<void> {
    await this.line.pause(0);
    for (let round = 0; round < MAX_SETTLING_ROUNDS; round++) {
      this.#heard = [];
      if ((await this.#take(1, quietMs)).length === 0) return;
    }
  }

  close(): void {
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
  }

  /** The next `count` characters, or as many as came within `limitMs`. */
  async #take(count: number, limitMs: number): Promise<Uint8Array> {
    if (this.#lost != null) throw this.#lost;
    if (this.#heard.length < count)
      await new Promise<void>((resolve, reject) => {
        const settle = (act: () => void) => {
          cancelLimit();
          this.#waiter = undefined;
          act();
        };
        const cancelLimit = this.line.clock.after(limitMs, () => settle(resolve));
        this.#waiter = {
          count,
          resolve: () => settle(resolve),
          reject: (error) => settle(() => reject(error)),
        };
      });
    return Uint8Array.from(this.#heard.splice(0, count));
  }
}

/**
 * Reads `count` bytes by reads that may break off; each goes on where the last one ended. Throws SWS_NO_ANSWER when the
 * chip stays silent, SWS_READ_UNRELIABLE when its answers stay damaged.
 */
export async function readAll(
  count: number,
  read: (from: number) => Promise<ReadResult>,
): Promise<Uint8Array> {
  const bytes = new Uint8Array(count);
  let at = 0;
  let tries = 0;
  let damaged = false;
  while (at < count) {
    const result = await read(at);
    bytes.set(result.bytes, at);
    at += result.bytes.length;
    if (result.failure == null) continue;
    if (result.bytes.length > 0) {
      tries = 0;
      damaged = false;
    }
    damaged ||= result.failure === 'damaged';
    if (++tries >= READ_TRIES)
      throw new BenchError(damaged ? 'SWS_READ_UNRELIABLE' : 'SWS_NO_ANSWER', {
        detail: { bytesRead: at, bytesWanted: count },
      });
  }
  return bytes;
}
