import type { ChipSpec } from './chips/chip.ts';
import type { Conversation } from './conversation.ts';

/** What an operation needs of the loader session it runs in. */
export interface LoaderContext {
  readonly talk: Conversation;
  readonly chip: ChipSpec;
  /** See `EspLoader.resync`; `after` is thrown instead when nobody is found: it knows what was being asked. */
  resync(after?: Error): Promise<void>;
  /** See `EspLoader.slowDown`. */
  slowDown(): Promise<number | undefined>;
}
