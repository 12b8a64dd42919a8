import type { ErrorCode } from '../core/errors.ts';
import type { UnitIdentity } from '../core/identity.ts';
import type { Link } from '../core/link.ts';
import type { LogLine } from '../core/log.ts';
import type { Outcome, Verdict } from '../core/outcome.ts';
import type { AssumeWord, StepId, Task } from '../core/steps.ts';
import type { PilotView } from './pilot-rule.ts';
import type { Countdown, FlashMapRow, UnitVitals } from '../../flows/flow.ts';

/**
 * What screens and headless reporters see of the bench: plain, immutable, JSON-safe. A new object only where
 * something changed, so that rows compare by identity.
 */
export interface BenchView {
  readonly batches: readonly BatchView[];
}

export interface BatchView {
  /** `B-0001`. */
  readonly id: string;
  readonly flowId: string;
  readonly flowTitle: string;
  readonly device: string;
  readonly jobName?: string;
  readonly task: Task;
  readonly startedAt: number;
  readonly endedAt?: number;
  readonly cycle: boolean;
  readonly practice: boolean;
  /** File names with the first six digits of their SHA-256. */
  readonly firmware: readonly {
    readonly slot: string;
    readonly file: string;
    readonly sha256: string;
    readonly title: string;
  }[];
  readonly warnings: readonly string[];
  /** With defaults, without secrets; wiring pages depend on them. */
  readonly settings?: Readonly<Record<string, string>>;
  readonly slots: readonly SlotView[];
  /** Flows with a pilot rule: who goes first in each group, and how many wait for it. */
  readonly pilots: readonly PilotView[];
  /** Units, not attempts: the last run of each unit counts. */
  readonly counts: BatchCounts;
}

export interface BatchCounts {
  readonly outcomes: Readonly<Record<Outcome, number>>;
  readonly running: number;
  readonly needsOperator: number;
  readonly waiting: number;
}

export type SlotState =
  /** Queued for one of the parallel places. */
  | 'waiting'
  | 'running'
  /** Running, but only a person can bring it on. */
  | 'needs-operator'
  /** Cancel was asked; stopping at the next safe point. */
  | 'cancelling'
  | 'settled'
  /** Cycle mode: settled, and the unit may be taken out. */
  | 'take-out';

export interface SlotView {
  /** Unique over all batches: `B-0001/3`. */
  readonly id: string;
  readonly batchId: string;
  /** From 1. */
  readonly number: number;
  readonly link: Link;
  /** What the operator calls the place. */
  readonly label: string;
  readonly state: SlotState;
  /** Why it waits: for a place, or in the middle of its run for its pilot. */
  readonly waitReason?: string;
  readonly step?: StepId;
  readonly steps: Readonly<Record<StepId, 'todo' | 'active' | 'done' | 'skipped' | 'failed'>>;
  readonly identity: UnitIdentity;
  /** Battery and signal, where the unit has them. */
  readonly vitals?: UnitVitals;
  /** Power must stay on until then, as `Clock.now`: losing it would leave the unit unable to start. */
  readonly keepPowerUntil?: number;
  readonly progress?: SlotProgress;
  readonly prompt?: PromptView;
  readonly settled?: SettledView;
  readonly startedAt?: number;
  readonly settledAt?: number;
  readonly tries: number;
  /** True from the first byte that changes the unit until the run settles. */
  readonly writing: boolean;
  /** Being written by a flow that a cancel does not stop: `breakOff` does, at once and at a price. */
  readonly holdsWrite?: true;
  /** What lies where in its flash, and what becomes of it. */
  readonly flashMap?: readonly FlashMapRow[];
  /** The run this slot shows, by number; undefined before the first. */
  readonly run?: number;
  readonly warnings: readonly string[];
  /** Cycle mode: runs settled before the current one. */
  readonly earlier: readonly SettledView[];
  readonly lastLog?: LogLine;
}

export interface SlotProgress {
  readonly label: string;
  readonly done: number;
  readonly total?: number;
  readonly unit: 'bytes' | 'tries' | 'seconds';
  /** Over a 2 s window; undefined until known. */
  readonly perSecond?: number;
  readonly etaMs?: number;
}

export interface PromptView {
  /** Unique; stale answers are ignored. */
  readonly id: string;
  /** `act`: the device itself answers. `question`: a person does. */
  readonly kind: 'act' | 'question';
  readonly text: string;
  /** What is heard meanwhile (`act`). */
  readonly finding?: string;
  /** The act has its moment: what to do now, and for how many seconds (`act`). */
  readonly countdown?: Countdown;
  readonly wiringPage?: string;
  readonly choices?: readonly { readonly value: string; readonly title: string }[];
  /** What must be typed to accept, for dangerous answers. */
  readonly typed?: string;
  /** The choice that must be typed; without it every choice must. */
  readonly typedFor?: string;
  readonly askedAt: number;
  /** True on the practice bench: `perform` does the act on the virtual unit. */
  readonly canPerform: boolean;
}

