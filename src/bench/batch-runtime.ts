import { createActor, type Actor } from 'xstate';
import type { NamedBackup } from '../core/backup-store.ts';
import { BenchError } from '../core/errors.ts';
import { isGood, OUTCOMES, type Outcome } from '../core/outcome.ts';
import type { AssumeWord } from '../core/steps.ts';
import type { AnyFlow } from '../../flows/flow.ts';
import type { BatchJournal } from '../records/batch-journal.ts';
import { unitLines } from '../records/unit-lines.ts';
import { batchMachine } from './batch-machine.ts';
import type { BenchCore } from './bench-core.ts';
import type { PlannedBatch } from './plan-batch.ts';
import { PilotRule } from './pilot-rule.ts';
import { SlotRuntime } from './slot-runtime.ts';
import type { BatchCounts, BatchRequest, BatchView, BenchEvent, SlotView } from './view.ts';

type Without<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

/** One batch while this process works on it: its machine, its slots, its journal. */
export class BatchRuntime {
  readonly id: string;
  readonly bench: BenchCore;
  readonly request: BatchRequest;
  readonly flow: AnyFlow;
  readonly plan: unknown;
  readonly assume: ReadonlySet<AssumeWord>;
  readonly journal: BatchJournal;
  readonly namedBackup: NamedBackup | undefined;
  readonly slots: readonly SlotRuntime[];
  readonly pilots: PilotRule;
  readonly #planned: PlannedBatch;
  readonly #startedAt: number;
  readonly #actor: Actor<typeof batchMachine>;
  /** Cycle mode and aliases: which units are done in this batch, and in which slot. */
  readonly #settledUnits = new Map<string, { readonly slotId: string; readonly outcome: Outcome }>();
  readonly #waiters: (() => void)[] = [];
  #finished = false;
  /** Resolves when the journal of a finished batch is on the disk. */
  #closing: Promise<void> = Promise.resolve();
  #endedAt: number | undefined;
  /** Without secrets. */
  readonly #warnings: readonly string[];
  #view: BatchView | undefined;

