import type { ErrorCode } from '../core/errors.ts';
import { isGood, OUTCOMES, type Outcome } from '../core/outcome.ts';

/** What a script sees of a command; fixed. */
export const EXIT = {
  allGood: 0,
  notAll: 1,
  usage: 2,
  noSlotStarted: 3,
  interrupted: 130,
} as const;

/** Errors of what was asked for, found before any unit was touched. */
const USAGE_CODES: ReadonlySet<ErrorCode> = new Set([
  'USAGE',
  'FIRMWARE_REFUSED',
  'FIRMWARE_DOES_NOT_FIT_UNIT',
  'FILE_NOT_FOUND',
  'BACKUP_DAMAGED',
  'LINK_UNKNOWN',
]);

/** Errors that keep the whole bench from starting. */
const BENCH_CODES: ReadonlySet<ErrorCode> = new Set(['DATA_DIR_OWNED', 'DATA_DIR_UNUSABLE', 'DISK_FULL']);

/** A slot that ends with one of these at its first step never reached a unit. */
const NOT_STARTED_CODES: ReadonlySet<string> = new Set<ErrorCode>([
  'PORT_NOT_FOUND',
  'PORT_BUSY',
  'PORT_NO_PERMISSION',
  'PORT_OPEN_FAILED',
  'LINK_REFUSED',
  'LINK_UNKNOWN',
]);

/** For an error that ended a command. */
export function exitCodeOfError(code: ErrorCode): number {
  if (code === 'ABORTED') return EXIT.interrupted;
  if (USAGE_CODES.has(code)) return EXIT.usage;
  return BENCH_CODES.has(code) ? EXIT.noSlotStarted : EXIT.notAll;
}

/** How the last run of one slot ended. */
export interface SlotEnd {
  readonly outcome: Outcome;
  readonly step: string;
  readonly code?: string | undefined;
  readonly identity: { readonly mac?: string | undefined };
}

/**
 * For a batch that ran to its end. `counts` are units, the last run of each; `ends` the last outcome of each slot,
 * which alone tells a slot that never started from one whose unit failed.
 */
export function exitCodeOfBatch(
  counts: Readonly<Partial<Record<Outcome, number>>>,
  ends: readonly SlotEnd[],
): number {
  const units = (outcomes: readonly Outcome[]) =>
    outcomes.reduce((sum, outcome) => sum + (counts[outcome] ?? 0), 0);
  const bad = units(OUTCOMES.filter((outcome) => !isGood(outcome)));
  if (bad === 0 && units(OUTCOMES) > 0) return EXIT.allGood;
  return ends.length > 0 && ends.every(neverStarted) ? EXIT.noSlotStarted : EXIT.notAll;
}

const neverStarted = (end: SlotEnd): boolean =>
  end.outcome === 'ERROR' && end.identity.mac == null && NOT_STARTED_CODES.has(end.code ?? '');