/** A settled run as screens and reporters show it. */
export interface SettledView extends Omit<Verdict, 'code'> {
  readonly run: number;
  /** The run that this one repeated. */
  readonly retryOf?: number;
  readonly code?: ErrorCode;
  readonly step: StepId;
  readonly identity: UnitIdentity;
  readonly backup?: { readonly file: string; readonly sha256: string; readonly bytes: number };
  readonly firmware: readonly { readonly slot: string; readonly file: string; readonly sha256: string }[];
  readonly bytesWritten: number;
  readonly seconds: number;
  readonly tries: number;
  readonly warnings: readonly string[];
  readonly note?: string;
}

export interface BatchRequest {
  readonly flowId: string;
  readonly task: Task;
  readonly links: readonly Link[];
  /** `slot=path` or a bare path that is placed by what it is. */
  readonly files: readonly { readonly slot?: string; readonly path: string }[];
  readonly settings: Readonly<Record<string, string>>;
  readonly assume: readonly AssumeWord[];
  /** How many units at once; default: all. */
  readonly parallel?: number;
  readonly cycle?: boolean;
  readonly jobName?: string;
  readonly operatorName?: string;
  /** For restore: the backup named instead of each unit's own newest. */
  readonly backupFile?: string;
}

/** What a dry run tells, and what the start is checked against. */
export interface BatchPlan {
  readonly flowId: string;
  readonly task: Task;
  readonly slots: readonly string[];
  readonly firmware: BatchView['firmware'];
  readonly warnings: readonly string[];
}

/** Everything a screen or a command can do at the bench. */
export interface Bench {
  view(): BenchView;
  /** Called after every change, progress at most 4 times a second a slot. */
  subscribe(listener: () => void): () => void;
  log(slotId: string): readonly LogLine[];
  subscribeLog(slotId: string, listener: () => void): () => void;
  /** Every event in order, for journals of the command line. */
  onEvent(listener: (event: BenchEvent) => void): () => void;
  /** Throws BenchError when files, settings or links are refused; touches no unit. */
  plan(request: BatchRequest): Promise<BatchPlan>;
  /** Plans and starts; resolves with the batch id as soon as its slots are queued. */
  start(request: BatchRequest): Promise<string>;
  /** Runs settled slots again from detect. */
  retry(slotIds: readonly string[]): void;
  /** UNSURE slots: watch for the proof again, write nothing. */
  lookAgain(slotIds: readonly string[]): void;
  skip(slotIds: readonly string[]): void;
  cancel(slotIds: readonly string[]): void;
  /** Stops writes at once that a cancel does not stop (`SlotView.holdsWrite`): only after a typed confirmation. */
  breakOff(slotIds: readonly string[]): void;
  /** Lets every unit of the batch go without a pilot's proof: only after a typed confirmation (`pilot`). */
  waivePilot(batchId: string): void;
  answer(promptId: string, value: string): void;
  /** Practice bench: does the asked act on the virtual unit. */
  perform(promptId: string): void;
  /** Adds a note to the record of a settled run. */
  note(batchId: string, run: number, text: string): Promise<void>;
  /** Ends a cycle batch after the unit that is in it now. */
  finishCycle(batchId: string): void;
  /** The computer slept, or its clock was set: runs that die of it look at their unit again. */
  clockJumped(jumpMs: number): void;
  /** Resolves when every slot of the batch is settled. */
  whenDone(batchId: string): Promise<void>;
  /** Cancels everything at safe points, closes links and records. */
  shutdown(): Promise<void>;
}

export type BenchEvent =
  | {
      readonly type: 'batch';
      readonly time: number;
      readonly batch: string;
      readonly flow: string;
      readonly task: Task;
      readonly slots: readonly string[];
      readonly warnings: readonly string[];
    }
  | {
      readonly type: 'step';
      readonly time: number;
      readonly batch: string;
      readonly slot: string;
      readonly step: StepId;
      readonly identity: UnitIdentity;
    }
  | ({
      readonly type: 'progress';
      readonly time: number;
      readonly batch: string;
      readonly slot: string;
      readonly step: StepId;
    } & SlotProgress)
  | {
      readonly type: 'log';
      readonly time: number;
      readonly batch: string;
      readonly slot: string;
      readonly level: LogLine['level'];
      readonly text: string;
    }
  | {
      readonly type: 'ask';
      readonly time: number;
      readonly batch: string;
      readonly slot: string;
      readonly prompt: PromptView;
    }
  | ({
      readonly type: 'outcome';
      readonly time: number;
      readonly batch: string;
      readonly slot: string;
    } & SettledView)
  | {
      readonly type: 'summary';
      readonly time: number;
      readonly batch: string;
      readonly counts: Readonly<Record<Outcome, number>>;
      readonly units: number;
      readonly seconds: number;
    };
