import { connect, type Socket } from 'node:net';
import { abortReason, throwIfAborted } from '../../core/abort.ts';
import type { Clock } from '../../core/clock.ts';
import type { BenchError } from '../../core/errors.ts';
import { connectError, noAnswer, surroundingsOf } from './network-errors.ts';
import type { HostPort } from './port.ts';
import type { Route } from './route.ts';

export interface DialOptions {
  readonly clock: Clock;
  readonly route?: Route | undefined;
  /** Until the connection stands, ms. */
  readonly limitMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** A connection that stands, paused. Throws HTTP_REFUSED, HTTP_NO_ANSWER, HTTP_RESET, NO_ROUTE, HOST_UNKNOWN. */
export async function dial(to: HostPort, options: DialOptions): Promise<Socket> {
  try {
    return await openSocket(to, options);
  } catch (error) {
    throwIfAborted(options.signal);
    throw await dialError(to, error, options.route?.(to) !== undefined);
  }
}

/** The same, with the system's own errors. On abort ABORTED. */
export async function openSocket(to: HostPort, options: DialOptions): Promise<Socket> {
  throwIfAborted(options.signal);
  const carried = options.route?.(to);
  return connected(carried === 'nobody' ? undefined : (carried ?? to), options);
}

/** The clock's limit came first. */
class TookTooLong extends Error {}

/** Nobody's address takes as long as a real one where packets are dropped. */
function connected(to: HostPort | undefined, { clock, limitMs, signal }: DialOptions): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = to && connect({ host: to.host, port: to.port });
    const end = () => {
      cancelLimit();
      signal?.removeEventListener('abort', onAbort);
      socket?.off('connect', onConnect);
    };
    const fail = (error: Error) => {
      end();
      socket?.destroy();
      reject(error);
    };
    const onConnect = () => {
      end();
      (socket as Socket).setNoDelay(true);
      resolve(socket as Socket);
    };
    const onAbort = () => fail(abortReason(signal as AbortSignal));
    const cancelLimit = clock.after(limitMs, () => fail(new TookTooLong()));
    signal?.addEventListener('abort', onAbort, { once: true });
    // For good: a late error of a socket that nobody follows yet, or any more, is nobody's.
    socket?.on('error', fail);
    socket?.once('connect', onConnect);
  });
}

async function dialError(to: HostPort, error: unknown, isCarried: boolean): Promise<BenchError> {
  const around = isCarried ? undefined : await surroundingsOf(to.host);
  return error instanceof TookTooLong
    ? noAnswer(to, around, { connected: false })
    : connectError(to, error, around);
}
