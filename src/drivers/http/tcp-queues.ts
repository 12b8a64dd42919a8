import { existsSync, readFileSync } from 'node:fs';
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
  /** Called a few times a second only: the kernel walks through all of its hash table, which takes milliseconds. */
  look(): TcpQueues;
}

interface Row {
  readonly sentBytes: number;
  readonly receivedBytes: number;
}

const TABLES = { 4: '/proc/net/tcp', 6: '/proc/net/tcp6' } as const;

/** Linux (`man 5 proc`); undefined elsewhere. */
export function systemTcpTables(): TcpTables | undefined {
  return existsSync(TABLES[4]) ? { look: () => tcpQueues(readTable) } : undefined;
}

/**
 * By the texts of these tables. They are read at once and not in turns of the event loop, of which one file takes a
 * dozen: on a busy machine those take longer than the whole.
 */
export function tcpQueues(read: (table: string) => string): TcpQueues {
  const tables = new Map<4 | 6, ReadonlyMap<string, Row>>();
  const rowOf = (from: readonly [string?, number?], to: readonly [string?, number?]) => {
    // Of a connection that is gone Node knows no addresses any more.
    if (from[0] === undefined || to[0] === undefined) return undefined;
    const family = isIPv4(from[0]) ? 4 : 6;
    let table = tables.get(family);
    if (!table) tables.set(family, (table = parseTable(read(TABLES[family]))));
    return table.get(`${asInTable(from)} ${asInTable(to)}`);
  };
  const own = (socket: Socket) => [socket.localAddress, socket.localPort] as const;
  const peer = (socket: Socket) => [socket.remoteAddress, socket.remotePort] as const;
  return {
    unacknowledged: (socket) => rowOf(own(socket), peer(socket))?.sentBytes,
    unreadByPeer: (socket) => rowOf(peer(socket), own(socket))?.receivedBytes,
  };
}

function readTable(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}

const ROW =
  /^ *\d+: ([0-9A-F]+:[0-9A-F]{4}) ([0-9A-F]+:[0-9A-F]{4}) [0-9A-F]{2} ([0-9A-F]{8}):([0-9A-F]{8}) /gm;

function parseTable(text: string): ReadonlyMap<string, Row> {
  const rows = new Map<string, Row>();
  for (const [, from, to, sent = '', received = ''] of text.matchAll(ROW))
    rows.set(`${from} ${to}`, { sentBytes: parseInt(sent, 16), receivedBytes: parseInt(received, 16) });
  return rows;
}

/** The kernel prints an address as words of the machine's own byte order. */
function asInTable([address = '', port = 0]: readonly [string?, number?]): string {
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
