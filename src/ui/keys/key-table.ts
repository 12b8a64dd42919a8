import type { Symbols } from '../theme/symbols.ts';
import * as why from './why-not.ts';
import type { KeyContext } from './why-not.ts';

export type ScreenName =
  'start' | 'new' | 'bench' | 'device' | 'log' | 'results' | 'unit' | 'adapters' | 'settings' | 'help';

export type CommandId = (typeof KEY_TABLE)[number]['id'];

/** One key command: handler, footer, help and the answer of a disabled key all come from its row. */
export interface KeyRow {
  readonly id: string;
  readonly keys: readonly string[];
  /** In the footer; at most 12 letters. */
  readonly label: string;
  /** In the help, one sentence. */
  readonly help: string;
  readonly on: readonly ScreenName[];
  /** False for keys that everybody knows: they stand in the help only. */
  readonly footer?: false;
  /** Why it does nothing now; undefined when it works. */
  readonly why?: (context: KeyContext) => string | undefined;
}

const lists: readonly ScreenName[] = [
  'start',
  'new',
  'bench',
  'device',
  'log',
  'results',
  'unit',
  'adapters',
  'settings',
  'help',
];
/** Where q leaves the program. */
const roots: readonly ScreenName[] = ['start', 'bench'];
const slots: readonly ScreenName[] = ['bench', 'device'];

