import type { ErrorCodeRow } from '../errors.ts';
import { KEEPS_BACKUP, NOTHING_WRITTEN } from './retries.ts';

/** The bench itself. */
export const BENCH_CODES = {
  BUG: {
    outcome: 'ERROR',
    blame: 'bench',
    message: 'benchflash itself failed in a way it does not know.',
    advice: 'Keep the batch folder and report it with the log; then retry.',
    retry: KEEPS_BACKUP,
  },
  ABORTED: {
    outcome: 'ABORTED',
    blame: 'operator',
    message: 'Cancelled by the operator.',
    advice: 'Retry when ready; the unit was stopped at a point from which it can be recovered.',
    retry: KEEPS_BACKUP,
  },
  SKIPPED_BY_OPERATOR: {
    outcome: 'SKIPPED',
    blame: 'operator',
    message: 'Skipped by the operator before anything was written.',
    advice: 'Retry this slot to take it into the batch again.',
    retry: NOTHING_WRITTEN,
  },
  OPERATOR_NEEDED: {
    outcome: 'ERROR',
    blame: 'bench',
    message: 'An answer by the operator was needed and nobody is at the screen.',
    advice: 'Run again with the --assume word that answers it, or in the full-screen bench.',
    retry: NOTHING_WRITTEN,
  },
  USAGE: {
    outcome: 'ERROR',
    blame: 'operator',
    message: 'The command or job cannot be understood.',
    advice: 'See benchflash --help.',
    retry: NOTHING_WRITTEN,
  },
  SAME_UNIT: {
    outcome: 'ERROR',
    blame: 'bench',
    message: 'Another slot has reached this very unit already.',
    advice: 'Check which adapter is wired to which unit; leave one slot per unit.',
    retry: NOTHING_WRITTEN,
  },
  UNIT_SWAPPED: {
    outcome: 'ERROR',
    blame: 'operator',
    message: 'Another unit answers on this slot than the one the run began with.',
    advice: 'Leave the new unit in: it gets its own run. Put the first one back later and retry it.',
    retry: 'A retry starts again at detect with whichever unit is there.',
  },
  ALREADY_DONE: {
    outcome: 'SKIPPED',
    blame: 'operator',
    message: 'This unit has been settled in this batch already; it was left untouched.',
    advice: 'Take it out and put the next one in.',
    retry: NOTHING_WRITTEN,
  },
  BACKUP_REQUIRED: {
    outcome: 'SKIPPED',
    blame: 'operator',
    message: 'No backup of this unit can be had, and going on without one was not accepted.',
    advice: 'Accept it by name (no-backup) if the unit may lose what is on it.',
    retry: NOTHING_WRITTEN,
  },
  BACKUP_DAMAGED: {
    outcome: 'ERROR',
    blame: 'bench',
    message: 'The backup file does not match its recorded SHA-256.',
    advice: 'Use another backup of this unit; check the disk.',
    retry: NOTHING_WRITTEN,
  },
  BACKUP_OF_OTHER_UNIT: {
    outcome: 'SKIPPED',
    blame: 'operator',
    message: 'This backup belongs to another or an unknown unit.',
    advice: 'Choose a backup of this unit, or accept the other one by name (other-unit).',
    retry: NOTHING_WRITTEN,
  },
  NO_BACKUP_OF_UNIT: {
    outcome: 'SKIPPED',
    blame: 'operator',
    message: 'There is no whole backup of this unit in the records.',
    advice: 'Name one with --backup FILE, or leave the unit as it is.',
    retry: NOTHING_WRITTEN,
  },
  DISK_FULL: {
    outcome: 'ERROR',
    blame: 'bench',
    message: 'The disk is full.',
    advice: 'Free disk space in the data directory, then retry.',
    retry: KEEPS_BACKUP,
  },
  DATA_DIR_OWNED: {
    outcome: 'ERROR',
    blame: 'operator',
    message: 'Another benchflash owns this data directory.',
    advice: 'Close the other one, or choose another --data-dir.',
    retry: NOTHING_WRITTEN,
  },
  DATA_DIR_UNUSABLE: {
    outcome: 'ERROR',
    blame: 'bench',
    message: 'The data directory cannot be written.',
    advice: 'Check its permissions, or choose another --data-dir.',
    retry: NOTHING_WRITTEN,
  },
  SETTINGS_DAMAGED: {
    outcome: 'ERROR',
    blame: 'bench',
    message: 'A file of settings or jobs cannot be read.',
    advice:
      'Start again: the damaged file is kept beside the new one, repair it or take from it what you need.',
    retry: NOTHING_WRITTEN,
  },
} as const satisfies Record<string, ErrorCodeRow>;
