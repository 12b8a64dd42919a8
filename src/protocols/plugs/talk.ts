import * as z from 'zod';
import { BenchError } from '../../core/errors.ts';
import { sanitize } from '../../core/text.ts';
import type { HostPort, HttpAnswer, HttpLogin, HttpRequest, Network } from '../../drivers/http/port.ts';

/** What every conversation with a plug takes. */
export interface PlugTalk {
  readonly network: Pick<Network, 'request'>;
  readonly signal: AbortSignal;
}

/** A conversation with one unit at one address. */
export interface PlugPeer extends PlugTalk {
  readonly at: HostPort;
  readonly login?: HttpLogin;
}

/** No answer of these devices that is not a file is longer; theirs are JSON of a few KB. Bytes. */
const MAX_ANSWER_BYTES = 256 * 1024;

/** Until a connection stands and until an answer comes, ms: they are on the same network and answer in under 1 s. */
const CONNECT_LIMIT_MS = 4_000;
const SILENCE_LIMIT_MS = 8_000;

/** Every status is an answer; throws what the network does. */
export const ask = (
  { network, at, login, signal }: PlugPeer,
  request: Pick<HttpRequest, 'path'> & Partial<HttpRequest>,
): Promise<HttpAnswer> =>
  network.request({
    method: 'GET',
    to: at,
    connectLimitMs: CONNECT_LIMIT_MS,
    silenceLimitMs: SILENCE_LIMIT_MS,
    maxAnswerBytes: MAX_ANSWER_BYTES,
    ...(login !== undefined && { login }),
    signal,
    ...request,
  });

/** Posts JSON, as the RPC of Mongoose OS takes it. */
export const postJson = (peer: PlugPeer, path: string, body: unknown): Promise<HttpAnswer> =>
  ask(peer, {
    method: 'POST',
    path,
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });

/** Most of an answer that goes into a message, characters. */
const QUOTED = 120;

/** What a unit said, short and safe to show. */
export const quoted = (answer: HttpAnswer): string => {
  const text = sanitize(answer.text());
  return text.length > QUOTED ? `${text.slice(0, QUOTED)}…` : text;
};

/** A 200 whose body is JSON of this form. Throws PLUG_LOCKED for 401, else PLUG_BAD_ANSWER. */
export function jsonOf<T>(answer: HttpAnswer, schema: z.ZodType<T>, what: string): T {
  refuseLocked(answer);
  if (answer.status !== 200)
    throw new BenchError('PLUG_BAD_ANSWER', {
      message: `${what} was answered with ${answer.status}: ${quoted(answer)}`,
      detail: { status: answer.status },
    });
  const found = schema.safeParse(parsed(answer));
  if (found.success) return found.data;
  const [issue] = found.error.issues;
  throw new BenchError('PLUG_BAD_ANSWER', {
    message: `${what} was answered with something else than expected (${issue?.path.join('.') || 'no JSON'}): ${quoted(answer)}`,
  });
}

/** Throws PLUG_LOCKED. */
export function refuseLocked({ status }: HttpAnswer): void {
  if (status === 401) throw new BenchError('PLUG_LOCKED');
}

/** Its JSON, or undefined where it is none. */
export function parsed(answer: HttpAnswer): unknown {
  try {
    return JSON.parse(answer.text()) as unknown;
  } catch {
    return undefined;
  }
}

/** Text of a unit as a value: safe to show, and no longer than a name is. */
export const deviceName = z.string().transform((text) => sanitize(text).slice(0, 80));
