import { BenchError, type ErrorFacts } from '../../core/errors.ts';
import { sanitize } from '../../core/text.ts';
import { arpTable } from './arp.ts';
import { describeOwn, ipv4Number, neighbourhoodOf, ownAddresses } from './interfaces.ts';
import type { HostPort, HttpAnswer } from './port.ts';
import { formatHostPort } from './route.ts';

/** What the system calls it: `ECONNREFUSED`; else the message. */
export function systemCode(error: unknown): string {
  const { code, message } = error as { code?: unknown; message?: unknown };
  return typeof code === 'string' ? code : sanitize(String(message ?? error)).slice(0, 120);
}

/** What is known of the place of a unit when it does not answer. */
export interface Surroundings {
  /** Undefined where it lies in none of this computer's subnets, or is a name. */
  readonly neighbour?: { readonly interfaceName: string };
  /** It answered the question for its MAC lately. */
  readonly mac?: string;
  /** This computer's own, to be named. */
  readonly own: readonly string[];
}

export async function surroundingsOf(host: string): Promise<Surroundings> {
  const own = ownAddresses();
  const neighbour = neighbourhoodOf(host, own);
  const mac = neighbour && (await arpTable()).get(host);
  return { ...(neighbour && { neighbour }), ...(mac !== undefined && { mac }), own: own.map(describeOwn) };
}

/** Where a connection could not be made. */
export function connectError(to: HostPort, cause: unknown, around: Surroundings | undefined): BenchError {
  const place = sanitize(formatHostPort(to, 80));
  const code = systemCode(cause);
  const facts = { detail: { host: to.host, port: to.port, cause: code }, cause };
  switch (code) {
    case 'ECONNREFUSED':
      return new BenchError('HTTP_REFUSED', {
        ...facts,
        message: `${place} refuses the connection: its server does not run, or not on this port.`,
      });
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
    case 'EAI_NODATA':
    case 'EAI_NONAME':
      return new BenchError('HOST_UNKNOWN', {
        ...facts,
        message: `No host of the name ${sanitize(to.host)} is known.`,
      });
    case 'ENETUNREACH':
    case 'EADDRNOTAVAIL':
      return new BenchError('NO_ROUTE', {
        ...facts,
        message: `This computer is on no network that leads to ${place}${ownNetworks(around)}.`,
      });
    case 'EPERM':
    case 'EACCES':
      return new BenchError('NO_ROUTE', {
        ...facts,
        message: `This computer may not send to ${place}: its own firewall forbids it.`,
        advice: 'Let benchflash through the firewall of this computer; then retry.',
      });
    case 'EHOSTUNREACH':
    case 'EHOSTDOWN':
    case 'ETIMEDOUT':
      return noAnswer(to, around, { connected: false, cause: code });
    default:
      return new BenchError('HTTP_RESET', {
        ...facts,
        message: `${place} broke the connection off as it was made (${code}).`,
        detail: { ...facts.detail, sentBytes: 0, sentAll: false },
      });
  }
}

/** Nothing came in time; which of the known causes fit is told. */
export function noAnswer(
  to: HostPort,
  around: Surroundings | undefined,
  detail: NonNullable<ErrorFacts['detail']> & { readonly connected: boolean },
): BenchError {
  const place = sanitize(formatHostPort(to, 80));
  const facts = { detail: { host: to.host, port: to.port, ...detail } };
  if (detail.connected)
    return new BenchError('HTTP_NO_ANSWER', {
      ...facts,
      blame: 'device',
      message: `${place} took the connection and then said nothing more: it is busy, hangs, or its Wi-Fi failed.`,
      advice: 'Leave it on its power for a minute; then retry.',
    });
  if (around === undefined)
    return new BenchError('HTTP_NO_ANSWER', { ...facts, message: `${place} does not answer.` });
  if (around.mac !== undefined)
    return new BenchError('HTTP_NO_ANSWER', {
      ...facts,
      detail: { ...facts.detail, mac: around.mac },
      blame: 'device',
      message: `${place} takes no connection though ${around.mac} was heard at that address: it hangs, has just left, or a firewall is in the way.`,
      advice: 'Check that it is this unit; take it off its power for ten seconds; then retry.',
    });
  if (around.neighbour)
    return new BenchError('HTTP_NO_ANSWER', {
      ...facts,
      message: `Nobody answers for ${place}: the unit has no power, has another address now, or the access point keeps its clients apart (client isolation).`,
      advice:
        'Check its power and address; turn client isolation (guest network) off at the access point; then retry.',
    });
  if (ipv4Number(to.host) === undefined)
    return new BenchError('HTTP_NO_ANSWER', { ...facts, message: `${place} does not answer.` });
  return new BenchError('HTTP_NO_ANSWER', {
    ...facts,
    detail: { ...facts.detail, outside: true },
    message: `${place} does not answer, and lies outside of this computer's networks${ownNetworks(around)}.`,
    advice: 'Connect this computer to the network of the unit, or correct the address; then retry.',
  });
}

/** How far an exchange had come when its connection broke. */
export interface BrokenAt {
  /** What had come of an answer. */
  readonly answer: HttpAnswer | undefined;
  /** Bytes have come, be they an answer or not. */
  readonly hasBegunToAnswer: boolean;
  /** The peer ended in the orderly way; else it broke off. */
  readonly peerHasEnded: boolean;
  /** Of the body, at most. */
  readonly sentBytes: number;
  /** The peer may have got the whole request. */
  readonly sentAll: boolean;
}

/** What an error quotes of an answer that broke off. */
const QUOTED_CHARACTERS = 200;

/** Where a connection that stood came to its end before the whole answer had come. */
export function brokenExchange(to: HostPort, cause: unknown, at: BrokenAt): BenchError {
  const place = sanitize(formatHostPort(to, 80));
  const { answer, hasBegunToAnswer, peerHasEnded, sentBytes, sentAll } = at;
  const code = systemCode(cause);
  const detail = {
    host: to.host,
    port: to.port,
    cause: code,
    sentBytes,
    sentAll,
    ...(answer && {
      status: answer.status,
      answer: sanitize(answer.text().slice(0, QUOTED_CHARACTERS)),
    }),
  };
  if (code.startsWith('HPE_'))
    return new BenchError('HTTP_BAD_ANSWER', {
      message: `What ${place} answers is not HTTP: another device, or another kind of server.`,
      detail,
      cause,
    });
  if (hasBegunToAnswer && peerHasEnded)
    return new BenchError('HTTP_BAD_ANSWER', {
      message: `${place} ended its answer before it was whole.`,
      advice: 'Bring the unit nearer to the access point; then retry.',
      detail,
      cause,
    });
  const sent = sentAll ? 'after it had been sent everything' : `after ${sentBytes} bytes had been sent to it`;
  return peerHasEnded
    ? new BenchError('HTTP_CLOSED', {
        message: `${place} closed the connection without an answer, ${sent}.`,
        detail,
        cause,
      })
    : new BenchError('HTTP_RESET', { message: `${place} broke the connection off ${sent}.`, detail, cause });
}

const ownNetworks = (around: Surroundings | undefined): string =>
  around === undefined ? '' : around.own.length === 0 ? ' (it is on none)' : ` (${around.own.join(', ')})`;
