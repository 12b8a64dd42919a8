import type { Symbols } from '../theme/symbols.ts';
import { KEY_TABLE } from './key-rows.ts';
import type { KeyRow, ScreenName } from './key-rows.ts';

export { KEY_TABLE } from './key-rows.ts';
export type { KeyRow, ScreenName } from './key-rows.ts';

export type CommandId = (typeof KEY_TABLE)[number]['id'];

/** The rows of one screen, in the order of footer and help. */
export const keysOf = (screen: ScreenName): readonly (KeyRow & { readonly id: CommandId })[] =>
  (KEY_TABLE as readonly (KeyRow & { readonly id: CommandId })[]).filter(({ on }) => on.includes(screen));

/** Keys that work everywhere, whatever has the focus. */
export const GLOBAL_KEYS: readonly { readonly keys: string; readonly help: string }[] = [
  { keys: 'Ctrl+C', help: 'Pressed twice: stops every place at its next safe point and leaves.' },
  { keys: 'Ctrl+Z', help: 'Suspends the program (not while a unit is being written).' },
  { keys: 'Ctrl+L', help: 'Draws the screen anew.' },
];

const KEY_NAMES: Readonly<Record<string, string>> = {
  ' ': 'Space',
  enter: 'Enter',
  escape: 'Esc',
  tab: 'Tab',
  home: 'Home',
  end: 'End',
  pageup: 'PgUp',
  pagedown: 'PgDn',
};

export function keyName(key: string, symbols: Symbols): string {
  if (key === 'up') return symbols.ascii ? 'Up' : '↑';
  if (key === 'down') return symbols.ascii ? 'Down' : '↓';
  return KEY_NAMES[key] ?? key;
}

/** How the keys of a row are written: `1-9`, `↑ k`. */
export const keyNames = (row: KeyRow, symbols: Symbols): string =>
  row.id === 'choose' ? '1-9' : row.keys.map((key) => keyName(key, symbols)).join(' ');
