import { fromPromise, sendParent, type ActorRefFrom } from 'xstate';
import { BenchError, isBenchError, toBenchError, type ErrorCode } from '../core/errors.ts';
import type { UnitIdentity } from '../core/identity.ts';
import type { Link } from '../core/link.ts';
import type { LogLine } from '../core/log.ts';
import type { OperatorAct } from '../core/operator-act.ts';
import { isGood, type Verdict } from '../core/outcome.ts';
import type { Progress } from '../core/progress.ts';
import type { StepId } from '../core/steps.ts';
import { redactEnd } from '../records/redact-end.ts';
import type { PracticeHands } from '../virtual/practice-bench.ts';
import type { RunContext, UnitVitals } from '../../flows/flow.ts';
import type { BatchRuntime } from './batch-runtime.ts';
import { placeName } from './place-name.ts';
import { redactPrompt } from './redact-prompt.ts';
import { runContext } from './run-context.ts';
import { RunState, settledView } from './run-state.ts';
import { slotMachine } from './slot-machine.ts';
import { slotView } from './slot-view.ts';
import { ProgressTracker } from './progress-tracker.ts';
import type { PromptView, SettledView, SlotView } from './view.ts';

const LOG_LINES_KEPT = 2_000;
/** What a run dies of when the computer slept in the middle of it: the unit is looked at again, not judged. */
const SLEEP_CODES: ReadonlySet<string> = new Set<ErrorCode>([
  'LOADER_SILENT',
  'LINK_LOST',
  'BYTES_DAMAGED',
  'READ_DIGEST_MISMATCH',
  'WRITE_TIMEOUT',
  'BOOT_NOT_SEEN',
]);

/** The hands of one slot: supplies the I/O of its machine and keeps what screens and reporters show of it. */
export class SlotRuntime {
  readonly id: string;
  readonly number: number;
  readonly link: Link;
  readonly log: LogLine[] = [];
  readonly logListeners = new Set<() => void>();
  readonly #batch: BatchRuntime;
  readonly #progress = new ProgressTracker();
  #actor: ActorRefFrom<typeof slotMachine> | undefined;
  #state: RunState | undefined;
  #session: { readonly value: unknown; readonly release: () => void } | undefined;
  #hands: PracticeHands | undefined;
  #prompt: PromptView | undefined;
  #settled: SettledView | undefined;
  #settledAt: number | undefined;
  #earlier: readonly SettledView[] = [];
  #view: SlotView | undefined;

  constructor(batch: BatchRuntime, number: number, link: Link) {
    this.#batch = batch;
    this.number = number;
    this.link = link;
    this.id = `${batch.id}/${number}`;
  }

