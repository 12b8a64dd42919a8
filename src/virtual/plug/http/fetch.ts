import type { Socket } from 'node:net';
import type { WifiRadio } from '../../lan/lan-port.ts';

/** Start of an answer as a small client on a chip reads it. */
export interface FetchHead {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
}

export interface FetchOptions {
  readonly url: URL;
  /** Lines after `GET … HTTP/1.1` and `Host:`. */
  readonly headerLines: readonly string[];
  /** `1.1` when missing. */
  readonly version?: '1.0' | '1.1';
  /** Most bytes of one network event: what a TCP segment carries to a chip. */
  readonly eventBytes: number;
}

export interface Fetching {
  readonly head: FetchHead;
  /** Pieces of the body as they arrive, each at most `eventBytes`; ends when the connection does, in whatever way. */
  readonly body: AsyncIterable<Uint8Array>;
  /** Closes it; `abruptly` as when Wi-Fi is gone. */
  close(abruptly?: boolean): void;
}

const HEAD_LIMIT_BYTES = 16_384;
const HEAD_END = Buffer.from('\r\n\r\n');

/** GET over plain HTTP. Rejects when the connection cannot be made or ends before a whole head came. */
export async function fetchOver(wifi: Pick<WifiRadio, 'connect'>, options: FetchOptions): Promise<Fetching> {
  const { url } = options;
  if (url.protocol !== 'http:')
    throw new Error(`no way to ${url.protocol}//${url.host}: TLS ends nowhere here`);
  const socket = await wifi.connect(url.hostname, url.port === '' ? 80 : Number(url.port));
  const lines = [
    `GET ${url.pathname}${url.search} HTTP/${options.version ?? '1.1'}`,
    `Host: ${url.host}`,
    ...options.headerLines,
  ];
  socket.write(`${lines.join('\r\n')}\r\n\r\n`);
  const pieces = piecesOf(socket)[Symbol.asyncIterator]();
  let received: Buffer = Buffer.alloc(0);
  let end = -1;
  while (end < 0) {
    const next = await pieces.next();
    if (next.done === true || received.length > HEAD_LIMIT_BYTES) {
      socket.destroy();
      throw new Error('the connection ended before an answer came');
    }
    received = Buffer.concat([received, next.value]);
    end = received.indexOf(HEAD_END);
  }
  const rest = received.subarray(end + HEAD_END.length);
  return {
    head: parseHead(received.subarray(0, end).toString('latin1')),
    body: bodyOf(rest, pieces, options.eventBytes),
    close: (abruptly = false) => void (abruptly ? socket.resetAndDestroy() : socket.destroy()),
  };
}

/** What a socket brings until it ends, broken or in good order. */
async function* piecesOf(socket: Socket): AsyncGenerator<Buffer> {
  try {
    for await (const piece of socket as AsyncIterable<Buffer>) yield piece;
  } catch {
    // A broken connection ends for the firmware like any other.
  }
}

async function* bodyOf(
  rest: Buffer,
  pieces: AsyncIterator<Buffer>,
  eventBytes: number,
): AsyncGenerator<Uint8Array> {
  for (let piece = rest; ;) {
    for (let at = 0; at < piece.length; at += eventBytes) yield piece.subarray(at, at + eventBytes);
    const next = await pieces.next();
    if (next.done === true) return;
    piece = next.value;
  }
}

function parseHead(text: string): FetchHead {
  const [first = '', ...lines] = text.split('\r\n');
  const headers = lines.flatMap((line): [string, string][] => {
    const colon = line.indexOf(':');
    return colon < 0 ? [] : [[line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()]];
  });
  return {
    status: Number(/^HTTP\/\d\.\d (\d{3})/.exec(first)?.[1] ?? 0),
    headers: Object.fromEntries(headers),
  };
}
