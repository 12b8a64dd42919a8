import type { Clock } from '../../core/clock.ts';
import { isBenchError } from '../../core/errors.ts';
import type { SerialPort } from '../../drivers/serial/port.ts';
import { LoaderChannel } from './channel.ts';
import { loaderSilent, LoaderRefused, loaderUnsupported } from './loader-errors.ts';
import { OP } from './opcodes.ts';
import { decodeResponse, encodeRequest, parseStatus, words, type Response } from './packet.ts';
import { ROM_REASON } from './reasons.ts';
import { TIMEOUT } from './timeouts.ts';
import type { LoaderMode } from './types.ts';

/** Foreign frames skipped before a command counts as unanswered (esptool's number). */
const MAX_FOREIGN_FRAMES = 100;
/** Status bytes of an ESP32 ROM; a longer body begins with data. */
const MAX_STATUS_BYTES = 4;

export interface CommandOptions {
  /** Counted from the moment the request has left the host. */
  readonly timeoutMs?: number;
  /** Bytes of reply data before the status bytes. */
  readonly replyBytes?: number;
}

export interface Reply {
  readonly value: number;
  readonly data: Uint8Array;
}

/** Requests and replies with whoever listens: the ROM or a stub. One command at a time. */
export class Conversation {
  readonly channel: LoaderChannel;
  mode: LoaderMode = 'rom';

  constructor(port: SerialPort, clock: Clock) {
    this.channel = new LoaderChannel(port, clock);
  }

  get port(): SerialPort {
    return this.channel.port;
  }

  get clock(): Clock {
    return this.channel.clock;
  }

  /** Throws LOADER_SILENT, LOADER_UNSUPPORTED, LINK_LOST, or LoaderRefused with what the loader said. */
  async command(op: number, data?: Uint8Array, options: CommandOptions = {}): Promise<Reply> {
    const response = await this.exchange(op, encodeRequest(op, data), options.timeoutMs);
    return this.read(response, options.replyBytes ?? 0);
  }

  /**
   * Sends a whole packet and returns the reply with the same op, its status not looked at. What a ROM calls
   * malformed or unknown is sent once more: it says so of any packet with one damaged bit, and executes none of them.
   */
  async exchange(op: number, packet: Uint8Array, timeoutMs: number = TIMEOUT.command): Promise<Response> {
    const first = await this.#ask(op, packet, timeoutMs);
    if (!this.#isUnsupported(first)) return first;
    await this.drain();
    const second = await this.#ask(op, packet, timeoutMs);
    if (second.op === op) return second;
    await this.drain();
    throw loaderUnsupported(op);
  }

  /** The first reply with this op, or a ROM's "unsupported" with whatever op. */
  async #ask(op: number, packet: Uint8Array, timeoutMs: number): Promise<Response> {
    const { channel } = this;
    channel.dropFrames();
    const sending = channel.send(packet);
    // The wait below sees a failed write too; this only keeps a late failure from going unhandled.
    sending.catch(() => {});
    for (let patience = MAX_FOREIGN_FRAMES; patience > 0; patience--) {
      const frame = await channel.nextFrame(timeoutMs, { after: sending });
      if (frame == null) break;
      const response = decodeResponse(frame);
      if (response == null || response.body.length < 2) continue;
      if (response.op === op || this.#isUnsupported(response)) return response;
    }
    throw loaderSilent(op, timeoutMs, channel.takeNoise());
  }

  /** Judges the status bytes of a reply. */
  read(response: Response, dataBytes: number): Reply {
    const { status, reason, data } = parseStatus(response.body, dataBytes);
    if (status !== 0) throw new LoaderRefused(response.op, this.mode, status, reason);
    return { value: response.value, data };
  }

  async readRegister(address: number, timeoutMs?: number): Promise<number> {
    const options = timeoutMs == null ? {} : { timeoutMs };
    return (await this.command(OP.readReg, words(address), options)).value;
  }

  async writeRegister(address: number, value: number, mask = 0xffff_ffff, delayUs = 0): Promise<void> {
    await this.command(OP.writeReg, words(address, value, mask, delayUs));
  }

  /** Like `command`, but undefined where this loader does not know the command. */
  async tryCommand(op: number, data?: Uint8Array, options?: CommandOptions): Promise<Reply | undefined> {
    try {
      return await this.command(op, data, options);
    } catch (error) {
      if (isBenchError(error, 'LOADER_UNSUPPORTED')) return undefined;
      if (!(error instanceof LoaderRefused) || !error.isUnsupported) throw error;
      if (this.mode === 'rom') await this.drain();
      return undefined;
    }
  }

  /** Waits for the rest of the eight-fold "unsupported" of a ROM and drops it. */
  async drain(): Promise<void> {
    await this.clock.sleep(TIMEOUT.unsupportedStorm);
    await this.channel.flush();
  }

  /** A ROM says "unsupported" up to eight times, and the op it echoes is that of its answer before. */
  #isUnsupported({ body }: Response): boolean {
    const holdsStatusOnly = body.length <= MAX_STATUS_BYTES;
    return this.mode === 'rom' && holdsStatusOnly && body[0] !== 0 && body[1] === ROM_REASON.formatInvalid;
  }
}
