import type { Clock } from '../core/clock.ts';
import { BenchError } from '../core/errors.ts';
import type { Link } from '../core/link.ts';
import type { LogSink } from '../core/log.ts';
import type { SleepInhibitor } from '../drivers/host/sleep-inhibitor.ts';
import type { BleRadio } from '../drivers/ble/radio.ts';
import type { FirmwareServer } from '../drivers/http/firmware-server.ts';
import type { Network } from '../drivers/http/port.ts';
import type { Programs } from '../drivers/process/programs.ts';
import type { OpenOptions, SerialPort } from '../drivers/serial/port.ts';
import type { InspectedFile } from '../firmware/inspect.ts';
import type { AnyFlow } from '../../flows/flow.ts';
import type { DataDir } from '../records/data-dir.ts';
import { createRedactor } from '../records/redact.ts';
import type { PracticeBench } from '../virtual/practice-bench.ts';
import { BatchRuntime } from './batch-runtime.ts';
import type { BenchCore } from './bench-core.ts';
import { LinkLeases } from './link-leases.ts';
import { planBatch, type PlannedBatch } from './plan-batch.ts';
import { PromptDesk } from './prompt-desk.ts';
import { Turns } from './turns.ts';
import { UnitClaims } from './unit-claims.ts';
import type { Bench, BatchRequest, BenchEvent, BenchView } from './view.ts';

/** What the composition root hands to the bench. */
export interface BenchDependencies {
  readonly flows: readonly AnyFlow[];
  readonly records: DataDir;
  readonly practice: PracticeBench;
  readonly clock: Clock;
  readonly sleepInhibitor: SleepInhibitor;
  /** True when somebody is at a screen and can answer. */
  readonly interactive: boolean;
  readonly version?: string;
  openSerial(link: Link, options: OpenOptions & { readonly log?: LogSink }): Promise<SerialPort>;
  /** The real radio. Missing: there is none on this bench. */
  openRadio?(options: { readonly signal: AbortSignal; readonly log: LogSink }): Promise<BleRadio>;
  /** The real network and the firmware server on it. Missing: this bench has none. */
  readonly network?: Network;
  readonly firmwareServer?: FirmwareServer;
  /** Whether this computer runs on its battery just now. Missing: nothing tells. */
  onBattery?(): Promise<boolean | undefined>;
  /** For links to a flash programmer. Missing: this bench starts no programs. */
  readonly programs?: Programs;
  inspectFile(path: string): Promise<InspectedFile>;
  /** Keeps an answer as a setting of a saved job. */
  rememberSetting?(jobName: string, key: string, value: string): void;
  labelOf?(link: Link): string | undefined;
}

