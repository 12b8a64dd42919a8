import type { Outcome } from '../../core/outcome.ts';

/** What a piece of text means; how that looks is the theme's business. Colour never carries meaning alone. */
export type Tone =
  | 'plain'
  | 'dim'
  | 'strong'
  | 'title'
  | 'heading'
  | 'key'
  | 'good'
  | 'fail'
  | 'error'
  | 'unsure'
  | 'skipped'
  | 'active'
  | 'attention'
  | 'warning'
  | 'field';

export type Theme = Readonly<Record<Tone, readonly [open: string, close: string]>>;

/** SGR pairs; modes and cursor moves belong to terminal.ts. */
const sgr = (open: string, close: string): readonly [string, string] => [
  `\u001b[${open}m`,
  `\u001b[${close}m`,
];
const none: readonly [string, string] = ['', ''];
const bold = sgr('1', '22');
const dim = sgr('2', '22');
const inverse = sgr('7', '27');
const boldInverse: readonly [string, string] = ['\u001b[1m\u001b[7m', '\u001b[27m\u001b[22m'];
/** One of the 256 indexed colours, which every terminal emulator of today has. */
const colour = (index: number) => sgr(`38;5;${index}`, '39');

/** Blue against orange: told apart with every common colour blindness. */
export const colourTheme: Theme = {
  plain: none,
  dim,
  strong: bold,
  title: bold,
  heading: colour(75),
  key: bold,
  good: colour(75),
  fail: colour(208),
  error: colour(220),
  unsure: colour(183),
  skipped: dim,
  active: colour(80),
  attention: ['\u001b[1m\u001b[38;5;16m\u001b[48;5;214m', '\u001b[49m\u001b[39m\u001b[22m'],
  warning: colour(214),
  field: inverse,
};

/** NO_COLOR, --no-color, TERM=dumb: bold, dim and inverse only. */
export const plainTheme: Theme = {
  plain: none,
  dim,
  strong: bold,
  title: bold,
  heading: bold,
  key: bold,
  good: none,
  fail: bold,
  error: bold,
  unsure: bold,
  skipped: dim,
  active: none,
  attention: boldInverse,
  warning: bold,
  field: inverse,
};

export const OUTCOME_TONES: Readonly<Record<Outcome, Tone>> = {
  PASS: 'good',
  CURRENT: 'good',
  UNSURE: 'unsure',
  FAIL: 'fail',
  ERROR: 'error',
  SKIPPED: 'skipped',
  ABORTED: 'skipped',
  INTERRUPTED: 'error',
};