  /** The slot's machine with this runtime behind it. */
  machine() {
    return slotMachine.provide({
      actors: {
        open: fromPromise(() => this.#open()),
        step: fromPromise(({ input }) => this.#step(input.step)),
        lookAgain: fromPromise(() => this.#lookAgain()),
        settle: fromPromise(({ input }) => this.#settle(input.verdict, input.tries)),
        awaitNextUnit: fromPromise(() => this.#awaitNextUnit()),
      },
      actions: {
        beginRun: ({ context }) => this.#beginRun(context.tries > 1),
        stopStep: () => this.#state?.abort.abort(new BenchError('ABORTED')),
        reportSettled: sendParent({ type: 'SLOT_SETTLED', slotId: this.id }),
        closeLink: () => void this.#closeSession(),
      },
      guards: {
        moreUnits: () => this.#moreUnits(),
        sleptThrough: ({ context }) =>
          this.#state!.clockJumped &&
          context.stopping === undefined &&
          SLEEP_CODES.has(context.verdict?.code ?? ''),
      },
    });
  }

  attach(actor: ActorRefFrom<typeof slotMachine>): void {
    this.#actor = actor;
    actor.subscribe(() => this.#changed());
  }

  /** The computer slept for about `jumpMs`, or its clock was set by that much. */
  clockJumped(jumpMs: number): void {
    if (!this.#state || !this.#actor?.getSnapshot().hasTag('working')) return;
    this.#state.clockJumped = true;
    this.#addLog('warn', `the computer slept or its clock jumped by ${Math.round(jumpMs / 1_000)} s`);
  }

  /** Stops a write at once that a cancel does not stop; does nothing where there is none. */
  breakOff(): void {
    if (!this.#holdsWrite()) return;
    this.#addLog('warn', 'the operator breaks the write off');
    this.#state!.brokenOff.abort(new BenchError('ABORTED'));
  }

  #holdsWrite(): boolean {
    const working = this.#actor?.getSnapshot().hasTag('working') === true;
    return working && this.#state?.writing === true && !this.#batch.flow.abilities.cancelWhileWriting;
  }

  /** Practice bench: what the operator would do with the unit. */
  async #perform(act: OperatorAct): Promise<void> {
    await this.#hands?.perform(act);
  }

  #beginRun(isRetry: boolean): void {
    if (this.#settled) this.#earlier = [...this.#earlier, this.#settled];
    const retryOf = isRetry ? this.#earlier.at(-1)?.run : undefined;
    this.#state = new RunState(this.#batch.bench.clock.now(), retryOf);
    this.#settled = undefined;
    this.#settledAt = undefined;
    this.#progress.reset();
    this.#changed();
  }

  async #open(): Promise<void> {
    await this.#closeSession();
    await this.#batch.journal.slotBegan(this.number);
    this.#state!.abort.signal.throwIfAborted();
    const release = this.#batch.bench.leases.take(this.link.text, this.#label());
    try {
      const value: unknown = await this.#batch.flow.open(this.#context());
      this.#session = { value, release };
    } catch (error) {
      release();
      throw error;
    }
  }

  async #step(step: StepId) {
    const state = this.#state!;
    state.enter(step);
    this.#progress.reset();
    void state.journal?.step(step);
    this.#batch.emit({ type: 'step', slot: this.link.text, step, identity: state.identity });
    this.#changed();
    try {
      state.abort.signal.throwIfAborted();
      return await this.#batch.flow.steps[step](this.#session!.value, this.#context());
    } catch (error) {
      if (isBenchError(error, 'ALREADY_DONE') && this.#batch.request.cycle) this.#leaveAlone(error.message);
      throw error;
    } finally {
      this.#show(undefined);
    }
  }

  /** The unit in the jig is done already: no run of its own, the one before stays on show. */
  #leaveAlone(reason: string): void {
    this.#settled = this.#earlier.at(-1);
    this.#earlier = this.#earlier.slice(0, -1);
    this.#addLog('warn', reason);
  }

  async #lookAgain() {
    this.#state!.abort = new AbortController();
    this.#state!.enter('reboot');
    this.#settled = undefined;
    try {
      await this.#open();
      return await this.#batch.flow.lookAgain(this.#session!.value, this.#context());
    } finally {
      this.#show(undefined);
    }
  }

  async #awaitNextUnit(): Promise<void> {
    const leaving = new AbortController();
    const stop = this.#actor!.subscribe((snapshot) => {
      if (!snapshot.hasTag('takeOut')) leaving.abort(new BenchError('ABORTED'));
    });
    try {
      await this.#batch.flow.awaitNextUnit(this.#session!.value, this.#context(leaving.signal));
    } finally {
      stop.unsubscribe();
      this.#show(undefined);
    }
  }

