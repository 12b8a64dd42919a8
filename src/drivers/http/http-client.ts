import { Agent, type ClientRequestArgs, request as nodeRequest } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { throwIfAborted } from '../../core/abort.ts';
import type { Clock } from '../../core/clock.ts';
import { dial } from './dial.ts';
import { Exchange } from './exchange.ts';
import { encodeMultipart } from './multipart.ts';
import type { HttpAnswer, HttpRequest } from './port.ts';
import { formatHostPort, type Route } from './route.ts';
import { unacknowledged } from './unacknowledged.ts';

const CONNECT_LIMIT_MS = 5000;
const SILENCE_LIMIT_MS = 15_000;
const MAX_ANSWER_BYTES = 4 * 1024 * 1024;
/** Units serve few connections at a time: one that is kept and not used is given back, ms. */
const IDLE_LIMIT_MS = 5000;
const HTTP_PORT = 80;

export type HttpClient = (request: HttpRequest) => Promise<HttpAnswer>;

/** Requests to units: see `Network.request`. */
export function createHttpClient({
  clock,
  route,
}: {
  readonly clock: Clock;
  readonly route?: Route | undefined;
}): HttpClient {
  const queues = unacknowledged(clock);
  const kept = new KeptConnections(clock);

  return async (request) => {
    throwIfAborted(request.signal);
    const body = encodeBody(request.body);
    const connect = () =>
      dial(request.to, {
        clock,
        route,
        limitMs: request.connectLimitMs ?? CONNECT_LIMIT_MS,
        signal: request.signal,
      });
    const options: DialledRequest = {
      method: request.method,
      path: request.path,
      host: request.to.host,
      port: request.to.port,
      headers: headersOf(request, body),
      // Units answer with bare line feeds, with two lengths, and worse; the answer is bounded, and no proxy between.
      insecureHTTPParser: true,
      connect,
      ...(request.keepAlive === true
        ? { agent: kept }
        : { createConnection: (_options, done) => handOver(connect, done) }),
    };
    return new Exchange(nodeRequest(options), {
      request,
      body: body?.bytes,
      clock,
      unacknowledged: queues,
      isCarried: route?.(request.to) !== undefined,
      silenceLimitMs: request.silenceLimitMs ?? SILENCE_LIMIT_MS,
      maxAnswerBytes: request.maxAnswerBytes ?? MAX_ANSWER_BYTES,
    }).answer();
  };
}

interface DialledRequest extends ClientRequestArgs {
  readonly insecureHTTPParser: boolean;
  /** Opens the connection of this request, if none is kept. */
  readonly connect: () => Promise<Socket>;
}

type Done = (error: Error | null, socket: Duplex) => void;

function handOver(connect: () => Promise<Socket>, done: Done): undefined {
  connect().then(
    (socket) => done(null, socket),
    // Node's types want a socket even with an error.
    (error: Error) => done(error, undefined as unknown as Duplex),
  );
}

/** Connections that stay for the next request to the same place. */
class KeptConnections extends Agent {
  readonly #clock: Clock;

  constructor(clock: Clock) {
    super({ keepAlive: true });
    this.#clock = clock;
    this.on('free', (socket: Socket) => this.#limitIdling(socket));
  }

  override createConnection(options: ClientRequestArgs, done?: Done): undefined {
    return handOver((options as DialledRequest).connect, done as Done);
  }

  #limitIdling(socket: Socket): void {
    const cancel = this.#clock.after(IDLE_LIMIT_MS, () => {
      if (Object.values(this.freeSockets).some((sockets) => sockets?.includes(socket) === true))
        socket.destroy();
    });
    socket.once('close', cancel);
  }
}

interface EncodedBody {
  readonly contentType: string | undefined;
  readonly bytes: Uint8Array;
}

function encodeBody(body: HttpRequest['body']): EncodedBody | undefined {
  if (body === undefined) return undefined;
  if (typeof body === 'string') return { contentType: undefined, bytes: Buffer.from(body) };
  if (body instanceof Uint8Array) return { contentType: undefined, bytes: body };
  const form = encodeMultipart(body);
  return { contentType: form.contentType, bytes: form.body };
}

function headersOf(request: HttpRequest, body: EncodedBody | undefined): Record<string, string> {
  const { to, method, login, keepAlive, headers } = request;
  return {
    Host: formatHostPort(to, HTTP_PORT),
    'User-Agent': 'benchflash',
    Accept: '*/*',
    Connection: keepAlive === true ? 'keep-alive' : 'close',
    ...(login && {
      Authorization: `Basic ${Buffer.from(`${login.user}:${login.password}`).toString('base64')}`,
    }),
    ...(body?.contentType !== undefined && { 'Content-Type': body.contentType }),
    // Of known length, always: units do not read chunks.
    ...((body || method === 'POST') && { 'Content-Length': String(body?.bytes.length ?? 0) }),
    ...headers,
  };
}
