/** How the client that will fetch a file is known to behave; decides what the self-test tries and what is refused. */
export type FetchStyle =
  /** Mongoose OS: `Range: bytes=0-`, `X-MGOS-*` headers; the zip of a takeover. */
  | 'mongoose'
  /** The intermediate firmware of mgos-to-tasmota: plain GET, checks nothing but status 200. */
  | 'takeover'
  /** ESP8266httpUpdate (Tasmota, ESPHome, tuya targets): HTTP/1.0, `x-ESP8266-*` headers, verifies `x-MD5`. */
  | 'esp8266-update'
  /** HAA: keep-alive, ranges of 4 KiB, wants Content-Length and Content-Range. */
  | 'haa'
  /** Sonoff DIY: ranges, a wrong Host, POSTs its result. */
  | 'sonoff-diy';

export interface OfferedFile {
  /** Last part of its URL. Letters, digits, `.`, `-`, `_`: `tasmota-lite.bin`. */
  readonly name: string;
  readonly content: Uint8Array;
  /** Lower-case hex; compared again in the server before anything is told of it. */
  readonly sha256: string;
}

export interface Offer {
  /** For the log: the slot's label. */
  readonly unit: string;
  /** An address of the unit: decides by which of this computer's addresses the files are reached. */
  readonly towards: string;
  /** Everything this unit may fetch in this job, all stages; nothing else is answered but 404. */
  readonly files: readonly OfferedFile[];
  readonly style: FetchStyle;
  /** Of the unit: a request that names another MAC in its headers is refused. */
  readonly mac?: string;
}

/** What happens at an offer. `offsetBytes` and `bytes` count content, not headers. Text of a unit is sanitised. */
export type FetchEvent =
  | { readonly type: 'asked'; readonly file: string; readonly headers: Readonly<Record<string, string>> }
  /** Distinct bytes of the file that the unit has acknowledged so far. */
  | { readonly type: 'bytes'; readonly file: string; readonly bytes: number; readonly totalBytes: number }
  /** Every byte of the file was acknowledged. */
  | { readonly type: 'whole'; readonly file: string }
  /** The unit went away in the middle. */
  | { readonly type: 'broken'; readonly file: string; readonly bytes: number }
  /** Refused in the way that leaves the unit untouched, and why. */
  | { readonly type: 'refused'; readonly file: string; readonly status: number; readonly reason: string }
  /** A JSON result that the unit posted (Sonoff DIY). */
  | { readonly type: 'posted'; readonly path: string; readonly body: string }
  /** The server is gone: nothing more will be heard. */
  | { readonly type: 'lost'; readonly reason: string };

/** Files of one unit and job on the server, self-tested through the bench's own address. */
export interface Offering {
  /** At most 100 characters; its folder is unguessable and without `-` or `.`. */
  urlOf(file: string): string;
  /** Host and port of these URLs. */
  readonly at: { readonly host: string; readonly port: number };
  /** Bytes per second of the self-test. */
  readonly selfTestBytesPerSecond: number;
  /** Events so far are told at once. Returns the unsubscribe function. */
  subscribe(listener: (event: FetchEvent) => void): () => void;
  /** From now on new requests get 404; a transfer that runs is finished. Idempotent. */
  withdraw(): Promise<void>;
}

/**
 * The bench's own firmware server: a process of its own, which outlives this one until every transfer that was
 * begun is whole. Started by the first offer.
 */
export interface FirmwareServer {
  /** Throws SERVER_FAILED, SERVER_UNREACHABLE (self-test), FIRMWARE_REFUSED (hash). Nothing was told to the unit yet. */
  offer(offer: Offer, options: { readonly signal: AbortSignal }): Promise<Offering>;
}
