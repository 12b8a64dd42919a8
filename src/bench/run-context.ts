import { BenchError, toBenchError } from '../core/errors.ts';
import type { UnitIdentity } from '../core/identity.ts';
import type { Link } from '../core/link.ts';
import type { HostPort } from '../drivers/http/port.ts';
import type { LogSink } from '../core/log.ts';
import type { OperatorAct } from '../core/operator-act.ts';
import type { ProgressSink } from '../core/progress.ts';
import type { PracticeHands } from '../virtual/practice-bench.ts';
import type { RunJournal } from '../records/batch-journal.ts';
import { followPilot } from './follow-pilot.ts';
import type { FlashMapRow, RunContext, UnitVitals } from '../../flows/flow.ts';
import type { BatchRuntime } from './batch-runtime.ts';
import type { RunState } from './run-state.ts';
import type { SlotEvent } from './slot-machine.ts';
import type { PromptView } from './view.ts';

/** Of links that name none: HTTP, and ESPHome's native update on an ESP8266. */
const DEFAULT_PORT = { http: 80, esphome: 8266 };

/** What a slot lends to the run that is going on in it. */
export interface RunHost {
  readonly batch: BatchRuntime;
  readonly slotId: string;
  readonly link: Link;
  readonly label: string;
  readonly state: RunState;
  readonly log: LogSink;
  readonly progress: ProgressSink;
  journal(): Promise<RunJournal>;
  send(event: SlotEvent): void;
  show(prompt: PromptView | undefined): void;
  identify(identity: UnitIdentity): Promise<void>;
  /** The practice bench has hands at this place. */
  hands(hands: PracticeHands): void;
  vitals(vitals: UnitVitals): void;
  flashMap(rows: readonly FlashMapRow[]): void;
  /** Why it stands still just now; undefined: it does not. */
  waitsFor(reason: string | undefined): void;
  perform(act: OperatorAct): Promise<void>;
}

