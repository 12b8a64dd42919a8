import type { Chip } from '../chip/chip.ts';

export type StubVersion = 1 | 2;

/** What a loader may do with the unit it runs in. Times are in ms of the monotonic clock. */
export interface LoaderHost {
  readonly chip: Chip;
  /** Time of erasing one sector, ms; 0 where time is not modelled. */
  readonly sectorEraseMs: number;
  /** `ms` where flash time is modelled, else 0. */
  cost(ms: number): number;
  /** Frames and sends `payload`, not before `atMs`. Does nothing once this loader is gone. */
  send(payload: Uint8Array, atMs: number): void;
  /** The ROM has heard a good SYNC; the rate it came at, undefined where the link has none. */
  synced(): number | undefined;
  startStub(version: StubVersion, atMs: number): void;
  /** Jumps to code in RAM that is no loader. */
  runUserCode(): void;
  /** Starts what is in flash, whatever GPIO0 says. */
  bootFromFlash(atMs: number): void;
  /** Restarts the chip; it keeps the boot mode it was powered up in. */
  softReset(atMs: number): void;
  /** Writing begins with the first byte of a BEGIN; told with the whole size. */
  writeBegan(totalBytes: number): void;
  /** `bytes` of the write that began are programmed now; false: the unit died of it. */
  wrote(bytes: number): boolean;
  /** Flash content went to the host. */
  wasRead(offset: number, bytes: number): void;
  /** Whether the reply to this command gets lost. */
  losesReply(op: number): boolean;
}

/** A program that serves loader frames: the mask ROM or a stub. */
export interface Loader {
  readonly kind: 'rom' | 'stub';
  /** Longest decoded frame it takes, bytes. */
  readonly frameLimitBytes: number;
  /** One decoded frame, whole at `atMs`. */
  frame(payload: Uint8Array, atMs: number): void;
}