/** Slots share one bench: links, units and the person's attention are leased over all its batches. */
export function createBench(dependencies: BenchDependencies): Bench {
  const { records, clock } = dependencies;
  const batches: BatchRuntime[] = [];
  const listeners = new Set<() => void>();
  const eventListeners = new Set<(event: BenchEvent) => void>();
  const prompts = new PromptDesk(clock, dependencies.interactive);
  let view: BenchView | undefined;
  let notifying = false;

  const core: BenchCore = {
    clock,
    leases: new LinkLeases(),
    claims: new UnitClaims(),
    turns: new Turns(),
    prompts,
    practice: dependencies.practice,
    sleepInhibitor: dependencies.sleepInhibitor,
    openSerial: (link, options) => dependencies.openSerial(link, options),
    openRadio: async (options) => {
      if (!dependencies.openRadio) throw new BenchError('BLUETOOTH_UNAVAILABLE');
      return dependencies.openRadio(options);
    },
    get network() {
      return present(dependencies.network);
    },
    get firmwareServer() {
      return present(dependencies.firmwareServer);
    },
    onBattery: async () => dependencies.onBattery?.(),
    programs: dependencies.programs,
    runsOf: async (mac) => (await records.units(mac)).flatMap(({ runs }) => runs),
    rememberSetting: (jobName, key, value) => dependencies.rememberSetting?.(jobName, key, value),
    labelOf: (link) => dependencies.labelOf?.(link),
    emit: (event) => {
      for (const listener of eventListeners) listener(event);
    },
    changed: () => {
      view = undefined;
      if (notifying) return;
      notifying = true;
      queueMicrotask(() => {
        notifying = false;
        for (const listener of listeners) listener();
      });
    },
  };

  const slotOf = (slotId: string) => batches.flatMap(({ slots }) => slots).find(({ id }) => id === slotId);
  const byBatch = (slotIds: readonly string[], act: (batch: BatchRuntime, ids: string[]) => void) => {
    for (const batch of batches) {
      const own = slotIds.filter((id) => batch.slots.some((slot) => slot.id === id));
      if (own.length > 0) act(batch, own);
    }
  };
  const plan = (request: BatchRequest): Promise<PlannedBatch> =>
    planBatch(request, {
      flows: dependencies.flows,
      inspectFile: (path) => dependencies.inspectFile(path),
      namedBackup: (file) => records.namedBackup(file),
      checkLink: (link) => dependencies.practice.check(link),
    });

  return {
    view: () => (view ??= { batches: batches.map((batch) => batch.view()) }),
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    log: (slotId) => slotOf(slotId)?.log ?? [],
    subscribeLog(slotId, listener) {
      const slot = slotOf(slotId);
      slot?.logListeners.add(listener);
      return () => slot?.logListeners.delete(listener);
    },
    onEvent(listener) {
      eventListeners.add(listener);
      return () => eventListeners.delete(listener);
    },
    async plan(request) {
      const planned = await plan(request);
      const { flow, firmware, warnings } = planned;
      const secrets = secretSettings(flow).map((key) => planned.request.settings[key] ?? '');
      return {
        flowId: flow.id,
        task: request.task,
        slots: request.links.map(({ text }) => text),
        firmware,
        warnings: warnings.map(createRedactor(secrets)),
      };
    },
    async start(request) {
      const planned = await plan(request);
      const journal = await records.startBatch(...batchHeader(planned, dependencies));
      const batch = new BatchRuntime(core, planned, journal);
      batches.push(batch);
      batch.start();
      return batch.id;
    },
    retry: (slotIds) => byBatch(slotIds, (batch, ids) => batch.retry(ids)),
    lookAgain: (slotIds) => byBatch(slotIds, (batch, ids) => batch.lookAgain(ids)),
    skip: (slotIds) => byBatch(slotIds, (batch, ids) => batch.tell(ids, 'SKIP')),
    cancel: (slotIds) => byBatch(slotIds, (batch, ids) => batch.tell(ids, 'CANCEL')),
    breakOff: (slotIds) => {
      for (const id of slotIds) slotOf(id)?.breakOff();
    },
    waivePilot: (batchId) => batches.find(({ id }) => id === batchId)?.pilots.waive(),
    answer: (promptId, value) => prompts.answer(promptId, value),
    perform: (promptId) => prompts.perform(promptId),
    note: (batchId, run, text) => records.note(batchId, run, text),
    finishCycle: (batchId) => {
      const batch = batches.find(({ id }) => id === batchId);
      batch?.tell(
        batch.slots.map(({ id }) => id),
        'FINISH_CYCLE',
      );
    },
    clockJumped: (jumpMs) => {
      for (const { slots } of batches) for (const slot of slots) slot.clockJumped(jumpMs);
    },
    whenDone: async (batchId) => {
      const batch = batches.find(({ id }) => id === batchId);
      if (!batch) throw new BenchError('USAGE', { message: `There is no batch ${batchId} here.` });
      await batch.whenDone();
    },
    async shutdown() {
      for (const batch of batches) {
        batch.tell(
          batch.slots.map(({ id }) => id),
          'CANCEL',
        );
      }
      await Promise.all(batches.map((batch) => batch.whenDone()));
    },
  };
}

function present<T>(part: T | undefined): T {
  if (part === undefined)
    throw new BenchError('LINK_UNKNOWN', { message: 'This bench has no network for its units.' });
  return part;
}

function batchHeader(
  { request, flow, firmware, warnings, files }: PlannedBatch,
  dependencies: BenchDependencies,
): Parameters<DataDir['startBatch']> {
  const header: Parameters<DataDir['startBatch']>[0] = {
    flow: flow.id,
    flowTitle: flow.title,
    device: flow.device,
    task: request.task,
    ...(request.jobName !== undefined && { jobName: request.jobName }),
    ...(request.operatorName !== undefined && { operator: request.operatorName }),
    cycle: request.cycle ?? false,
    practice: request.links.some(({ kind }) => kind === 'virtual'),
    ...(request.parallel !== undefined && { parallel: request.parallel }),
    slots: request.links.map((link, index) => ({
      number: index + 1,
      link: link.text,
      label: dependencies.labelOf?.(link) ?? link.text,
    })),
    firmware: firmware.map((entry) => ({ ...entry, bytes: files.get(entry.slot)!.sizeBytes })),
    files: request.files.map((file) => ({ ...file })),
    links: request.links.map(({ text }) => text),
    settings: request.settings,
    assume: [...request.assume],
    ...(request.backupFile !== undefined && { backupFile: request.backupFile }),
    warnings: [...warnings],
    ...(dependencies.version !== undefined && { version: dependencies.version }),
  };
  return [header, { secretSettings: secretSettings(flow) }];
}

const secretSettings = (flow: AnyFlow): string[] =>
  flow.settings.filter(({ kind }) => kind === 'secret').map(({ key }) => key);