  async #settle(verdict: Verdict, tries: number): Promise<void> {
    const state = this.#state!;
    const endedAt = this.#batch.bench.clock.now();
    const { journal: records } = this.#batch;
    const end = redactEnd(state.end(verdict, endedAt, tries), (text) => records.redact(text));
    let run = 0;
    let unrecorded: string | undefined;
    try {
      const journal = await this.#journal();
      run = journal.run;
      await journal.settle(end);
    } catch (error) {
      unrecorded = `the record could not be written: ${toBenchError(error).message}`;
      this.#addLog('error', unrecorded);
    }
    this.#batch.pilots.settled(
      this.id,
      end.outcome,
      `${end.outcome}${end.code ? ` ${end.code}` : ''}: ${end.message}`,
      state.writing && verdict.untouched !== true,
    );
    state.awake?.release();
    state.awake = undefined;
    state.writing = false;
    this.#batch.bench.claims.release(this.id);
    const view = settledView(end, state, run);
    this.#settled = unrecorded ? { ...view, notDone: [...(view.notDone ?? []), unrecorded] } : view;
    this.#settledAt = endedAt;
    this.#progress.reset();
    this.#addLog(
      isGood(end.outcome) ? 'info' : 'error',
      `${end.outcome}${end.code ? ` ${end.code}` : ''}: ${end.message}`,
    );
    if (state.identity.mac !== undefined)
      this.#batch.unitSettled(state.identity.mac, this.id, verdict.outcome);
    this.#batch.emit({ type: 'outcome', slot: this.link.text, ...this.#settled });
    this.#changed();
    if (!this.#batch.request.cycle || verdict.code === 'UNIT_SWAPPED') await this.#closeSession();
  }

  async #closeSession(): Promise<void> {
    const session = this.#session;
    this.#session = undefined;
    if (!session) return;
    await this.#batch.flow.close(session.value);
    this.#hands = undefined;
    session.release();
  }

  #moreUnits(): boolean {
    const expected = this.link.virtual?.jigUnits;
    return expected === undefined || this.#earlier.length + 1 < expected;
  }

  #context(signal = this.#state!.abort.signal): RunContext {
    return runContext(
      {
        batch: this.#batch,
        slotId: this.id,
        link: this.link,
        label: this.#label(),
        state: this.#state!,
        journal: () => this.#journal(),
        send: (event) => this.#actor?.send(event),
        log: (level, text) => this.#addLog(level, text),
        progress: (progress) => this.#takeProgress(progress),
        show: (prompt) => this.#show(prompt),
        identify: (identity) => this.#identify(identity),
        hands: (hands) => {
          this.#hands = hands;
        },
        vitals: (vitals) => this.#takeVitals(vitals),
        waitsFor: (reason) => {
          this.#state!.waitsFor = reason;
          this.#changed();
        },
        flashMap: (rows) => {
          this.#state!.flashMap = rows;
          this.#changed();
        },
        perform: (act) => this.#perform(act),
      },
      signal,
    );
  }

  /** The run gets its number when it is one for the records: the unit said who it is, or the run ends. */
  async #journal() {
    const state = this.#state!;
    state.journal ??= await this.#batch.journal.startRun({
      slot: this.link.text,
      slotNumber: this.number,
      startedAt: state.startedAt,
      ...(state.retryOf !== undefined && { retryOf: state.retryOf }),
    });
    return state.journal;
  }

  async #identify(identity: UnitIdentity): Promise<void> {
    const state = this.#state!;
    const { mac } = identity;
    if (mac !== undefined) {
      if (state.identity.mac !== undefined && state.identity.mac !== mac) {
        throw new BenchError('UNIT_SWAPPED', {
          message: `Another unit (${mac}) answers on this slot; the run began with ${state.identity.mac}.`,
          detail: { was: state.identity.mac, is: mac },
        });
      }
      this.#batch.refuseSettled(mac, this.id);
      this.#batch.bench.claims.claim(mac, { slotId: this.id, label: this.#label() });
    }
    state.identity = { ...state.identity, ...identity };
    await (await this.#journal()).identified(state.identity);
    this.#changed();
  }

  #takeVitals({ doNotUnplugUntilMs, ...vitals }: UnitVitals): void {
    const state = this.#state!;
    if (Object.keys(vitals).length > 0) state.vitals = { ...state.vitals, ...vitals };
    if (doNotUnplugUntilMs !== undefined) {
      const { clock } = this.#batch.bench;
      const leftMs = doNotUnplugUntilMs - clock.monotonicMs();
      state.keepPowerUntil = leftMs > 0 ? clock.now() + leftMs : undefined;
    }
    this.#changed();
  }

  #takeProgress(progress: Progress): void {
    const label = this.#batch.journal.redact(progress.label);
    const shown = this.#progress.take({ ...progress, label }, this.#batch.bench.clock.monotonicMs());
    if (!shown) return;
    this.#batch.emit({ type: 'progress', slot: this.link.text, step: this.#state!.step, ...shown });
    this.#changed();
  }

  #show(asked: PromptView | undefined): void {
    if (asked === undefined && this.#prompt === undefined) return;
    const prompt = asked && redactPrompt(asked, (text) => this.#batch.journal.redact(text));
    const isNew = prompt !== undefined && prompt.id !== this.#prompt?.id;
    this.#prompt = prompt;
    this.#actor?.send({ type: prompt ? 'PROMPT_SHOWN' : 'PROMPT_GONE' });
    if (isNew) this.#batch.emit({ type: 'ask', slot: this.link.text, prompt });
    this.#changed();
  }

  #addLog(level: LogLine['level'], said: string): void {
    const text = this.#batch.journal.redact(said);
    const line = { time: this.#batch.bench.clock.now(), level, text };
    this.log.push(line);
    if (this.log.length > LOG_LINES_KEPT) this.log.splice(0, this.log.length - LOG_LINES_KEPT);
    this.#batch.journal.log(this.link.text, level, text);
    this.#batch.emit({ type: 'log', slot: this.link.text, level, text });
    for (const listener of this.logListeners) listener();
    this.#changed();
  }

  #label(): string {
    return this.#batch.bench.labelOf(this.link) ?? placeName(this.link, this.number);
  }

  #changed(): void {
    this.#view = undefined;
    this.#batch.changed();
  }

  view(): SlotView {
    return (this.#view ??= slotView({
      id: this.id,
      batchId: this.#batch.id,
      number: this.number,
      link: this.link,
      label: this.#label(),
      machine: this.#actor?.getSnapshot(),
      run: this.#state,
      progress: this.#progress.shown,
      prompt: this.#prompt,
      settled: this.#settled,
      settledAt: this.#settledAt,
      holdsWrite: this.#holdsWrite(),
      earlier: this.#earlier,
      lastLog: this.log.at(-1),
    }));
  }
}
