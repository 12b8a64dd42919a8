import type { Socket } from 'node:net';
import type { Clock } from '../../core/clock.ts';
import { systemTcpTables, type TcpQueues } from './tcp-queues.ts';

/** Uploads that run at once share one look at the kernel's table, ms. */
const SHARED_MS = 50;

/**
 * How much of what was given to the system the peer has not acknowledged yet. A socket of Node only tells what the
 * system took, whose buffer is 87 KB and more before a unit that has read nothing; Linux tells the rest.
 */
export interface Unacknowledged {
  /** Bytes, headers included; undefined where this system does not tell, or knows the connection no more. */
  of(socket: Socket): number | undefined;
}

export function unacknowledged(clock: Clock): Unacknowledged {
  const tables = systemTcpTables();
  let lookedAtMs = -Infinity;
  let queues: TcpQueues | undefined;
  return {
    of(socket) {
      if (clock.monotonicMs() - lookedAtMs > SHARED_MS) {
        lookedAtMs = clock.monotonicMs();
        queues = tables?.look();
      }
      return queues?.unacknowledged(socket);
    },
  };
}
