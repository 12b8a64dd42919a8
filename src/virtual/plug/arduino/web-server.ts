import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { RunningPlug } from '../plug-firmware.ts';
import { readFiles, type FileSink } from './multipart.ts';

/** How long the ESP8266 web server holds a connection that its handler did not answer, ms. */
const UNANSWERED_MS = 2000;
const FORM_LIMIT_BYTES = 64 * 1024;

type Headers = Readonly<Record<string, string>>;

/** One request, as a handler on the device sees it. */
export interface WebCall {
  readonly method: string;
  readonly path: string;
  /** Of the query and of an urlencoded body. */
  readonly args: ReadonlyMap<string, string>;
  /** Empty when it was not sent. */
  header(name: string): string;
  /** Takes in the files of a form. Rejects when the connection breaks. */
  files(sink: FileSink): Promise<boolean>;
  /** A whole answer with its length. Resolves when it is out, or the client has gone. */
  reply(status: number, contentType: string, body: string | Uint8Array, headers?: Headers): Promise<void>;
  /** Likewise in chunks, as far as the client's HTTP version knows them. */
  chunked(status: number, contentType: string, body: string, headers?: Headers): Promise<void>;
  /** No answer: after a while the connection is closed. */
  silence(): Promise<void>;
  /** The connection is reset. */
  reset(): void;
}

export interface WebServer {
  /** The firmware stops it: takes no more requests; resolves when the current one is answered. */
  drain(): Promise<void>;
  /** The firmware itself ends, and tells nobody: connections are left to the radio. Idempotent. */
  close(): void;
}

/** The web server of the Arduino core on one port: one request at a time, each connection closed after it. */
export function serveWeb(
  plug: RunningPlug,
  port: number,
  handler: (call: WebCall) => Promise<void>,
): WebServer {
  const sockets = new Set<Socket>();
  let turn = Promise.resolve();
  let isOpen = true;
  // The default refuses requests without Host, which the real one serves.
  const server = createServer({ requireHostHeader: false }, (request, response) => {
    turn = turn.then(async () => {
      if (!isOpen || request.destroyed) return;
      try {
        await handler(await callOf(plug, request, response));
      } catch {
        // The client has gone in the middle of its request.
        request.socket.destroy();
      }
    });
  });
  server.on('clientError', (_error, socket) => socket.destroy());
  const listener = plug.wifi.serve(port, (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    server.emit('connection', socket);
  });
  const close = () => {
    if (!isOpen) return;
    isOpen = false;
    listener.close();
    server.close();
  };
  return {
    async drain() {
      close();
      await turn;
      for (const socket of sockets) socket.destroySoon();
    },
    close,
  };
}

async function callOf(
  plug: RunningPlug,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<WebCall> {
  const url = new URL(request.url ?? '/', 'http://device');
  const args = new Map(url.searchParams);
  const header = (name: string) => {
    const value = request.headers[name.toLowerCase()];
    return typeof value === 'string' ? value : (value?.[0] ?? '');
  };
  const contentType = header('content-type');
  if (request.method === 'POST' && !contentType.startsWith('multipart/form-data'))
    for (const [name, value] of new URLSearchParams(await textBody(request))) args.set(name, value);
  const finish = (body: string | Uint8Array) =>
    new Promise<void>((resolve) => {
      response.on('close', resolve);
      response.end(body);
    });
  return {
    method: request.method ?? 'GET',
    path: url.pathname,
    args,
    header,
    files: (sink) => readFiles(request, contentType, sink),
    async reply(status, type, body, headers = {}) {
      response.sendDate = false;
      response.writeHead(status, {
        'Content-Type': type,
        ...headers,
        'Content-Length': typeof body === 'string' ? Buffer.byteLength(body) : body.length,
        Connection: 'close',
      });
      await finish(body);
    },
    async chunked(status, type, body, headers = {}) {
      response.sendDate = false;
      const isOld = request.httpVersion === '1.0';
      response.writeHead(status, {
        'Content-Type': type,
        ...headers,
        ...(!isOld && { 'Accept-Ranges': 'none', 'Transfer-Encoding': 'chunked' }),
        Connection: 'close',
      });
      await finish(body);
    },
    async silence() {
      await plug.wait(UNANSWERED_MS);
      request.socket.destroy();
    },
    reset: () => request.socket.resetAndDestroy(),
  };
}

async function textBody(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const bytes of request as AsyncIterable<Buffer>) {
    body += bytes.toString('latin1');
    if (body.length > FORM_LIMIT_BYTES) break;
  }
  return body;
}

/** Basic authentication as the core checks it: the whole header must be the expected one. */
export const hasBasicLogin = (call: WebCall, user: string, password: string): boolean =>
  call.header('authorization') === `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;

/** What the core answers where a login is missing or wrong. */
export const askForLogin = (call: WebCall, realm = 'Login Required'): Promise<void> =>
  call.reply(401, 'text/html', '', { 'WWW-Authenticate': `Basic realm="${realm}"` });
