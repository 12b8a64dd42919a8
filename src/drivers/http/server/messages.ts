import type { FetchEvent, FetchStyle } from '../firmware-server.ts';

/** What the bench and its firmware server say to each other over Node's own channel (structured clones). */
export type ToServer =
  | { readonly type: 'offer'; readonly id: number; readonly order: OfferOrder }
  /** From now on its folder answers 404. Answered when this is so. */
  | { readonly type: 'withdraw'; readonly id: number; readonly folder: string }
  /** The bench ends in good order: what nobody has come for is withdrawn, the rest goes on without it. */
  | { readonly type: 'leaving' };

export type ToBench =
  | { readonly type: 'ready' }
  | { readonly type: 'answer'; readonly id: number; readonly answer: OrderAnswer }
  | { readonly type: 'events'; readonly offers: readonly OfferEvents[] }
  /** A defect that was survived. */
  | { readonly type: 'trouble'; readonly text: string };

/** Changes with these messages: a server of another build is not talked to. */
export const PROTOCOL = '1';

export interface OfferOrder {
  readonly unit: string;
  /** Of this computer, to listen on. */
  readonly address: string;
  /** 0: any that is free. */
  readonly port: number;
  readonly style: FetchStyle;
  readonly mac?: string;
  /** Where the unit was when the offer was made. */
  readonly towards: string;
  readonly files: readonly { readonly name: string; readonly sha256: string }[];
  /** By hash; what the server has of another unit's offer needs not be sent again. */
  readonly contents: ReadonlyMap<string, Uint8Array>;
  /** Value of the header by which the bench's own test requests are told from the unit's. */
  readonly selfTestKey: string;
}

export type OrderAnswer =
  | { readonly kind: 'offered'; readonly folder: string; readonly port: number }
  /** Send the order again with these contents. */
  | { readonly kind: 'missing'; readonly sha256s: readonly string[] }
  | { readonly kind: 'refused'; readonly why: string }
  | { readonly kind: 'port-taken' }
  | { readonly kind: 'failed'; readonly why: string }
  | { readonly kind: 'withdrawn' };

export interface OfferEvents {
  readonly folder: string;
  readonly events: readonly FetchEvent[];
}

/** In lower case, as both sides look for it. */
export const SELF_TEST_HEADER = 'x-benchflash-self-test';
