import { fromPromise, sendParent, type ActorRefFrom } from 'xstate';
import { BenchError, isBenchError, toBenchError, type ErrorCode } from '../core/errors.ts';
import type { UnitIdentity } from '../core/identity.ts';
import type { Link } from '../core/link.ts';
import type { LogLine } from '../core/log.ts';
import { isGood, type Verdict } from '../core/outcome.ts';
import type { Progress } from '../core/progress.ts';
import type { StepId } from '../core/steps.ts';
import type { SerialPort } from '../drivers/serial/port.ts';
import type { PracticePort } from '../virtual/practice-bench.ts';
import type { RunContext } from '../../flows/flow.ts';
import type { BatchRuntime } from './batch-runtime.ts';
import { RunState, settledView, untouchedSteps } from './run-state.ts';
import { slotMachine } from './slot-machine.ts';
import { SpeedMeter } from './speed-meter.ts';
import type { PromptView, SettledView, SlotProgress, SlotState, SlotView } from './view.ts';

const PROGRESS_INTERVAL_MS = 250;
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
  readonly #meter = new SpeedMeter();
  #actor: ActorRefFrom<typeof slotMachine> | undefined;
  #state: RunState | undefined;
  #session: { readonly value: unknown; readonly release: () => void } | undefined;
  #port: SerialPort | undefined;
  #prompt: PromptView | undefined;
  #progress: SlotProgress | undefined;
  #progressAt = Number.NEGATIVE_INFINITY;
  #settled: SettledView | undefined;
  #settledAt: number | undefined;
  #earlier: readonly SettledView[] = [];
  #awake: { release(): void } | undefined;
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

  /** Practice bench: what the operator would do with the unit. */
  readonly #perform = async (act: Parameters<PracticePort['perform']>[0]) => {
    await (this.#port as PracticePort | undefined)?.perform(act);
  };

  #beginRun(isRetry: boolean): void {
    if (this.#settled) this.#earlier = [...this.#earlier, this.#settled];
    const retryOf = isRetry ? this.#earlier.at(-1)?.run : undefined;
    this.#state = new RunState(this.#batch.bench.clock.now(), retryOf);
    this.#settled = undefined;
    this.#settledAt = undefined;
    this.#progress = undefined;
    this.#meter.reset();
    this.#changed();
  }

  async #open(): Promise<void> {
    await this.#closeSession();
    this.#state!.abort.signal.throwIfAborted();
    const release = this.#batch.bench.leases.take(this.link.text, this.#label());
    try {
      const value = await this.#batch.flow.open(this.#context());
      this.#session = { value, release };
    } catch (error) {
      release();
      throw error;
    }
  }

  async #step(step: StepId) {
    const state = this.#state!;
    state.enter(step);
    this.#progress = undefined;
    this.#meter.reset();
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
    const end = state.end(verdict, endedAt, tries);
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
    this.#awake?.release();
    this.#awake = undefined;
    state.writing = false;
    this.#batch.bench.claims.release(this.id);
    const view = settledView(end, state, run);
    this.#settled = unrecorded ? { ...view, notDone: [...(view.notDone ?? []), unrecorded] } : view;
    this.#settledAt = endedAt;
    this.#progress = undefined;
    this.#addLog(
      isGood(verdict.outcome) ? 'info' : 'error',
      `${verdict.outcome}${verdict.code ? ` ${verdict.code}` : ''}: ${verdict.message}`,
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
    this.#port = undefined;
    session.release();
  }

  #moreUnits(): boolean {
    const expected = this.link.virtual?.jigUnits;
    return expected === undefined || this.#earlier.length + 1 < expected;
  }

  #context(signal = this.#state!.abort.signal): RunContext {
    const state = this.#state!;
    const { bench, request, plan, assume } = this.#batch;
    const host = {
      show: (prompt: PromptView | undefined) => this.#show(prompt),
      hands:
        this.link.kind === 'virtual'
          ? async (request: { act: Parameters<PracticePort['perform']>[0] }) => this.#perform(request.act)
          : undefined,
      log: (text: string) => this.#addLog('info', text),
    };
    return {
      task: request.task,
      plan,
      settings: request.settings,
      assume,
      link: this.link,
      clock: bench.clock,
      signal,
      openSerial: async (baudRate) => {
        this.#port =
          this.link.kind === 'virtual'
            ? await bench.practice.openSerial(this.link, { baudRate, signal })
            : await bench.openSerial(this.link, { baudRate, signal });
        return this.#port;
      },
      log: (level, text) => this.#addLog(level, text),
      progress: (progress) => this.#takeProgress(progress),
      operator: bench.prompts.operatorFor(this.#batch.id, assume, host, signal),
      backups: this.#backups(),
      identify: (identity) => this.#identify(identity),
      warn: (text) => {
        if (state.warnings.includes(text)) return;
        state.warnings = [...state.warnings, text];
        void state.journal?.warning(text);
        this.#addLog('warn', text);
      },
      writeBegins: async () => {
        if (state.writing) return;
        await (await this.#journal()).writeBegan();
        this.#awake ??= await bench.sleepInhibitor.acquire(`${request.task} in ${this.#label()}`);
        state.writing = true;
        this.#actor?.send({ type: 'WRITE_BEGAN' });
      },
      wrote: (bytes) => {
        state.bytesWritten += bytes;
      },
      haveBackup: (backup) => {
        state.backup = backup;
        this.#actor?.send({ type: 'BACKUP_CHECKED' });
      },
      goWithoutBackup: (reason) => {
        state.noBackupReason = reason;
        this.#actor?.send({ type: 'NO_BACKUP_ACCEPTED', reason });
      },
      firmware: (entries) => {
        state.firmware = entries;
      },
    };
  }

  #backups(): RunContext['backups'] {
    const named = this.#batch.namedBackup;
    const store = async () => (await this.#journal()).backups(named);
    return {
      named,
      create: async (kind, totalBytes) => {
        const writer = await (await store()).create(kind, totalBytes);
        return {
          append: (bytes) => writer.append(bytes),
          discard: () => writer.discard(),
          commit: async () => {
            const backup = await writer.commit();
            this.#state!.backup = backup;
            this.#actor?.send({ type: 'BACKUP_CHECKED' });
            return backup;
          },
        };
      },
      newestWhole: async (mac, kind) => (await store()).newestWhole(mac, kind),
      read: async (backup) => (await store()).read(backup),
    };
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

  #takeProgress(progress: Progress): void {
    const nowMs = this.#batch.bench.clock.monotonicMs();
    const finished = progress.total !== undefined && progress.done >= progress.total;
    if (this.#progress?.label !== progress.label) this.#meter.reset();
    else if (nowMs - this.#progressAt < PROGRESS_INTERVAL_MS && !finished) return;
    this.#progressAt = nowMs;
    const perSecond = progress.unit === 'bytes' ? this.#meter.sample(nowMs, progress.done) : undefined;
    const left = (progress.total ?? 0) - progress.done;
    this.#progress = {
      ...progress,
      ...(perSecond !== undefined && { perSecond }),
      ...(perSecond !== undefined && perSecond > 0 && left > 0 && { etaMs: (left / perSecond) * 1_000 }),
    };
    this.#batch.emit({ type: 'progress', slot: this.link.text, step: this.#state!.step, ...this.#progress });
    this.#changed();
  }

  #show(prompt: PromptView | undefined): void {
    if (prompt === this.#prompt) return;
    const isNew = prompt !== undefined && prompt.id !== this.#prompt?.id;
    this.#prompt = prompt;
    this.#actor?.send({ type: prompt ? 'PROMPT_SHOWN' : 'PROMPT_GONE' });
    if (isNew) this.#batch.emit({ type: 'ask', slot: this.link.text, prompt });
    this.#changed();
  }

  #addLog(level: LogLine['level'], text: string): void {
    const line = { time: this.#batch.bench.clock.now(), level, text };
    this.log.push(line);
    if (this.log.length > LOG_LINES_KEPT) this.log.splice(0, this.log.length - LOG_LINES_KEPT);
    this.#batch.journal.log(this.link.text, level, text);
    this.#batch.emit({ type: 'log', slot: this.link.text, level, text });
    for (const listener of this.logListeners) listener();
    this.#changed();
  }

  #label(): string {
    return this.#batch.bench.labelOf(this.link) ?? `slot ${this.number}`;
  }

  #changed(): void {
    this.#view = undefined;
    this.#batch.changed();
  }

  #slotState(): SlotState {
    const snapshot = this.#actor?.getSnapshot();
    if (!snapshot || snapshot.hasTag('waiting')) return 'waiting';
    if (snapshot.hasTag('settled')) return 'settled';
    if (snapshot.hasTag('takeOut')) return 'take-out';
    if (snapshot.context.stopping !== undefined) return 'cancelling';
    return this.#prompt ? 'needs-operator' : 'running';
  }

  view(): SlotView {
    return (this.#view ??= this.#buildView());
  }

  #buildView(): SlotView {
    const state = this.#slotState();
    const run = this.#state;
    const lastLog = this.log.at(-1);
    return {
      id: this.id,
      batchId: this.#batch.id,
      number: this.number,
      link: this.link,
      label: this.#label(),
      state,
      ...(state === 'waiting' && { waitReason: 'waits for a free place' }),
      ...(run && state !== 'waiting' && { step: run.step }),
      steps: run?.steps ?? untouchedSteps,
      identity: run?.identity ?? {},
      ...(this.#progress && { progress: this.#progress }),
      ...(this.#prompt && { prompt: this.#prompt }),
      ...(this.#settled && state !== 'waiting' && { settled: this.#settled }),
      ...(run && { startedAt: run.startedAt }),
      ...(this.#settledAt !== undefined && { settledAt: this.#settledAt }),
      tries: this.#actor?.getSnapshot().context.tries ?? 0,
      writing: run?.writing ?? false,
      ...(run?.journal && { run: run.journal.run }),
      warnings: run?.warnings ?? [],
      earlier: this.#earlier,
      ...(lastLog && { lastLog }),
    };
  }
}