/** The world as the steps of one run see it. */
export function runContext(host: RunHost, signal: AbortSignal): RunContext {
  const { batch, link, state } = host;
  const { bench, request, plan, assume } = batch;
  const isPractice = link.kind === 'virtual';
  const promptHost = {
    show: (prompt: PromptView | undefined) => host.show(prompt),
    hands: isPractice ? ({ act }: { act: OperatorAct }) => host.perform(act) : undefined,
    log: (text: string) => host.log('info', text),
  };
  return {
    task: request.task,
    plan,
    settings: request.settings,
    assume,
    link,
    clock: bench.clock,
    signal,
    openSerial: async (baudRate) => {
      const options = { baudRate, signal, log: host.log };
      if (!isPractice) return bench.openSerial(link, options);
      const port = await bench.practice.openSerial(link, options);
      host.hands(port);
      return port;
    },
    openRadio: async () => {
      if (isPractice) {
        const radio = await bench.practice.openRadio(link);
        host.hands(radio);
        return radio;
      }
      const radio = await bench.openRadio({ signal, log: host.log });
      const address = link.kind === 'ble' ? link.text.slice('ble:'.length) : undefined;
      return { radio, address, close: async () => {} };
    },
    openProgrammer: async () => {
      const { programs } = bench;
      if (isPractice && programs !== undefined) {
        const onBench = await bench.practice.openProgrammer(link);
        host.hands(onBench);
        return { programs, programmer: onBench.programmer, close: () => onBench.close() };
      }
      if (link.kind !== 'flashrom' || programs === undefined)
        throw new BenchError('LINK_UNKNOWN', { message: `${link.text} names no flash programmer.` });
      return { programs, programmer: link.text.slice('flashrom:'.length), close: async () => {} };
    },
    openNetwork: async () => {
      if (isPractice) {
        const onBench = await bench.practice.openNetwork(link);
        host.hands(onBench);
        const { network, at } = onBench;
        return { network, at, server: bench.firmwareServer, close: () => onBench.close() };
      }
      const at = placeOnNetwork(link);
      return { network: bench.network, at, server: bench.firmwareServer, close: async () => {} };
    },
    pilotFirst: (group) =>
      followPilot(host, group, signal, (question, until) =>
        bench.prompts.operatorFor(batch.id, assume, promptHost, until).ask(question),
      ),
    pilotThrough: (reason) => batch.pilots.through(host.slotId, reason),
    onBattery: () => bench.onBattery(),
    brokenOff: state.brokenOff.signal,
    inTurn: (name, work, options) =>
      bench.turns.take(name, work, {
        signal: options?.signal ?? signal,
        onWait: () => host.log('info', `waits for its turn: ${name}`),
      }),
    log: host.log,
    progress: host.progress,
    operator: bench.prompts.operatorFor(batch.id, assume, promptHost, signal),
    backups: backupStore(host),
    runNumber: async () => (await host.journal()).run,
    keepSecret: async (name, value) => (await host.journal()).keepSecret(name, value),
    identify: (identity) => host.identify(identity),
    earlierRuns: async (mac) => {
      const own = state.journal?.run;
      return (await bench.runsOf(mac)).filter((earlier) => earlier.batch !== batch.id || earlier.run !== own);
    },
    remember: (key, value) => {
      if (request.jobName === undefined) return;
      try {
        bench.rememberSetting(request.jobName, key, value);
      } catch (error) {
        host.log(
          'warn',
          `the job "${request.jobName}" could not keep ${key}: ${toBenchError(error).message}`,
        );
      }
    },
    flashMap: (rows) => host.flashMap(rows),
    vitals: (vitals) => host.vitals(vitals),
    warn: (said) => {
      const text = batch.journal.redact(said);
      if (state.warnings.includes(text)) return;
      state.warnings = [...state.warnings, text];
      void state.journal?.warning(text);
      host.log('warn', text);
    },
    writeBegins: async () => {
      if (state.writing) return;
      await (await host.journal()).writeBegan();
      state.awake ??= await bench.sleepInhibitor.acquire(`${request.task} in ${host.label}`);
      state.writing = true;
      host.send({ type: 'WRITE_BEGAN' });
    },
    wrote: (bytes) => {
      state.bytesWritten += bytes;
    },
    haveBackup: (backup) => {
      state.backup = backup;
      host.send({ type: 'BACKUP_CHECKED' });
    },
    goWithoutBackup: (reason) => {
      state.noBackupReason = reason;
      host.send({ type: 'NO_BACKUP_ACCEPTED', reason });
    },
    firmware: (entries) => {
      state.firmware = entries;
    },
  };
}

/** Throws LINK_UNKNOWN where the link names no host. */
function placeOnNetwork(link: Link): HostPort {
  if (link.kind !== 'http' && link.kind !== 'esphome')
    throw new BenchError('LINK_UNKNOWN', { message: `${link.text} names no unit on the network.` });
  const { hostname, port } = new URL(link.text.replace(/^esphome:/, 'http:'));
  return {
    host: hostname.replace(/^\[|\]$/g, ''),
    port: port === '' ? DEFAULT_PORT[link.kind] : Number(port),
  };
}

/** A backup that was committed opens the way to `flash`: nothing else does, but its accepted absence. */
function backupStore(host: RunHost): RunContext['backups'] {
  const named = host.batch.namedBackup;
  const store = async () => (await host.journal()).backups(named);
  return {
    named,
    create: async (kind, totalBytes) => {
      const writer = await (await store()).create(kind, totalBytes);
      return {
        append: (bytes) => writer.append(bytes),
        discard: () => writer.discard(),
        commit: async () => {
          const backup = await writer.commit();
          host.state.backup = backup;
          host.send({ type: 'BACKUP_CHECKED' });
          return backup;
        },
      };
    },
    newestWhole: async (mac, kind) => (await store()).newestWhole(mac, kind),
    ofUnit: async (mac, kind) => (await store()).ofUnit(mac, kind),
    read: async (backup) => (await store()).read(backup),
  };
}
