import type { Clock } from '../../../core/clock.ts';
import type { LogSink } from '../../../core/log.ts';
import type { ProgressSink } from '../../../core/progress.ts';
import type { SwsEncoding } from './codec.ts';

/** `full`: RX hears the chip; `tx-only`: three wires, nothing comes back and nothing is known. Chosen, never fallen into. */
export type WireAbility = 'full' | 'tx-only';

export interface WireOptions {
  readonly clock: Clock;
  readonly log?: LogSink;
  /** In order of preference; a port that takes none of them throws BAUD_REFUSED. Default SWS_BAUD_LADDER. */
  readonly baudRates?: readonly number[];
}

export interface TxOnlyOptions extends WireOptions {
  /** Default `bit-per-character`; the other is twice as fast and harder to keep free of gaps. */
  readonly encoding?: SwsEncoding;
}

/** Limits and sinks of one operation; the signal is looked at between pages and sectors only. */
export interface OperationOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: ProgressSink;
  /** Shown with the progress, e.g. `writing firmware`. */
  readonly label?: string;
}

export interface FlashRegion {
  /** In flash, bytes; a multiple of 4096, because whole sectors are erased. */
  readonly offset: number;
  readonly bytes: Uint8Array;
}

export interface FlashIdentity {
  /** JEDEC id as six hex digits, manufacturer first: `c86013`. */
  readonly id: string;
  readonly sizeBytes: number;
}

export interface WriteReport {
  readonly sectorsErased: number;
  readonly pagesWritten: number;
  /** Pages of nothing but FF: erased, and left so. */
  readonly pagesBlank: number;
  readonly bytesWritten: number;
}

export interface VerifyOptions extends OperationOptions {
  /** Reads every byte back instead of samples. */
  readonly whole?: boolean;
}

export interface VerifyReport {
  /** `whole`: every byte was compared. Samples alone are no proof of a whole image. */
  readonly kind: 'samples' | 'whole';
  readonly bytesCompared: number;
}
