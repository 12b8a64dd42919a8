import type { Network } from '../../src/drivers/http/port.ts';
import { LOG_PORT, parseLog, readSign, type HaaSign } from '../../src/protocols/haa/index.ts';
import type { RunContext } from '../flow.ts';

/** More lines of one unit than this say nothing new: they go into no log any more. */
const MAX_LOGGED = 2_000;

/** Hears what one unit broadcasts. Every line goes into the log of the run, signs are kept. */
export class LogEar {
  readonly #stop: () => void;
  #lines = 0;
  /** The last that told something; undefined while nothing was heard. */
  last: Exclude<HaaSign, { kind: 'bytes' }> | undefined;
  /** Of the file that it fetches now. */
  bytes = 0;
  /** The last that told of a failure, until HAA itself was installed: in between the installer goes round. */
  failed: string | undefined;
  /** HAA itself was installed, by its own word. */
  installed: Extract<HaaSign, { kind: 'installed' }> | undefined;
  /** HAA itself has started and said its version. */
  haa: { readonly version: string; readonly address: string } | undefined;
  /** Any line at all. */
  heard = false;

  private constructor(stop: () => void) {
    this.#stop = stop;
  }

  /** Throws UDP_PORT_BUSY. */
  static async open(run: RunContext, network: Network, last6: string): Promise<LogEar> {
    const found: { ear?: LogEar } = {};
    const stop = await network.listenUdp(LOG_PORT, (datagram) => {
      for (const line of parseLog(datagram))
        if (line.last6 === last6) found.ear?.note(run, line.text, line.address);
    });
    return (found.ear = new LogEar(stop));
  }

  note(run: RunContext, text: string, address: string): void {
    this.heard = true;
    const sign = readSign(text);
    if (sign?.kind === 'bytes') {
      this.bytes = sign.bytes;
      return;
    }
    if (text !== '' && this.#lines++ < MAX_LOGGED) run.log('device', text);
    if (sign == null) return;
    this.bytes = 0;
    this.last = sign;
    if (sign.kind === 'failed') this.failed = sign.what;
    if (sign.kind === 'installed' && sign.part === 'HAAMAIN') {
      this.failed = undefined;
      this.installed = sign;
    }
    if (sign.kind === 'haa') this.haa = { version: sign.version, address };
  }

  /** Idempotent. */
  close(): void {
    this.#stop();
  }
}

/** What the unit does now, for the screen. */
export function activity({ last, bytes }: LogEar): string {
  switch (last?.kind) {
    case undefined:
      return 'HAA: nothing heard yet, this is its way';
    case 'installer':
      return `HAA: installer ${last.version} is at work`;
    case 'fetching':
      return `HAA: fetching ${last.what}${bytes === 0 ? '' : `, ${bytes} bytes`}`;
    case 'installed':
      return `HAA: ${last.part} installed, it restarts`;
    case 'failed':
      return `HAA: ${last.what} failed, it tries again`;
    case 'haa':
      return `HAA ${last.version} has started`;
  }
}
