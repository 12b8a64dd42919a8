import { createContext, use } from 'react';
import type { Bench } from '../../bench/view.ts';
import type { Clock } from '../../core/clock.ts';
import type { FocusStack } from '../keys/focus-stack.ts';
import type { ScreenServices } from '../services.ts';
import type { Ink } from '../text/line.ts';
import type { Symbols } from '../theme/symbols.ts';
import type { FrameStore } from './frame-store.ts';
import type { RowBlocks } from './row-blocks.ts';
import type { ScreenStore } from './screen-store.ts';

/** What every screen can reach. Does not change while the program runs, but for the looks. */
export interface ScreenContext {
  readonly bench: Bench;
  readonly services: ScreenServices;
  readonly clock: Clock;
  readonly frames: FrameStore;
  readonly screen: ScreenStore;
  readonly focus: FocusStack;
  readonly blocks: RowBlocks;
  readonly symbols: Symbols;
  readonly ink: Ink;
  /** Started as `demo`. */
  readonly practice: boolean;
  /** Asks when something is at work, then leaves the program. */
  quit(): void;
  /** To the clipboard, where the terminal allows it. */
  copy(text: string): void;
  /** Symbols were changed in the settings. */
  applyPreferences(): void;
}

export const ScreenContextProvider = createContext<ScreenContext | undefined>(undefined);

export function useScreenContext(): ScreenContext {
  const context = use(ScreenContextProvider);
  if (context === undefined) throw new Error('used outside of the screen');
  return context;
}
