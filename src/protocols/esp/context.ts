import type { ChipSpec } from './chips/chip.ts';
import type { Conversation } from './conversation.ts';

/** What an operation needs of the loader session it runs in. */
export interface LoaderContext {
  readonly talk: Conversation;
  readonly chip: ChipSpec;
  /** See `EspLoader.resync`. */
  resync(): Promise<void>;
  /** See `EspLoader.slowDown`. */
  slowDown(): Promise<number | undefined>;
}
