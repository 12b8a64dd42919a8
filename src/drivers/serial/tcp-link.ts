import { connect, type OnReadOpts, type Socket } from 'node:net';
import type { Clock } from '../../core/clock.ts';
import { BenchError } from '../../core/errors.ts';
import { LinkState, reasonOf, writeLimitMs } from './link-state.ts';

/** A server on the same network answers in a moment; a host that drops packets never does. */
const CONNECT_LIMIT_MS = 10_000;
/** A server that lost its power is noticed after this silence plus the system's own probes. */
const KEEP_ALIVE_MS = 10_000;
/** Polite end of the connection; a peer that does not read holds it up. */
const CLOSE_LIMIT_MS = 2000;
/** One read takes what the system has; its socket buffers hold more. */
const READ_BYTES = 64 * 1024;
/** What a socket's buffer does not hold its sender keeps: a rest is only bounded for the sake of who waits, ms. */
const MAX_REST_MS = 500;
/** A rest shorter than a timer can tell is none, ms. */
const MIN_REST_MS = 2;

/** A connection that carries a serial link: what raw TCP and RFC 2217 have in common. */
export class TcpLink {
  readonly state: LinkState;
  readonly link: string;
  readonly #socket: Socket;
  readonly #intake: Intake;
  readonly #clock: Clock;
  #cancelRest: (() => void) | undefined;

  /** Throws LINK_REFUSED; on abort, the signal's reason. */
  static async open(link: string, clock: Clock, signal?: AbortSignal): Promise<TcpLink> {
    const intake: Intake = { read: () => undefined };
    return new TcpLink(await connected(link, intake, clock, signal), intake, link, clock);
  }

  private constructor(socket: Socket, intake: Intake, link: string, clock: Clock) {
    this.#socket = socket;
    this.#intake = intake;
    this.#clock = clock;
    this.link = link;
    this.state = new LinkState(link, clock);
    socket.setNoDelay(true);
    socket.setKeepAlive(true, KEEP_ALIVE_MS);
    socket.on('error', (error) => this.lose(error));
    socket.on('end', () => this.lose(new Error('the server closed the connection')));
    socket.on('close', () => this.lose(new Error('the connection closed')));
  }

  onReceived(listener: (bytes: Uint8Array) => void): void {
    this.#intake.read = listener;
    this.#socket.resume();
  }

  /** See `SerialPort.rest`. */
  rest(ms: number): void {
    if (this.#cancelRest != null || ms < MIN_REST_MS || this.state.gone) return;
    this.#socket.pause();
    this.#cancelRest = this.#clock.after(Math.min(Math.floor(ms), MAX_REST_MS), () => this.#endRest());
  }

  #endRest(): void {
    this.#cancelRest?.();
    this.#cancelRest = undefined;
    this.#socket.resume();
  }

  /** Resolves when the system has taken the bytes; TCP cannot tell when the far UART has sent them. */
  async send(bytes: Uint8Array, baudRate: number): Promise<void> {
    if (bytes.length === 0 && !this.state.gone) return;
    await this.state.within(
      writeLimitMs(bytes.length, baudRate),
      () => new BenchError('WRITE_TIMEOUT', { detail: { link: this.link, bytes: bytes.length } }),
      () =>
        new Promise<void>((resolve, reject) => {
          this.#socket.write(bytes, (error) => {
            if (!error) return resolve();
            this.lose(error);
            reject(this.state.goneError());
          });
        }),
    );
  }

  lose(cause: unknown): void {
    if (this.state.gone) return;
    this.#cancelRest?.();
    this.#socket.destroy();
    this.state.lose(
      new BenchError('LINK_LOST', {
        message: `The link ${this.link} was lost: the serial server or the network between went away.`,
        advice: 'Check that the serial server runs and is reachable, then retry.',
        detail: { link: this.link, cause: reasonOf(cause) },
        cause,
      }),
    );
  }

  async close(): Promise<void> {
    if (!this.state.close()) return;
    if (this.#cancelRest != null) this.#endRest();
    if (this.#socket.destroyed) return;
    await new Promise<void>((resolve) => {
      const cancelLimit = this.#clock.after(CLOSE_LIMIT_MS, () => this.#socket.destroy());
      this.#socket.once('close', () => {
        cancelLimit();
        resolve();
      });
      this.#socket.end(() => this.#socket.destroy());
    });
  }
}

/** Who gets what a socket reads. */
interface Intake {
  read(bytes: Uint8Array): void;
}

/** Node's own reading into one buffer: without it, a paused socket goes on reading into a queue. */
function readingInto(intake: Intake): OnReadOpts {
  return {
    buffer: new Uint8Array(READ_BYTES),
    callback: (count, buffer) => {
      intake.read(buffer.slice(0, count));
      return true;
    },
  };
}

function connected(link: string, intake: Intake, clock: Clock, signal?: AbortSignal): Promise<Socket> {
  const { hostname, port } = new URL(link);
  // An IPv6 address stands in brackets in a URL only.
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const socket = connect({ host, port: Number(port), onread: readingInto(intake) });
    // Until somebody takes what is read.
    socket.pause();
    const end = () => {
      cancelLimit();
      signal?.removeEventListener('abort', onAbort);
      socket.removeAllListeners();
    };
    const fail = (error: Error) => {
      end();
      // A late error of the socket that is thrown away is nobody's.
      socket.on('error', () => undefined);
      socket.destroy();
      reject(error);
    };
    const onAbort = () => fail(signal?.reason as Error);
    const cancelLimit = clock.after(CONNECT_LIMIT_MS, () => fail(refused(link, new Error('no answer'))));
    signal?.addEventListener('abort', onAbort, { once: true });
    socket.once('error', (error) => fail(refused(link, error)));
    socket.once('connect', () => {
      end();
      resolve(socket);
    });
  });
}

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens on that port',
  ENOTFOUND: 'no such host',
  EAI_AGAIN: 'its name could not be looked up',
  EHOSTUNREACH: 'the host cannot be reached',
  ENETUNREACH: 'its network cannot be reached',
  ETIMEDOUT: 'the host does not answer',
};

function refused(link: string, cause: Error): BenchError {
  const reason = reasonOf(cause);
  return new BenchError('LINK_REFUSED', {
    message: `${link} cannot be connected: ${REASONS[reason] ?? reason}.`,
    detail: { link, cause: reason },
    cause,
  });
}
