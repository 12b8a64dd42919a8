import type { Clock } from '../../../core/clock.ts';
import { type OwnAddress, isPrivate, neighbourhoodOf } from '../interfaces.ts';
import type { AnnouncedService } from '../port.ts';
import { decodeRecords, encodeQuestions, type MdnsQuestion, type MdnsRecord } from './packet.ts';
import { ServiceCache } from './service-cache.ts';

/** The group of all who listen to announcements, on every interface of this computer. */
export interface MdnsGroup {
  /** To all; what cannot be sent is lost. Looks first whether interfaces have come or gone. */
  send(bytes: Uint8Array): void;
  close(): void;
}
export type JoinMdnsGroup = (onMessage: (bytes: Uint8Array) => void) => MdnsGroup;

/** Waits between one question and the next, ms: each at least twice the one before (RFC 6762, 5.2). */
const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 60_000;
const PAUSE_FACTOR = 3;
/** A host or text that an announcement left out is asked for soon, but not for each message anew, ms. */
const FOLLOW_UP_MS = 200;
/** Questions that fit into one packet of the network for sure. */
const MAX_QUESTIONS = 12;

export interface BrowseOptions {
  readonly types: readonly string[];
  readonly onFound: (service: AnnouncedService) => void;
  readonly clock: Clock;
  readonly join: JoinMdnsGroup;
  readonly ownAddresses: () => readonly OwnAddress[];
}

/** Asks for services and tells of each that is new or has changed, until the function that is returned is called. */
export function browse({ types, onFound, clock, join, ownAddresses }: BrowseOptions): () => void {
  const cache = new ServiceCache(
    types,
    (address) => isPrivate(address) || neighbourhoodOf(address, ownAddresses()) !== undefined,
  );
  let isOver = false;
  let cancelAsking = () => {};
  let cancelFollowUp: (() => void) | undefined;
  /** Asked for between two rounds: each thing once. */
  let followedUp = new Set<string>();

  const group = join((bytes) => {
    const records = recordsIn(bytes);
    if (isOver || records.length === 0) return;
    for (const service of cache.hear(records)) onFound(service);
    if (cache.missing().length > 0) cancelFollowUp ??= clock.after(FOLLOW_UP_MS, followUp);
  });
  const ask = (questions: readonly MdnsQuestion[]) => {
    for (let at = 0; at < questions.length; at += MAX_QUESTIONS)
      group.send(encodeQuestions(questions.slice(at, at + MAX_QUESTIONS)));
  };
  const followUp = () => {
    cancelFollowUp = undefined;
    const questions = cache.missing().filter((question) => !followedUp.has(JSON.stringify(question)));
    for (const question of questions) followedUp.add(JSON.stringify(question));
    ask(questions);
  };
  const askAll = (pauseMs: number) => {
    followedUp = new Set();
    ask([...types.map((type) => ({ type: 'PTR' as const, name: `${type}.local` })), ...cache.missing()]);
    cancelAsking = clock.after(pauseMs, () => askAll(Math.min(pauseMs * PAUSE_FACTOR, LONGEST_PAUSE_MS)));
  };
  askAll(FIRST_PAUSE_MS);

  return () => {
    isOver = true;
    cancelAsking();
    cancelFollowUp?.();
    group.close();
  };
}

/** What cannot be read is nobody's: everything that is loud on the network comes here. */
function recordsIn(bytes: Uint8Array): readonly MdnsRecord[] {
  try {
    return decodeRecords(bytes);
  } catch {
    return [];
  }
}
