/** The steps every flow takes a unit through, in this order. */
export const STEP_IDS = ['detect', 'wire-check', 'backup', 'flash', 'verify', 'reboot'] as const;
export type StepId = (typeof STEP_IDS)[number];

/** What a batch does to its units. */
export type Task = 'flash' | 'backup' | 'restore';

/** Words by which an operator without a screen answers questions in advance. */
export const ASSUME_WORDS = [
  'wired',
  'no-backup',
  'other-unit',
  'rebind',
  'isolated-network',
  'pilot',
] as const;
export type AssumeWord = (typeof ASSUME_WORDS)[number];
