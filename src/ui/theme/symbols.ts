import type { Outcome } from '../../core/outcome.ts';

/** Every glyph the screens draw beyond ASCII. All one cell wide; each has an ASCII twin of the same width. */
export interface Symbols {
  readonly ascii: boolean;
  readonly outcome: Readonly<Record<Outcome, string>>;
  readonly running: string;
  readonly needsOperator: string;
  readonly waiting: string;
  readonly cancelling: string;
  readonly takeOut: string;
  readonly stepDone: string;
  readonly stepFailed: string;
  readonly stepSkipped: string;
  readonly barFull: string;
  readonly barEmpty: string;
  readonly spinner: readonly string[];
  readonly ellipsis: string;
  readonly horizontal: string;
  readonly vertical: string;
  readonly upDown: string;
  readonly block: string;
}

export const unicodeSymbols: Symbols = {
  ascii: false,
  outcome: {
    PASS: '✔',
    CURRENT: '=',
    UNSURE: '~',
    FAIL: '✖',
    ERROR: '!',
    SKIPPED: '–',
    ABORTED: '■',
    INTERRUPTED: '┆',
  },
  running: '▸',
  needsOperator: '?',
  waiting: '·',
  cancelling: '▪',
  takeOut: '▲',
  stepDone: '✔',
  stepFailed: '✖',
  stepSkipped: '–',
  barFull: '█',
  barEmpty: '░',
  spinner: ['◐', '◓', '◑', '◒'],
  ellipsis: '…',
  horizontal: '─',
  vertical: '│',
  upDown: '↑↓',
  block: '█',
};

export const asciiSymbols: Symbols = {
  ascii: true,
  outcome: {
    PASS: '+',
    CURRENT: '=',
    UNSURE: '~',
    FAIL: 'X',
    ERROR: '!',
    SKIPPED: '-',
    ABORTED: '#',
    INTERRUPTED: '|',
  },
  running: '>',
  needsOperator: '?',
  waiting: '.',
  cancelling: '*',
  takeOut: '^',
  stepDone: '+',
  stepFailed: 'X',
  stepSkipped: '-',
  barFull: '#',
  barEmpty: '.',
  spinner: ['|', '/', '-', '\\'],
  ellipsis: '..',
  horizontal: '-',
  vertical: '|',
  upDown: 'up/down',
  block: '#',
};

const ASCII_TWINS: Readonly<Record<string, string>> = {
  '–': '-',
  '—': '-',
  '−': '-',
  '…': '..',
  '“': '"',
  '”': '"',
  '‘': "'",
  '’': "'",
  '→': '>',
  '×': 'x',
  µ: 'u',
  Ω: 'R',
  '≥': '>=',
  '≤': '<=',
  '·': '.',
};

/** For terminals without UTF-8: what has no twin becomes `?`, so that no byte is misread. */
export const toAscii = (text: string): string =>
  text.replaceAll(/[^\x20-\x7e]/gu, (character) => ASCII_TWINS[character] ?? '?');
