import { sha256Hex } from '../../src/core/digest.ts';
import { BenchError } from '../../src/core/errors.ts';
import type { UnitIdentity } from '../../src/core/identity.ts';
import type { AssumeWord, Task } from '../../src/core/steps.ts';
import { Turns } from '../../src/bench/turns.ts';
import type {
  ActPrompt,
  EarlierRun,
  NetworkLink,
  RunContext,
  Settings,
  StoredBackup,
  UnitVitals,
} from '../../flows/flow.ts';
import type { ManualClock } from './manual-clock.ts';

export interface ScriptedRunOptions<Plan> {
  readonly plan: Plan;
  readonly clock: ManualClock;
  readonly network?: Omit<NetworkLink, 'close'>;
  readonly task?: Task;
  readonly settings?: Settings;
  readonly assume?: readonly AssumeWord[];
  readonly earlier?: readonly EarlierRun[];
  /** Of this unit, as `ofUnit` gives it. */
  readonly backups?: readonly { readonly kind: string; readonly bytes: Uint8Array }[];
  /** What this computer runs on; missing: nothing tells. */
  readonly onBattery?: boolean;
  /** What somebody at the screen answers to a question, by its id. */
  readonly answers?: Readonly<Record<string, string>>;
  /** Somebody is at the screen and acts; missing: nobody is. */
  readonly act?: (title: string) => void;
}

/** One run as a flow sees it, with all that it said kept for the test. */
export interface ScriptedRun<Plan> extends RunContext<Plan> {
  readonly said: string[];
  readonly warned: string[];
  readonly identities: UnitIdentity[];
  readonly kept: { readonly kind: string; readonly bytes: Uint8Array }[];
  readonly vitalsNow: UnitVitals;
  readonly pilotReasons: string[];
  readonly writes: { begun: boolean; bytes: number };
  readonly labels: string[];
  /** The operator presses cancel, or breaks the write off. */
  cancel(): void;
  breakOff(): void;
}

export function scriptedRun<Plan>(options: ScriptedRunOptions<Plan>): ScriptedRun<Plan> {
  const { plan, clock, network, task = 'flash', settings = {}, earlier = [], backups = [], act } = options;
  const assume = new Set(options.assume ?? []);
  const cancelled = new AbortController();
  const broken = new AbortController();
  const turns = new Turns();
  const said: string[] = [];
  const warned: string[] = [];
  const identities: UnitIdentity[] = [];
  const kept: { kind: string; bytes: Uint8Array }[] = [];
  const pilotReasons: string[] = [];
  const labels: string[] = [];
  const writes = { begun: false, bytes: 0 };
  let vitalsNow: UnitVitals = {};
  const notHere = () => Promise.reject(new Error('this run has no such link'));
  const stored = (kind: string, bytes: Uint8Array): StoredBackup => ({
    file: `/records/${kind}.json`,
    sha256: sha256Hex(bytes),
    bytes: bytes.length,
    mark: 'first',
    whole: true,
    flow: 'test',
    kind,
    takenAt: 0,
  });
  return {
    said,
    warned,
    identities,
    kept,
    pilotReasons,
    writes,
    labels,
    get vitalsNow() {
      return vitalsNow;
    },
    cancel: () => cancelled.abort(new BenchError('ABORTED')),
    breakOff: () => broken.abort(new BenchError('ABORTED')),
    task,
    plan,
    settings,
    assume,
    link: { kind: 'http', text: `http://${network?.at.host ?? 'nowhere'}` },
    clock,
    signal: cancelled.signal,
    brokenOff: broken.signal,
    onBattery: async () => options.onBattery,
    openSerial: notHere,
    openRadio: notHere,
    openProgrammer: notHere,
    openNetwork: async () => ({ ...network!, close: async () => {} }),
    pilotFirst: async () => {},
    pilotThrough: (reason) => void pilotReasons.push(reason),
    inTurn: (name, work, more) => turns.take(name, work, { signal: more?.signal ?? cancelled.signal }),
    log: (_level, text) => void said.push(text),
    progress: ({ label }) => {
      if (labels.at(-1) !== label) labels.push(label);
    },
    operator: {
      act: ({ title }): ActPrompt => {
        if (act === undefined) throw new BenchError('OPERATOR_NEEDED');
        act(title);
        return { update: () => {}, done: (text) => void said.push(text), limitMs: undefined };
      },
      ask: async ({ id, assume: word, assumed }) => {
        const answer = options.answers?.[id];
        if (answer !== undefined) return answer;
        if (word === undefined || assumed === undefined || !assume.has(word))
          throw new BenchError('OPERATOR_NEEDED');
        return assumed;
      },
    },
    backups: {
      named: undefined,
      create: async (kind) => {
        const pieces: Uint8Array[] = [];
        return {
          append: async (bytes) => void pieces.push(bytes),
          commit: async () => {
            const bytes = new Uint8Array(Buffer.concat(pieces));
            kept.push({ kind, bytes });
            return stored(kind, bytes);
          },
          discard: async () => {},
        };
      },
      newestWhole: async () => undefined,
      ofUnit: async (_mac, kind) =>
        backups.filter((backup) => backup.kind === kind).map(({ bytes }) => stored(kind, bytes)),
      read: async ({ kind }) => backups.find((backup) => backup.kind === kind)!.bytes,
    },
    runNumber: async () => 1,
    keepSecret: async () => {},
    identify: async (identity) => {
      const before = identities.find(({ mac }) => mac !== undefined)?.mac;
      if (before !== undefined && identity.mac !== undefined && before !== identity.mac)
        throw new BenchError('UNIT_SWAPPED');
      identities.push(identity);
    },
    earlierRuns: async () => earlier,
    remember: () => {},
    flashMap: () => {},
    vitals: (more) => {
      vitalsNow = { ...vitalsNow, ...more };
    },
    warn: (text) => void warned.push(text),
    writeBegins: async () => {
      writes.begun = true;
    },
    wrote: (bytes) => {
      writes.bytes += bytes;
    },
    haveBackup: () => {},
    goWithoutBackup: () => {},
    firmware: () => {},
  };
}
