import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { isIPv4, type Socket } from 'node:net';
import { endianness } from 'node:os';

/** What the kernel says of TCP connections of this computer, at one moment. */
export interface TcpQueues {
  /** Bytes that were handed to the kernel and that the peer's TCP has not acknowledged; undefined: no such connection. */
  unacknowledged(socket: Socket): number | undefined;
  /** Where the peer is a program of this computer: bytes that have arrived there and that it has not read. */
  unreadByPeer(socket: Socket): number | undefined;
}

export interface TcpTables {
  /** Called once in a while only: the kernel walks through all of its hash table, which takes milliseconds. */
  look(): Promise<TcpQueues>;
}

interface Row {
  readonly sentBytes: number;
  readonly receivedBytes: number;
}

const TABLES = ['/proc/net/tcp', '/proc/net/tcp6'] as const;

/** Linux (`man 5 proc`); undefined elsewhere. */
export function systemTcpTables(): TcpTables | undefined {
  const there = TABLES.filter((path) => existsSync(path));
  if (there.length === 0) return undefined;
  return {
    async look() {
      const texts = await Promise.all(there.map((path) => readFile(path, 'latin1').catch(() => '')));
      return tcpQueues(texts);
    },
  };
}

/** Of the texts of these tables. */
export function tcpQueues(texts: readonly string[]): TcpQueues {
  const rows = new Map(texts.flatMap(parseTable));
  const rowOf = (from: readonly [string?, number?], to: readonly [string?, number?]) =>
    rows.get(`${asInTable(from)} ${asInTable(to)}`);
  const own = (socket: Socket) => [socket.localAddress, socket.localPort] as const;
  const peer = (socket: Socket) => [socket.remoteAddress, socket.remotePort] as const;
  return {
    unacknowledged: (socket) => rowOf(own(socket), peer(socket))?.sentBytes,
    unreadByPeer: (socket) => rowOf(peer(socket), own(socket))?.receivedBytes,
  };
}

const ROW =
  /^ *\d+: ([0-9A-F]+:[0-9A-F]{4}) ([0-9A-F]+:[0-9A-F]{4}) [0-9A-F]{2} ([0-9A-F]{8}):([0-9A-F]{8}) /gm;

function parseTable(text: string): [string, Row][] {
  return Array.from(text.matchAll(ROW), ([, from, to, sent = '', received = '']) => [
    `${from} ${to}`,
    { sentBytes: parseInt(sent, 16), receivedBytes: parseInt(received, 16) },
  ]);
}

/** The kernel prints an address as words of the machine's own byte order. */
function asInTable([address = '', port = 0]: readonly [string?, number?]): string {
  // Of a connection that is gone Node knows no addresses any more.
  if (address === '') return '';
  const bytes = isIPv4(address) ? Buffer.from(address.split('.').map(Number)) : ipv6Bytes(address);
  if (endianness() === 'LE') bytes.swap32();
  return `${bytes.toString('hex').toUpperCase()}:${port.toString(16).toUpperCase().padStart(4, '0')}`;
}

function ipv6Bytes(address: string): Buffer {
  const [plain = ''] = address.split('%');
  const [before = '', after] = plain.split('::');
  const words = (text: string) => (text === '' ? [] : text.split(':').map((word) => parseInt(word, 16)));
  const head = words(before);
  const tail = words(after ?? '');
  const all = [...head, ...Array<number>(Math.max(0, 8 - head.length - tail.length)).fill(0), ...tail];
  const bytes = Buffer.alloc(16);
  all.slice(0, 8).forEach((word, index) => bytes.writeUInt16BE(word & 0xffff, index * 2));
  return bytes;
}
