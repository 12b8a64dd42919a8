import { randomInt } from 'node:crypto';
import type { FetchEvent, FetchStyle } from '../firmware-server.ts';
import type { ByteRange } from './byte-range.ts';
import { Coverage } from './coverage.ts';
import type { OfferOrder } from './messages.ts';
import { needsOf } from './siblings.ts';
import type { StoredFile } from './stored-file.ts';
import { plainMac } from './unit-headers.ts';

const FOLDER_ALPHABET = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';
/**
 * 71 bits: nobody guesses it. Letters and digits only, since Tasmota looks for `-` and `.` in the whole URL. No longer,
 * since a takeover archive has 51 characters for the URL of its target, and `http://192.168.178.123:54321/` are 29.
 */
const FOLDER_CHARACTERS = 12;

const unguessableFolder = (): string =>
  Array.from({ length: FOLDER_CHARACTERS }, () => FOLDER_ALPHABET[randomInt(FOLDER_ALPHABET.length)]).join(
    '',
  );

export interface Sending {
  readonly peer: string;
  /** Monotonic ms of the last byte that was acknowledged. */
  lastMs: number;
  /** Closes its connection. */
  giveUp(): void;
}

/** What has become of an offer so far. */
export class LiveOffer {
  readonly folder = unguessableFolder();
  readonly unit: string;
  readonly style: FetchStyle;
  readonly mac: string | undefined;
  readonly towards: string;
  readonly selfTestKey: string;
  readonly files: ReadonlyMap<string, StoredFile>;
  /** Monotonic ms of the last sign that somebody is at it. */
  lastSignMs: number;
  /** A body of it has been sent to somebody, if only in part. */
  begun = false;
  /** New requests are answered 404. */
  withdrawn = false;
  /** Bodies that are on their way. */
  readonly sendings = new Set<Sending>();
  /** Last peer that fetched something. */
  peer: string | undefined;
  posted = false;
  readonly #needs: readonly (readonly string[])[];
  readonly #whole = new Set<string>();
  /** By file and peer: halves that two peers got make no whole. */
  readonly #fetched = new Map<string, Map<string, Coverage>>();
  readonly #report: (event: FetchEvent) => void;

  constructor(
    order: OfferOrder,
    files: ReadonlyMap<string, StoredFile>,
    nowMs: number,
    report: (folder: string, event: FetchEvent) => void,
  ) {
    this.unit = order.unit;
    this.style = order.style;
    this.mac = order.mac === undefined ? undefined : plainMac(order.mac);
    this.towards = order.towards;
    this.selfTestKey = order.selfTestKey;
    this.files = files;
    this.lastSignMs = nowMs;
    this.#needs = needsOf([...files.keys()]);
    this.#report = (event) => report(this.folder, event);
  }

  /** Everything its unit needs has been acknowledged. */
  get complete(): boolean {
    return this.#needs.every((names) => names.some((name) => this.#whole.has(name)));
  }

  report(event: FetchEvent): void {
    this.#report(event);
  }

  /** A peer has acknowledged this part of a file. */
  acknowledged(file: string, peer: string, part: ByteRange): void {
    const before = this.fetchedBytes(file);
    let peers = this.#fetched.get(file);
    if (!peers) this.#fetched.set(file, (peers = new Map<string, Coverage>()));
    let coverage = peers.get(peer);
    if (!coverage) peers.set(peer, (coverage = new Coverage()));
    coverage.add(part);
    const bytes = this.fetchedBytes(file);
    const totalBytes = this.files.get(file)?.content.length ?? 0;
    if (bytes > before) this.report({ type: 'bytes', file, bytes, totalBytes });
    if (bytes < totalBytes || this.#whole.has(file)) return;
    this.#whole.add(file);
    this.report({ type: 'whole', file });
  }

  /** Distinct bytes of it that one and the same peer has acknowledged. */
  fetchedBytes(file: string): number {
    return Math.max(0, ...[...(this.#fetched.get(file)?.values() ?? [])].map(({ bytes }) => bytes));
  }
}

/** All offers there are, by folder. */
export class Offers {
  readonly #live = new Map<string, LiveOffer>();
  /** Units that have fetched something: monotonic ms of their last sign, at whichever of their offers. */
  readonly #begun = new Map<string, number>();

  get all(): readonly LiveOffer[] {
    return [...this.#live.values()];
  }

  add(offer: LiveOffer): void {
    this.#live.set(offer.folder, offer);
  }

  get(folder: string): LiveOffer | undefined {
    return this.#live.get(folder);
  }

  withdraw(folder: string): void {
    const offer = this.#live.get(folder);
    if (!offer) return;
    offer.withdrawn = true;
    this.tidy();
  }

  /** Forgets withdrawn offers of which nothing is on its way any more, and their files with them. */
  tidy(): void {
    for (const [folder, offer] of this.#live)
      if (offer.withdrawn && offer.sendings.size === 0) this.#live.delete(folder);
  }

  /** A file that some offer holds: the same build for a tray of units is held once. */
  stored(sha256: string): StoredFile | undefined {
    for (const { files } of this.#live.values())
      for (const file of files.values()) if (file.sha256 === sha256) return file;
    return undefined;
  }

  /**
   * The offer for the Sonoff at this address: one that has fetched everything and has not told its result yet before
   * others.
   */
  ofSonoffAt(peer: string): LiveOffer | undefined {
    const rank = (offer: LiveOffer) => Number(offer.complete) * 2 + Number(!offer.posted);
    return this.all
      .filter((offer) => offer.style === 'sonoff-diy' && (offer.peer ?? offer.towards) === peer)
      .sort((one, other) => rank(other) - rank(one) || other.lastSignMs - one.lastSignMs)[0];
  }

  /** Somebody is at this offer. */
  sign(offer: LiveOffer, nowMs: number): void {
    offer.lastSignMs = nowMs;
    if (offer.begun) this.#begun.set(offer.unit, nowMs);
  }

  /** When the unit of this offer was last heard, if it has fetched anything: the offer may be its next stage. */
  begunSignMs(offer: LiveOffer): number | undefined {
    return this.#begun.get(offer.unit);
  }

  /** Another unit may come to the place of this one. */
  forget(unit: string): void {
    if (this.all.every((offer) => offer.unit !== unit || offer.withdrawn)) this.#begun.delete(unit);
  }
}
