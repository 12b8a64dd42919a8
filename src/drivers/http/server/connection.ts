import type { Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { Clock } from '../../../core/clock.ts';
import { deviceText } from '../../../core/text.ts';
import type { Acknowledged } from './acknowledged.ts';
import { type Answer, answerFetch, headOf, keepsConnection, nothing, type ServedPart } from './answers.ts';
import { Intake } from './intake.ts';
import type { LiveOffer, Offers, Sending } from './offers.ts';
import type { RequestHead } from './request-head.ts';
import { SentBytes } from './sent-bytes.ts';
import { sendPart } from './transfer.ts';
import { shownHeaders } from './unit-headers.ts';

/** From the connection to its first whole request; a unit with bad reception sends some of its segments again, ms. */
const FIRST_REQUEST_LIMIT_MS = 20_000;
/** Between requests of one connection: a unit erases and writes flash meanwhile, ms. */
const NEXT_REQUEST_LIMIT_MS = 60_000;
/** From our end to the peer's, everything being acknowledged, ms. */
const PEER_END_LIMIT_MS = 30_000;
/** Bodies that are on their way to one unit at once; what is more is a client gone wild. */
const MAX_SENDINGS_PER_OFFER = 16;
/** A peer of which as much has not been heard is taken for gone when it asks anew, ms. */
const STALLED_MS = 60_000;

/** Sonoff DIY tells its result by this path of the server's root. */
const SONOFF_RESULT_PATH = '/api/device/otaFlash';
const KEPT_RESULT_CHARACTERS = 500;

export interface ConnectionHost {
  readonly clock: Clock;
  readonly offers: Offers;
  readonly acknowledged: Acknowledged;
  /** Something at an offer has changed. */
  onSign(offer: LiveOffer): void;
}

/**
 * One connection of a unit. It speaks HTTP by itself, since what matters here is what Node's own server does as it
 * sees fit: an answer that was begun goes on when the peer closes its side or sends garbage, a body ends with its last
 * byte or not at all, and nothing is closed before that byte is acknowledged.
 */
export class Connection {
  readonly #socket: Socket;
  readonly #host: ConnectionHost;
  readonly #intake: Intake;
  readonly #sent: SentBytes;
  readonly #peer: string;
  #offer: LiveOffer | undefined;
  /** What its last `asked` named: pieces of one file are one try. */
  #asked: string | undefined;
  /** While a body is on its way. */
  #sending: Sending | undefined;

  constructor(socket: Socket, host: ConnectionHost) {
    this.#socket = socket;
    this.#host = host;
    this.#peer = socket.remoteAddress ?? '';
    socket.setNoDelay(true);
    // Notices a unit that lost its power between two bodies; in mid-body the kernel's own repetitions do.
    socket.setKeepAlive(true, NEXT_REQUEST_LIMIT_MS);
    socket.on('error', () => {});
    this.#intake = new Intake(socket, host.clock);
    this.#sent = new SentBytes(socket);
  }

  /** What would be lost if it were closed now: a body, a unit's way to its next piece, or nothing. */
  get carries(): 'body' | 'unit' | 'nothing' {
    return this.#sending ? 'body' : this.#offer ? 'unit' : 'nothing';
  }

  /** Serves it until it is over; never rejects. */
  async serve(): Promise<void> {
    try {
      while (await this.#serveNext());
    } catch {
      // The connection is gone; what was under way has been reported.
    }
    await this.#end();
  }

  /** True when another request may follow. */
  async #serveNext(): Promise<boolean> {
    const isFirst = this.#offer === undefined;
    const received = await this.#intake.next(isFirst ? FIRST_REQUEST_LIMIT_MS : NEXT_REQUEST_LIMIT_MS);
    if (received.kind === 'gone') return false;
    if (received.kind === 'bad') {
      await this.#write(nothing(received.status), 1, false);
      return false;
    }
    const { request, body } = received;
    if (request.method === 'POST' && request.path === SONOFF_RESULT_PATH) {
      const keep = keepsConnection(request, nothing(200), this.#takeResult(body));
      await this.#write(nothing(200), request.minor, keep);
      return keep;
    }
    return this.#answer(request, answerFetch(request, this.#host.offers));
  }

  async #answer(request: RequestHead, answer: Answer): Promise<boolean> {
    const { body, refusal } = answer;
    const offer = body?.offer ?? refusal?.offer;
    this.#offer = offer ?? this.#offer;
    if (offer && answer.isSelfTest !== true) {
      this.#sign(offer);
      const file = body?.name ?? refusal?.file ?? '';
      if (this.#asked !== `${offer.folder}/${file}`) {
        this.#asked = `${offer.folder}/${file}`;
        offer.report({ type: 'asked', file, headers: shownHeaders(request.headers) });
      }
      if (refusal) offer.report({ type: 'refused', file, status: answer.status, reason: refusal.reason });
    }
    const keep = keepsConnection(request, answer, offer?.style) && !this.#intake.hasEnded;
    if (!body || request.method === 'HEAD') {
      await this.#write(answer, request.minor, keep);
      return keep;
    }
    if (!this.#hasRoom(body.offer)) {
      await this.#write(nothing(503), request.minor, false);
      return false;
    }
    const head = headOf(answer, request.minor, keep);
    await this.#send(head, body, { isLast: !keep, isSelfTest: answer.isSelfTest === true });
    return keep;
  }

  async #send(
    head: string,
    part: ServedPart,
    { isLast, isSelfTest }: { readonly isLast: boolean; readonly isSelfTest: boolean },
  ): Promise<void> {
    const { offer, name, range } = part;
    const sending: Sending = {
      peer: this.#peer,
      lastMs: this.#host.clock.monotonicMs(),
      giveUp: () => this.#socket.destroy(),
    };
    this.#sending = sending;
    offer.sendings.add(sending);
    if (!isSelfTest) {
      offer.begun = true;
      offer.peer = this.#peer;
      this.#sign(offer);
    }
    let isWhole = false;
    try {
      await sendPart(Buffer.from(head, 'latin1'), part, {
        socket: this.#socket,
        sent: this.#sent,
        intake: this.#intake,
        acknowledged: this.#host.acknowledged,
        isLast,
        smallPieces: offer.style === 'takeover' && !isSelfTest && isOwnAddress(this.#peer),
        onAcknowledged: (bytes) => {
          if (isSelfTest) return;
          this.#sign(offer);
          sending.lastMs = offer.lastSignMs;
          isWhole = bytes === range.end - range.start;
          offer.acknowledged(name, this.#peer, { start: range.start, end: range.start + bytes });
        },
      });
    } catch (error) {
      // Whatever it was: a body that is cut off is the end of a unit, one that only stands still is not.
      await gone(this.#socket);
      throw error;
    } finally {
      this.#sending = undefined;
      offer.sendings.delete(sending);
      if (!isSelfTest && !isWhole)
        offer.report({ type: 'broken', file: name, bytes: offer.fetchedBytes(name) });
      this.#host.onSign(offer);
    }
  }

  /** A unit that lost its power leaves connections behind that nobody will ever close; the oldest of them goes. */
  #hasRoom(offer: LiveOffer): boolean {
    if (offer.sendings.size < MAX_SENDINGS_PER_OFFER) return true;
    const stalledBefore = this.#host.clock.monotonicMs() - STALLED_MS;
    const left = [...offer.sendings].find(
      ({ peer, lastMs }) => peer === this.#peer && lastMs <= stalledBefore,
    );
    left?.giveUp();
    return left !== undefined;
  }

  #sign(offer: LiveOffer): void {
    this.#host.offers.sign(offer, this.#host.clock.monotonicMs());
    this.#host.onSign(offer);
  }

  /** Of the unit that fetched over this very connection, else of the one at this address. */
  #takeResult(body: Buffer): LiveOffer['style'] | undefined {
    const offer = this.#offer ?? this.#host.offers.ofSonoffAt(this.#peer);
    if (!offer) return undefined;
    this.#sign(offer);
    offer.posted = true;
    const text = deviceText(body).slice(0, KEPT_RESULT_CHARACTERS);
    offer.report({ type: 'posted', path: SONOFF_RESULT_PATH, body: text });
    return offer.style;
  }

  async #write(answer: Answer, minor: 0 | 1, keep: boolean): Promise<void> {
    await this.#sent.write(Buffer.from(headOf(answer, minor, keep), 'latin1'));
  }

  /** Our end, then the peer's: a connection that is simply closed may be reset, and the rest of what was sent with it. */
  async #end(): Promise<void> {
    const { clock } = this.#host;
    this.#socket.end();
    if (!this.#intake.hasEnded)
      await new Promise<void>((resolve) => {
        const cancel = clock.after(PEER_END_LIMIT_MS, resolve);
        this.#intake.onHeard = () => {
          if (!this.#intake.hasEnded) return;
          cancel();
          resolve();
        };
      });
    if (!this.#socket.destroyed) this.#socket.destroySoon();
  }
}

function isOwnAddress(address: string): boolean {
  const own = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return address.startsWith('127.') || own.some((one) => one.address === address);
}

async function gone(socket: Socket): Promise<void> {
  if (!socket.destroyed) await new Promise<void>((resolve) => socket.once('close', () => resolve()));
}
