import type {
  BatchPlan,
  BatchRequest,
  BatchView,
  Bench,
  BenchEvent,
  BenchView,
} from '../../src/bench/view.ts';
import type { LogLine } from '../../src/core/log.ts';
import { START } from './slots.ts';

/** A bench that shows what it is told to show and remembers what was asked of it. */
export class FakeBench implements Bench {
  readonly calls: string[] = [];
  readonly logs = new Map<string, LogLine[]>();
  planned: BatchPlan | Error = {
    flowId: 'test-lamp',
    task: 'flash',
    slots: ['virtual:lamp#1', 'virtual:lamp#2'],
    firmware: [],
    warnings: [],
  };
  /** What `start` puts on the bench. */
  starts: BatchView | undefined;
  /** Resolves `shutdown`; without it `shutdown` resolves at once. */
  holdShutdown: Promise<void> | undefined;
  #view: BenchView;
  readonly #listeners = new Set<() => void>();
  readonly #logListeners = new Set<() => void>();

  constructor(batches: readonly BatchView[] = []) {
    this.#view = { batches };
  }

  set(...batches: readonly BatchView[]): void {
    this.#view = { batches };
    for (const listener of this.#listeners) listener();
  }

  addLog(slotId: string, text: string, level: LogLine['level'] = 'info'): void {
    const log = this.logs.get(slotId) ?? [];
    this.logs.set(slotId, [...log, { time: START + log.length * 1000, level, text }]);
    for (const listener of this.#logListeners) listener();
  }

  view = (): BenchView => this.#view;
  subscribe = (listener: () => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };
  log = (slotId: string): readonly LogLine[] => this.logs.get(slotId) ?? [];
  subscribeLog = (_slotId: string, listener: () => void) => {
    this.#logListeners.add(listener);
    return () => this.#logListeners.delete(listener);
  };
  onEvent = (_listener: (event: BenchEvent) => void) => () => {};

  async plan(request: BatchRequest): Promise<BatchPlan> {
    this.calls.push(`plan ${request.links.map(({ text }) => text).join(' ')}`);
    if (this.planned instanceof Error) throw this.planned;
    return this.planned;
  }
  async start(request: BatchRequest): Promise<string> {
    this.calls.push(
      `start ${JSON.stringify({ task: request.task, files: request.files, settings: request.settings })}`,
    );
    if (this.planned instanceof Error) throw this.planned;
    if (this.starts !== undefined) this.set(...this.#view.batches, this.starts);
    return this.starts?.id ?? '';
  }
  retry = (ids: readonly string[]) => void this.calls.push(`retry ${ids.join(' ')}`);
  lookAgain = (ids: readonly string[]) => void this.calls.push(`lookAgain ${ids.join(' ')}`);
  skip = (ids: readonly string[]) => void this.calls.push(`skip ${ids.join(' ')}`);
  cancel = (ids: readonly string[]) => void this.calls.push(`cancel ${ids.join(' ')}`);
  breakOff = (ids: readonly string[]) => void this.calls.push(`breakOff ${ids.join(' ')}`);
  waivePilot = (id: string) => void this.calls.push(`waivePilot ${id}`);
  answer = (promptId: string, value: string) => void this.calls.push(`answer ${promptId} ${value}`);
  perform = (promptId: string) => void this.calls.push(`perform ${promptId}`);
  async note(batchId: string, run: number, text: string): Promise<void> {
    this.calls.push(`note ${batchId} ${run} ${text}`);
  }
  finishCycle = (batchId: string) => void this.calls.push(`finish ${batchId}`);
  whenDone = () => Promise.resolve();
  clockJumped = () => void this.calls.push('clockJumped');
  async shutdown(): Promise<void> {
    this.calls.push('shutdown');
    await this.holdShutdown;
  }
}
