import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { WifiRadio } from '../../lan/lan-port.ts';

/** A request as the firmware sees it. */
export interface PageRequest {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  /** Of the query, and of an urlencoded body. */
  readonly parameters: URLSearchParams;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

export interface PageReply {
  readonly status: number;
  readonly type: string;
  readonly body: string | Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
  /** Once the answer has left. */
  readonly afterwards?: () => void;
}

/** Most of a body that is taken, bytes: twice the largest flash. */
const BODY_LIMIT_BYTES = 8 << 20;

export const jsonPage = (content: unknown, afterwards?: () => void): PageReply => ({
  status: 200,
  type: 'application/json',
  body: JSON.stringify(content),
  ...(afterwards && { afterwards }),
});

export const textPage = (status: number, body: string): PageReply => ({ status, type: 'text/plain', body });

/** Pages on a port of the unit. `undefined`: no answer at all, the connection stays as it is. */
export function servePages(
  wifi: Pick<WifiRadio, 'serve'>,
  port: number,
  answer: (request: PageRequest) => PageReply | undefined | Promise<PageReply | undefined>,
): { close(): void } {
  const server = createServer({ keepAliveTimeout: 0 }, (incoming, outgoing) => {
    void (async () => {
      const request = await readRequest(incoming);
      const reply = await answer(request);
      if (reply != null) send(outgoing, reply);
    })().catch(() => outgoing.destroy());
  });
  server.on('clientError', (_error, socket) => socket.destroy());
  return wifi.serve(port, (socket) => server.emit('connection', socket));
}

async function readRequest(incoming: IncomingMessage): Promise<PageRequest> {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of incoming as AsyncIterable<Buffer>) {
    length += piece.length;
    if (length > BODY_LIMIT_BYTES) throw new Error('body too large');
    pieces.push(piece);
  }
  const body = Buffer.concat(pieces);
  const url = new URL(incoming.url ?? '/', 'http://unit');
  const parameters = new URLSearchParams(url.search);
  if (incoming.headers['content-type']?.startsWith('application/x-www-form-urlencoded') === true)
    for (const [name, value] of new URLSearchParams(body.toString())) parameters.set(name, value);
  const headers = Object.fromEntries(
    Object.entries(incoming.headers).map(([name, value]) => [name, String(value)]),
  );
  return { method: incoming.method ?? 'GET', path: url.pathname, parameters, headers, body };
}

function send(outgoing: ServerResponse, reply: PageReply): void {
  const body = typeof reply.body === 'string' ? Buffer.from(reply.body) : reply.body;
  outgoing.sendDate = false;
  outgoing.writeHead(reply.status, {
    'Content-Type': reply.type,
    'Content-Length': body.length,
    Connection: 'close',
    ...reply.headers,
  });
  outgoing.end(body, () => reply.afterwards?.());
}
