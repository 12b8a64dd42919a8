import type { Clock } from '../../core/clock.ts';

export interface ServeOptions {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  readonly clock: Clock;
  /** Number of the unit; 1 when missing. */
  readonly unit?: number;
  readonly state?: string;
  readonly faults?: readonly string[];
  readonly paceBaud?: number;
  /** Flash content: read when it is there, written back as it changes. Without it the flash lives in memory. */
  readonly image?: string;
  /** One line per thing worth knowing: a connection, a reset. */
  readonly log?: (text: string) => void;
}

export interface RunningServer {
  /** E.g. `tcp://127.0.0.1:5000`, with the real port. */
  readonly url: string;
  readonly port: number;
  /** Ends connections and writes the image. Idempotent. */
  close(): Promise<void>;
}