export const KEY_TABLE = [
  { id: 'up', keys: ['up', 'k'], label: 'up', help: 'One row up.', on: lists, footer: false },
  { id: 'down', keys: ['down', 'j'], label: 'down', help: 'One row down.', on: lists, footer: false },
  { id: 'first', keys: ['g', 'home'], label: 'first', help: 'To the first row.', on: lists, footer: false },
  { id: 'last', keys: ['G', 'end'], label: 'last', help: 'To the last row.', on: lists, footer: false },
  { id: 'pageUp', keys: ['pageup'], label: 'page up', help: 'One page up.', on: lists, footer: false },
  {
    id: 'pageDown',
    keys: ['pagedown'],
    label: 'page down',
    help: 'One page down.',
    on: lists,
    footer: false,
  },
  {
    id: 'choose',
    keys: ['1', '2', '3', '4', '5', '6', '7', '8', '9'],
    label: 'answer',
    help: 'Answers the question with this choice.',
    on: ['device'],
    why: why.choose,
  },
  {
    id: 'open',
    keys: ['enter'],
    label: 'open',
    help: 'Opens the row under the cursor; in a form, goes on.',
    on: ['start', 'new', 'bench', 'results', 'unit', 'adapters', 'settings'],
    why: why.open,
  },
  {
    id: 'perform',
    keys: ['w'],
    label: 'do it',
    help: 'Practice bench: does the asked act (wires, power) on the virtual unit.',
    on: slots,
    why: why.perform,
  },
  {
    id: 'nextWaiting',
    keys: ['tab'],
    label: 'needs you',
    help: 'To the next place that needs you.',
    on: slots,
    why: why.nextWaiting,
  },
  {
    id: 'retry',
    keys: ['r'],
    label: 'retry',
    help: 'Runs settled places again from detect.',
    on: [...slots, 'results'],
    why: why.retry,
  },
  {
    id: 'lookAgain',
    keys: ['o'],
    label: 'look again',
    help: 'UNSURE only: watches for the proof again and writes nothing.',
    on: [...slots, 'results'],
    why: why.lookAgain,
  },
  {
    id: 'skip',
    keys: ['s'],
    label: 'skip',
    help: 'Leaves the unit out, while nothing is written to it yet.',
    on: slots,
    why: why.skip,
  },
  {
    id: 'cancel',
    keys: ['c'],
    label: 'cancel',
    help: 'Stops the place at its next safe point.',
    on: slots,
    why: why.cancel,
  },
  {
    id: 'cancelAll',
    keys: ['C'],
    label: 'cancel all',
    help: 'Stops every place at its next safe point; asks for a typed word.',
    on: ['bench'],
    footer: false,
    why: why.cancelAll,
  },
  {
    id: 'finish',
    keys: ['F'],
    label: 'finish',
    help: 'Cycle: ends the batch after the unit that is in now.',
    on: slots,
    why: why.finish,
  },
  {
    id: 'mark',
    keys: [' '],
    label: 'mark',
    help: 'Marks the row; r, o, s and c then act on all marked rows.',
    on: ['new', 'bench', 'results'],
  },
  {
    id: 'range',
    keys: ['v'],
    label: 'range',
    help: 'Marks from here to where v is pressed again.',
    on: ['bench'],
    footer: false,
  },
  {
    id: 'all',
    keys: ['a'],
    label: 'all',
    help: 'Marks all rows, or none when all are marked.',
    on: ['new', 'bench', 'results'],
    footer: false,
  },
  {
    id: 'invert',
    keys: ['*'],
    label: 'invert',
    help: 'Marks what is not marked.',
    on: ['bench'],
    footer: false,
  },
  { id: 'log', keys: ['l'], label: 'log', help: 'The whole log of the place.', on: slots, why: why.slot },
  {
    id: 'follow',
    keys: ['f'],
    label: 'follow',
    help: 'Follows the end of the log, or stops following.',
    on: ['log'],
  },
  {
    id: 'nextMatch',
    keys: ['n'],
    label: 'next',
    help: 'Next line that matches the search.',
    on: ['log'],
    why: why.match,
  },
  {
    id: 'previousMatch',
    keys: ['N'],
    label: 'previous',
    help: 'Previous line that matches the search.',
    on: ['log'],
    footer: false,
    why: why.match,
  },
  {
    id: 'wiring',
    keys: ['i'],
    label: 'wiring',
    help: 'The wiring pages of the flow, one after the other.',
    on: ['device'],
    why: why.wiring,
  },
  { id: 'results', keys: ['e'], label: 'results', help: 'Results of the batch.', on: slots, why: why.batch },
  {
    id: 'passes',
    keys: ['p'],
    label: 'passes',
    help: 'Shows or hides the units that passed.',
    on: ['results'],
  },
  {
    id: 'note',
    keys: ['n'],
    label: 'note',
    help: 'Adds a note to the record of the run.',
    on: ['results', 'device'],
    why: why.note,
  },
  {
    id: 'export',
    keys: ['x'],
    label: 'export',
    help: 'Writes the results as CSV and says where.',
    on: ['results', 'bench'],
    why: why.batch,
  },
  {
    id: 'new',
    keys: ['+'],
    label: 'new batch',
    help: 'A new batch; the others run on.',
    on: ['start', 'bench'],
    why: why.start,
  },
  {
    id: 'dryRun',
    keys: ['t'],
    label: 'dry run',
    help: 'Checks files, settings and links of the job; touches no unit.',
    on: ['start'],
    why: why.job,
  },
  {
    id: 'again',
    keys: ['r'],
    label: 'run again',
    help: 'The same again with the units that are still open; shows first what will be done.',
    on: ['start'],
    why: why.again,
  },
  {
    id: 'save',
    keys: ['S'],
    label: 'save job',
    help: 'Saves this as a job under a name.',
    on: ['new'],
    why: why.save,
  },
  {
    id: 'type',
    keys: ['t'],
    label: 'type',
    help: 'Types a link or a path (a paste works without it).',
    on: ['new'],
    why: why.type,
  },
  {
    id: 'practice',
    keys: ['p'],
    label: 'practice',
    help: 'A batch on the practice bench: virtual units, no hardware.',
    on: ['start'],
    why: why.start,
  },
  {
    id: 'dashboard',
    keys: ['b'],
    label: 'bench',
    help: 'To the dashboard of the batches of this session.',
    on: ['start'],
    why: why.dashboard,
  },
  {
    id: 'previousBatch',
    keys: ['['],
    label: 'batch before',
    help: 'To the batch before.',
    on: ['bench'],
    footer: false,
    why: why.batches,
  },
  {
    id: 'nextBatch',
    keys: [']'],
    label: 'next batch',
    help: 'To the next batch.',
    on: ['bench'],
    footer: false,
    why: why.batches,
  },
  {
    id: 'close',
    keys: ['d'],
    label: 'put away',
    help: 'Takes a batch that has ended off this screen; its records stay.',
    on: ['start', 'bench'],
    why: why.close,
  },
  {
    id: 'delete',
    keys: ['D'],
    label: 'delete job',
    help: 'Deletes the saved job.',
    on: ['start'],
    footer: false,
    why: why.job,
  },
  {
    id: 'rename',
    keys: ['e'],
    label: 'name it',
    help: 'Gives the adapter a name of its own.',
    on: ['adapters'],
  },
  {
    id: 'adapters',
    keys: ['A'],
    label: 'adapters',
    help: 'The adapters that are plugged in, and their names.',
    on: ['start'],
  },
  {
    id: 'unit',
    keys: ['h'],
    label: 'history',
    help: 'All that is known of a unit, by MAC, last six digits or run number.',
    on: ['start', 'bench', 'device', 'results'],
  },
  {
    id: 'filter',
    keys: ['/'],
    label: 'filter',
    help: 'Shows only rows with this text; !text shows the others. In a log: searches.',
    on: ['bench', 'results', 'log'],
  },
  {
    id: 'settings',
    keys: [','],
    label: 'settings',
    help: 'Operator name, bell, symbols.',
    on: ['start', 'bench'],
  },
  {
    id: 'back',
    keys: ['escape'],
    label: 'back',
    help: 'Back to the screen before.',
    on: lists.filter((screen) => screen !== 'start'),
  },
  {
    id: 'help',
    keys: ['?'],
    label: 'help',
    help: 'This page.',
    on: lists.filter((screen) => screen !== 'help'),
  },
  {
    id: 'leave',
    keys: ['q'],
    label: 'back',
    help: 'Back to the screen before.',
    on: lists.filter((screen) => !roots.includes(screen)),
    footer: false,
  },
  { id: 'quit', keys: ['q'], label: 'quit', help: 'Quits; asks while units are at work.', on: roots },
] as const satisfies readonly KeyRow[];

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
