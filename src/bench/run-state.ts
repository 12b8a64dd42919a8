import type { StoredBackup } from '../core/backup-store.ts';
import type { UnitIdentity } from '../core/identity.ts';
import type { Verdict } from '../core/outcome.ts';
import { STEP_IDS, type StepId } from '../core/steps.ts';
import type { FirmwareEntry, FlashMapRow, UnitVitals } from '../../flows/flow.ts';
import type { RunEnd, RunJournal } from '../records/batch-journal.ts';
import type { SettledView, SlotView } from './view.ts';

type StepMarks = SlotView['steps'];
export const untouchedSteps: StepMarks = Object.fromEntries(
  STEP_IDS.map((step) => [step, 'todo']),
) as unknown as StepMarks;

/** Everything known of the run that is going on in a slot. */
export class RunState {
  readonly startedAt: number;
  /** Renewed when an UNSURE run is looked at again. */
  abort = new AbortController();
  /** The operator broke a write off that a cancel does not stop. */
  readonly brokenOff = new AbortController();
  /** Undefined until the unit has said who it is, or the run ends: only then is it a run for the records. */
  journal: RunJournal | undefined;
  identity: UnitIdentity = {};
  steps: StepMarks = untouchedSteps;
  step: StepId = 'detect';
  warnings: readonly string[] = [];
  firmware: readonly FirmwareEntry[] = [];
  backup: StoredBackup | undefined;
  noBackupReason: string | undefined;
  vitals: UnitVitals | undefined;
  keepPowerUntil: number | undefined;
  flashMap: readonly FlashMapRow[] | undefined;
  /** Why it stands still, while it waits for another unit. */
  waitsFor: string | undefined;
  bytesWritten = 0;
  writing = false;
  /** Keeps the computer from sleeping while the unit is being changed. */
  awake: { release(): void } | undefined;
  /** The computer slept, or its clock was set, while this run went on. */
  clockJumped = false;

  /** The run that this one repeats. */
  readonly retryOf: number | undefined;

  constructor(startedAt: number, retryOf?: number) {
    this.startedAt = startedAt;
    this.retryOf = retryOf;
  }

  /** Steps that were passed over (`goTo`) are marked so. */
  enter(step: StepId): void {
    this.step = step;
    const reached = STEP_IDS.indexOf(step);
    this.steps = Object.fromEntries(
      STEP_IDS.map((id, index) => {
        if (index > reached) return [id, 'todo'];
        if (index === reached) return [id, 'active'];
        const mark = this.steps[id];
        return [id, mark === 'active' || mark === 'done' ? 'done' : 'skipped'];
      }),
    ) as unknown as StepMarks;
  }

  end(verdict: Verdict, endedAt: number, tries: number): RunEnd {
    this.steps = {
      ...this.steps,
      [this.step]: verdict.outcome === 'PASS' || verdict.outcome === 'CURRENT' ? 'done' : 'failed',
    };
    const failed = verdict.outcome === 'FAIL' || verdict.outcome === 'ERROR' || verdict.outcome === 'ABORTED';
    const halfWritten =
      failed && this.writing && verdict.untouched !== true && !verdict.proof.includes('read back');
    const notDone = [
      ...(halfWritten ? ['a write had begun and was not finished and checked'] : []),
      ...(verdict.notDone ?? []),
      ...(this.noBackupReason ? [`no backup: ${this.noBackupReason}`] : []),
    ];
    return {
      outcome: verdict.outcome,
      step: this.step,
      code: verdict.code,
      message: verdict.message,
      advice: verdict.advice,
      blame: verdict.blame,
      retry: verdict.retry,
      proof: [...verdict.proof],
      evidence: verdict.evidence,
      next: verdict.next,
      ...(notDone.length > 0 && { notDone }),
      firmware: this.firmware,
      warnings: this.warnings,
      bytesWritten: this.bytesWritten,
      seconds: Math.round((endedAt - this.startedAt) / 100) / 10,
      tries,
      ...(this.backup && {
        backup: { file: this.backup.file, sha256: this.backup.sha256, bytes: this.backup.bytes },
      }),
    };
  }
}

export function settledView(end: RunEnd, state: RunState, run: number): SettledView {
  return {
    ...end,
    run,
    ...(state.retryOf !== undefined && { retryOf: state.retryOf }),
    identity: state.identity,
    warnings: state.warnings,
  } as SettledView;
}
