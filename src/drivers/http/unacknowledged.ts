import { readFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import type { Clock } from '../../core/clock.ts';
import { ipv4Number } from './interfaces.ts';

const TABLE = '/proc/net/tcp';
/** Uploads that run at once share one look at the table, ms. */
const SHARED_MS = 50;

/**
 * How much of what was given to the system the peer has not acknowledged yet. A socket of Node only tells what the
 * system took, whose buffer is 87 KB and more before a unit that has read nothing; Linux tells the rest.
 */
export interface Unacknowledged {
  /** Bytes, headers included; undefined where this system does not tell, or knows the connection no more. */
  of(socket: Socket): Promise<number | undefined>;
}

export function unacknowledged(clock: Clock): Unacknowledged {
  let readAtMs = -Infinity;
  let table: Promise<string> = Promise.resolve('');
  return {
    async of(socket) {
      if (process.platform !== 'linux') return undefined;
      if (clock.monotonicMs() - readAtMs > SHARED_MS) {
        readAtMs = clock.monotonicMs();
        table = readFile(TABLE, 'latin1').catch(() => '');
      }
      return queuedBytes(await table, socket);
    },
  };
}

/** The send queue of one connection in the kernel's table (Documentation/networking/proc_net_tcp.rst). IPv4 only. */
export function queuedBytes(
  table: string,
  ends: Pick<Socket, 'localAddress' | 'localPort' | 'remoteAddress' | 'remotePort'>,
): number | undefined {
  const local = entry(ends.localAddress, ends.localPort);
  const remote = entry(ends.remoteAddress, ends.remotePort);
  if (local === undefined || remote === undefined) return undefined;
  const at = table.indexOf(` ${local} ${remote} `);
  if (at < 0) return undefined;
  const queue = /^ \S+ \S+ [0-9A-F]{2} ([0-9A-F]{8}):/.exec(table.slice(at, at + 64))?.[1];
  return queue === undefined ? undefined : Number.parseInt(queue, 16);
}

/** The address as the number it is in the memory of this machine (little endian), the port in network order. */
function entry(address: string | undefined, port: number | undefined): string | undefined {
  const number = address === undefined ? undefined : ipv4Number(address);
  if (number === undefined || port === undefined) return undefined;
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(number);
  const hex = (value: number, digits: number) => value.toString(16).toUpperCase().padStart(digits, '0');
  return `${hex(bytes.readUInt32LE(), 8)}:${hex(port, 4)}`;
}