  constructor(bench: BenchCore, planned: PlannedBatch, journal: BatchJournal) {
    this.bench = bench;
    this.request = planned.request;
    this.flow = planned.flow;
    this.plan = planned.plan;
    this.assume = new Set(planned.request.assume);
    this.namedBackup = planned.namedBackup;
    this.journal = journal;
    this.id = journal.id;
    this.pilots = new PilotRule(this.assume.has('pilot'), () => this.changed());
    this.#planned = planned;
    this.#warnings = planned.warnings.map((text) => journal.redact(text));
    this.#startedAt = bench.clock.now();
    this.slots = planned.request.links.map((link, index) => new SlotRuntime(this, index + 1, link));
    this.#actor = createActor(batchMachine, {
      input: {
        task: planned.request.task,
        cycle: planned.request.cycle ?? false,
        parallel: planned.request.parallel ?? this.slots.length,
        slots: this.slots.map((slot) => ({ slotId: slot.id, machine: slot.machine() })),
      },
    });
  }

  start(): void {
    const refs = this.#actor.getSnapshot().context.slots;
    for (const slot of this.slots) slot.attach(refs[slot.id]!);
    this.emit({
      type: 'batch',
      flow: this.flow.id,
      task: this.request.task,
      slots: this.slots.map((slot) => slot.link.text),
      warnings: this.#warnings,
    });
    this.#actor.subscribe((snapshot) => this.#onSnapshot(snapshot.matches('finished')));
    this.#actor.start();
  }

  #onSnapshot(finished: boolean): void {
    if (finished === this.#finished) return;
    this.#finished = finished;
    this.#endedAt = finished ? this.bench.clock.now() : undefined;
    if (finished) {
      const { outcomes } = this.view().counts;
      this.emit({
        type: 'summary',
        counts: outcomes,
        units: Object.values(outcomes).reduce((sum, count) => sum + count, 0),
        seconds: Math.round((this.#endedAt! - this.#startedAt) / 100) / 10,
      });
      this.#closing = this.journal.close();
      void this.#closing.then(() => {
        for (const resolve of this.#waiters.splice(0)) resolve();
      });
    }
    this.changed();
  }

  whenDone(): Promise<void> {
    if (this.#finished) return this.#closing;
    return new Promise((resolve) => this.#waiters.push(resolve));
  }

  retry(slotIds: readonly string[]): void {
    this.#actor.send({ type: 'RETRY', slotIds });
  }

  lookAgain(slotIds: readonly string[]): void {
    this.#actor.send({ type: 'LOOK_AGAIN', slotIds });
  }

  tell(slotIds: readonly string[], type: 'CANCEL' | 'SKIP' | 'FINISH_CYCLE'): void {
    this.#actor.send({ type: 'TELL', slotIds, event: { type } });
  }

  unitSettled(mac: string, slotId: string, outcome: Outcome): void {
    this.#settledUnits.set(mac, { slotId, outcome });
  }

  /**
   * A unit that is done in this batch is left alone: in cycle mode it was not taken out yet (or came back); from
   * another slot the two links lead to one unit. A unit that failed may be carried to another slot.
   */
  refuseSettled(mac: string, slotId: string): void {
    const before = this.#settledUnits.get(mac);
    if (!before || !isGood(before.outcome)) return;
    if (this.request.cycle) {
      throw new BenchError('ALREADY_DONE', {
        message: `${mac} is done in this batch already (${before.outcome}).`,
      });
    }
    if (before.slotId !== slotId) {
      throw new BenchError('SAME_UNIT', {
        message: `This very unit (${mac}) was done in another slot of this batch already.`,
        detail: { mac, slot: before.slotId },
      });
    }
  }

  emit(event: Without<BenchEvent, 'time' | 'batch'>): void {
    this.bench.emit({ ...event, time: this.bench.clock.now(), batch: this.id });
  }

  changed(): void {
    this.#view = undefined;
    this.bench.changed();
  }

  view(): BatchView {
    return (this.#view ??= this.#buildView());
  }

  #buildView(): BatchView {
    const slots = this.slots.map((slot) => slot.view());
    const { request, flow } = this;
    return {
      id: this.id,
      flowId: flow.id,
      flowTitle: flow.title,
      device: flow.device,
      ...(request.jobName !== undefined && { jobName: request.jobName }),
      task: request.task,
      startedAt: this.#startedAt,
      ...(this.#endedAt !== undefined && { endedAt: this.#endedAt }),
      cycle: request.cycle ?? false,
      practice: request.links.some((link) => link.kind === 'virtual'),
      firmware: this.#planned.firmware,
      settings: openSettings(flow, request),
      warnings: this.#warnings,
      slots,
      pilots: this.pilots.view(),
      counts: countUnits(slots, request.cycle ?? false),
    };
  }
}

const openSettings = (flow: AnyFlow, request: BatchRequest) =>
  Object.fromEntries(
    Object.entries(request.settings).filter(
      ([key]) => flow.settings.find((spec) => spec.key === key)?.kind !== 'secret',
    ),
  );

/** Units, not attempts, told apart as the records do it; a unit that is being worked on again has no result yet. */
export function countUnits(slots: readonly SlotView[], cycle: boolean): BatchCounts {
  const runs = slots.flatMap((slot) => {
    const settled = slot.settled ? [...slot.earlier, slot.settled] : slot.earlier;
    const retried = slot.settled === undefined && slot.tries > 1;
    return (retried ? settled.slice(0, -1) : settled).map((result) => ({
      ...result,
      slot: slot.id,
      mac: result.identity.mac,
    }));
  });
  const atWork = new Set(slots.flatMap((slot) => (slot.settled ? [] : [slot.identity.mac])));
  const last = unitLines(runs, { cycle })
    .map((unit) => unit.last)
    .filter(({ mac }) => mac === undefined || !atWork.has(mac));
  const outcomes = Object.fromEntries(OUTCOMES.map((outcome) => [outcome, 0])) as Record<Outcome, number>;
  for (const run of last) outcomes[run.outcome] += 1;
  const inState = (...states: SlotView['state'][]) =>
    slots.filter((slot) => states.includes(slot.state)).length;
  return {
    outcomes,
    running: inState('running', 'cancelling'),
    needsOperator: inState('needs-operator'),
    waiting: inState('waiting'),
  };
}
