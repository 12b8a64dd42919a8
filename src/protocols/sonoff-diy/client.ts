import type { Clock } from '../../core/clock.ts';
import { BenchError } from '../../core/errors.ts';
import { CodecError } from '../../core/codec-error.ts';
import type { Network } from '../../drivers/http/port.ts';
import { ask, quoted, type PlugPeer } from '../plugs/talk.ts';
import { callPath, decodeInfo, decodeReply, encodeCall, type SonoffCall, type SonoffInfo } from './codec.ts';
import { callError } from './errors.ts';

export interface SonoffPeer extends PlugPeer {
  readonly network: Pick<Network, 'request'>;
  readonly clock: Clock;
}

/**
 * The chip is too slow for calls that follow one another within 200 ms (DIY protocol 1.4): what comes too early is not
 * answered. Counted from an answer, with room for timers that go off early and for what the network squeezes together.
 */
const BETWEEN_CALLS_MS = 250;
/** The unlock goes to the vendor and back, ms. */
const UNLOCK_LIMIT_MS = 30_000;

interface CallLimits {
  readonly silenceLimitMs?: number;
  /** In place of that of the conversation. */
  readonly signal?: AbortSignal;
}

/** The calls of one unit in DIY mode, one after another and never too fast for it. */
export class SonoffDiy {
  readonly #peer: SonoffPeer;
  #turn: Promise<unknown> = Promise.resolve();
  #readyMs = -Infinity;

  constructor(peer: SonoffPeer) {
    this.#peer = peer;
  }

  /** Throws SONOFF_REFUSED, SONOFF_NOT_DIY, PLUG_BAD_ANSWER, and what the network throws. */
  async info(signal = this.#peer.signal): Promise<SonoffInfo> {
    return decodeInfo(await this.#call('info', {}, { signal }));
  }

  /** As it hears its access point, dBm; 1.4 says it here only. Undefined where it does not say it. */
  async signalDbm(): Promise<number | undefined> {
    return decodeInfo(await this.#call('signal_strength', {})).signalDbm;
  }

  /** Asks the vendor, over the internet. Throws SONOFF_UNLOCK_REFUSED, SONOFF_UNLOCK_OFFLINE, and as `info`. */
  async unlock(): Promise<void> {
    await this.#call('ota_unlock', {}, { silenceLimitMs: UNLOCK_LIMIT_MS });
  }

  /**
   * Orders the download. Some units answer when it begins, others when it is over: `limitMs` is the longest silence.
   * An answer of 0 says that the order was taken, and nothing of how it ends. Throws the SONOFF_* codes of `ota_flash`,
   * and as `info`.
   */
  async flash(
    order: { readonly url: string; readonly sha256: string },
    { limitMs, signal }: { readonly limitMs: number; readonly signal: AbortSignal },
  ): Promise<void> {
    // In capitals the hash is found wrong (itead/Sonoff_Devices_DIY_Tools#102).
    const data = { downloadUrl: order.url, sha256sum: order.sha256.toLowerCase() };
    await this.#call('ota_flash', data, { silenceLimitMs: limitMs, signal });
  }

  /** The data of a reply without error. */
  async #call(
    call: SonoffCall,
    data: Readonly<Record<string, unknown>>,
    more: CallLimits = {},
  ): Promise<Readonly<Record<string, unknown>>> {
    const before = this.#turn;
    let done!: () => void;
    this.#turn = new Promise<void>((resolve) => (done = resolve));
    try {
      await before;
      return await this.#now(call, data, more);
    } finally {
      this.#readyMs = this.#peer.clock.monotonicMs() + BETWEEN_CALLS_MS;
      done();
    }
  }

  async #now(
    call: SonoffCall,
    data: Readonly<Record<string, unknown>>,
    { silenceLimitMs, signal = this.#peer.signal }: CallLimits,
  ): Promise<Readonly<Record<string, unknown>>> {
    const { clock } = this.#peer;
    const waitMs = this.#readyMs - clock.monotonicMs();
    if (waitMs > 0) await clock.sleep(waitMs, signal);
    const answer = await ask(
      { ...this.#peer, signal },
      {
        method: 'POST',
        path: callPath(call),
        headers: { 'Content-Type': 'application/json' },
        body: encodeCall(data),
        ...(silenceLimitMs !== undefined && { silenceLimitMs }),
      },
    );
    let reply;
    try {
      reply = decodeReply(answer.text());
    } catch (cause) {
      if (!(cause instanceof CodecError)) throw cause;
      throw new BenchError('PLUG_BAD_ANSWER', {
        message: `${call} was answered with ${answer.status}, and not as a Sonoff in DIY mode does: ${quoted(answer)}`,
        detail: { status: answer.status },
        cause,
      });
    }
    if (reply.error !== 0) throw callError(call, reply.error);
    return reply.data;
  }
}
