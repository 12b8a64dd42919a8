import type { BackupStore, StoredBackup } from '../src/core/backup-store.ts';
import type { Clock } from '../src/core/clock.ts';
import type { UnitIdentity } from '../src/core/identity.ts';
import type { Link, LinkKind } from '../src/core/link.ts';
import type { LogSink } from '../src/core/log.ts';
import type { OperatorAct } from '../src/core/operator-act.ts';
import type { Outcome, Verdict } from '../src/core/outcome.ts';
import type { ProgressSink } from '../src/core/progress.ts';
import type { AssumeWord, StepId, Task } from '../src/core/steps.ts';
import type { BleRadio } from '../src/drivers/ble/radio.ts';
import type { FirmwareServer } from '../src/drivers/http/firmware-server.ts';
import type { HostPort, Network } from '../src/drivers/http/port.ts';
import type { Programs } from '../src/drivers/process/programs.ts';
import type { SerialPort } from '../src/drivers/serial/port.ts';
import type { InspectedFile } from '../src/firmware/inspect.ts';

export type { BackupStore, BackupWriter, NamedBackup, StoredBackup } from '../src/core/backup-store.ts';

/**
 * A flow: what is done to one kind of device over one kind of link. Data plus one function per step; the bench
 * builds its machine from it. `Plan` is what `plan` made of files and settings for the whole batch, `Session`
 * what lives from the first contact with one unit to the end of its run (an open port, a loader).
 */
export interface Flow<Plan = unknown, Session = unknown> {
  readonly id: string;
  readonly title: string;
  /** The kind of device, in the operator's words: `Mijia Bedside Lamp 2`. */
  readonly device: string;
  readonly summary: string;
  readonly linkKinds: readonly LinkKind[];
  /** Name of the virtual device of the practice bench. */
  readonly virtualDevice: string;
  readonly abilities: FlowAbilities;
  readonly firmwareSlots: readonly FirmwareSlot[];
  readonly settings: readonly SettingSpec[];
  wiringPages(settings: Settings): readonly WiringPage[];
  /** Checks files and settings before any unit is touched. Throws FIRMWARE_REFUSED or USAGE. Touches no unit. */
  plan(request: PlanRequest): Promise<Plan>;
  /** What of the plan the operator should know before the start, one sentence each. */
  warnings(plan: Plan): readonly string[];
  /** Opens the link. Must not write to the unit. */
  open(run: RunContext<Plan>): Promise<Session>;
  /** Idempotent, never throws. */
  close(session: Session): Promise<void>;
  readonly steps: Readonly<Record<StepId, StepFunction<Plan, Session>>>;
  /** Watches for the proof of a run that ended UNSURE, and writes nothing. */
  lookAgain(session: Session, run: RunContext<Plan>): Promise<StepResult>;
  /** Cycle mode: resolves when the settled unit has gone and another one answers. */
  awaitNextUnit(session: Session, run: RunContext<Plan>): Promise<void>;
}

/** Registry entry: the bench treats plan and session as opaque. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- plan and session never leave their own flow
export type AnyFlow = Flow<any, any>;

export interface FlowAbilities {
  /** Whether flash can be read: always, never, or only with the stub loader. */
  readonly readsBack: 'always' | 'with-stub' | 'never';
  /** True where the operator must put the unit into its loader by hand. */
  readonly operatorPowers: boolean;
  /**
   * True where stopping in mid-write leaves the unit recoverable. Else a cancel waits for the end of the write, and only
   * a typed confirmation breaks it off (`RunContext.brokenOff`).
   */
  readonly cancelWhileWriting: boolean;
  /** True where units can follow one another in one jig. */
  readonly cycle: boolean;
}

export interface FirmwareSlot {
  readonly id: string;
  readonly title: string;
  readonly required: boolean;
  /** Why this file does not belong here, one sentence, or undefined when it does. */
  refuses(file: InspectedFile): string | undefined;
}

export interface SettingSpec {
  readonly key: string;
  readonly title: string;
  readonly help: string;
  readonly kind: 'text' | 'number' | 'choice' | 'boolean' | 'secret';
  readonly choices?: readonly { readonly value: string; readonly title: string }[];
  readonly default?: string;
  readonly min?: number;
  readonly max?: number;
}
/** By key; always text, as it came from the command line or the screen; defaults filled in, already validated. */
export type Settings = Readonly<Record<string, string>>;

/** One page of wiring or handling instructions; drawn as it stands, at most 64 columns by 16 lines, plain ASCII. */
export interface WiringPage {
  readonly id: string;
  readonly title: string;
  readonly drawing: string;
  /** Numbered by the screen. */
  readonly notes: readonly string[];
}

export interface PlanRequest {
  readonly task: Task;
  /** By firmware slot; files whose slot was not named have been placed by what they are. */
  readonly files: ReadonlyMap<string, InspectedFile>;
  readonly settings: Settings;
  readonly assume: ReadonlySet<AssumeWord>;
  /** The backup named for a restore: what it is, and whose by the records. */
  readonly backup?: { readonly file: InspectedFile; readonly mac?: string };
}

export type StepFunction<Plan, Session> = (session: Session, run: RunContext<Plan>) => Promise<StepResult>;

export type StepResult =
  /** Go on with the following step, or (CURRENT: nothing to write) with `goTo`. */
  | { readonly kind: 'done'; readonly goTo?: 'reboot' }
  | { readonly kind: 'settle'; readonly verdict: Verdict };
export const done: StepResult = { kind: 'done' };
export const settle = (verdict: Verdict): StepResult => ({ kind: 'settle', verdict });

/** What one run of one unit may use. Steps throw BenchError; the bench turns it into the outcome. */
export interface RunContext<Plan = unknown> {
  readonly task: Task;
  readonly plan: Plan;
  readonly settings: Settings;
  readonly assume: ReadonlySet<AssumeWord>;
  readonly link: Link;
  readonly clock: Clock;
  /** Aborted on cancel. Steps stop at their next safe point and reject with ABORTED. */
  readonly signal: AbortSignal;
  openSerial(baudRate: number): Promise<SerialPort>;
  /** The radio of the bench. Throws BLUETOOTH_UNAVAILABLE or BLUETOOTH_OFF; loads noble at the first call. */
  openRadio(): Promise<RadioLink>;
  /** The flash programmer of a `flashrom:` link. Throws LINK_UNKNOWN where the link names none. */
  openProgrammer(): Promise<ProgrammerLink>;
  /** The network of the bench, and where on it the link's unit is. Throws LINK_UNKNOWN where the link names none. */
  openNetwork(): Promise<NetworkLink>;
  /**
   * Pilot first: resolves at once for the first unit of its group (a model) that comes here, for the others when that
   * one was proved (or has called `pilotThrough`), or when the operator lets them go by name. Call it after the last
   * check and before the first irreversible act. Throws PILOT_FAILED.
   */
  pilotFirst(group: string): Promise<void>;
  /** This unit has shown enough for the others of its group to start, though its own run is not over. */
  pilotThrough(reason: string): void;
  /** Whether this computer runs on its battery just now; undefined where nothing tells. */
  onBattery(): Promise<boolean | undefined>;
  /** Aborted when the operator, by a typed confirmation, breaks off a write that a cancel cannot stop. */
  readonly brokenOff: AbortSignal;
  /**
   * Does `work` while no other run of the bench, of whatever batch, does work under the same name; waits in line for
   * that and says so in the log as `waits for its turn: <name>`. `signal` ends the waiting in place of the run's own:
   * for what a cancel must not stop.
   */
  inTurn<T>(name: string, work: () => Promise<T>, options?: { readonly signal?: AbortSignal }): Promise<T>;
  readonly log: LogSink;
  readonly progress: ProgressSink;
  readonly operator: Operator;
  readonly backups: BackupStore;
  /** The number of this run, unique over all batches: what is written on the unit. */
  runNumber(): Promise<number>;
  /**
   * Keeps what only this unit has and somebody will need (`token`, `bind-key`): on the disk before it resolves, apart
   * from the record; from then on neither screen, events nor logs show it.
   */
  keepSecret(name: string, value: string): Promise<void>;
  /**
   * Says which unit is there, after every new contact. Throws SAME_UNIT when another slot has it, UNIT_SWAPPED
   * when this run began with another one, ALREADY_DONE in cycle mode for a MAC settled in this batch.
   */
  identify(identity: UnitIdentity): Promise<void>;
  /** What the records know of the unit with this MAC, oldest first, without this run. */
  earlierRuns(mac: string): Promise<readonly EarlierRun[]>;
  /** Keeps an answer as a setting of the job this batch came from; of a batch without one nothing is kept. */
  remember(key: string, value: string): void;
  /** What lies where in the flash of the unit, and what becomes of it: live, for the screen. */
  flashMap(rows: readonly FlashMapRow[]): void;
  /** What is known of the unit just now, beside its row: live only, not in the record. Merged into what was said before. */
  vitals(vitals: UnitVitals): void;
  /** A finding for the record, e.g. `MAC CRC in efuse is invalid`. Shown before the flash. */
  warn(text: string): void;
  /** Must be called right before the first byte that changes the unit; journalled before it returns. */
  writeBegins(): Promise<void>;
  /** Adds to the bytes written in this run. */
  wrote(bytes: number): void;
  /**
   * A checked backup of this unit is in hand (`commit` of a new one says so by itself). Without this or
   * `goWithoutBackup` the bench does not enter `flash`.
   */
  haveBackup(backup: StoredBackup): void;
  /** No backup can be had and the operator accepted that by name; the reason goes into the record. */
  goWithoutBackup(reason: string): void;
  /** What this run wrote or compared, for the record. */
  firmware(entries: readonly FirmwareEntry[]): void;
}

/** The bench's radio, lent to one run. */
export interface RadioLink {
  readonly radio: BleRadio;
  /** Of the unit that the link names (`ble:` and virtual links); undefined where the link is a wire to whatever is there. */
  readonly address: string | undefined;
  /** Idempotent, never throws. */
  close(): Promise<void>;
}

/** The flash programmer of the bench, lent to one run. */
export interface ProgrammerLink {
  readonly programs: Programs;
  /** flashrom's own programmer string, e.g. `ch341a_spi`. */
  readonly programmer: string;
  /** Idempotent, never throws. */
  close(): Promise<void>;
}

/** The bench's network, lent to one run. */
export interface NetworkLink {
  readonly network: Network;
  /** Where the unit answered when the link was made: `http://` links without a port mean port 80. */
  readonly at: HostPort;
  readonly server: FirmwareServer;
  /** Idempotent, never throws. */
  close(): Promise<void>;
}

export interface EarlierRun {
  readonly batch: string;
  readonly run: number;
  readonly task: Task;
  readonly outcome: Outcome;
  /** True once a write had begun. */
  readonly wrote: boolean;
}

/** One part of a unit's flash. */
export interface FlashMapRow {
  readonly name: string;
  /** In flash, bytes. */
  readonly offset: number;
  readonly size: number;
  /** What stands there now, one line. */
  readonly holds: string;
  /** False where what stands there is not what belongs there. */
  readonly good: boolean;
  /** What will stand there; undefined where it stays as it is. */
  readonly becomes?: string;
}

export interface UnitVitals {
  readonly batteryPercent?: number;
  readonly rssiDbm?: number;
  /** Power must stay on until then, monotonic ms of the clock: shown as `do not unplug` with what is left. 0: no longer. */
  readonly doNotUnplugUntilMs?: number;
}

export interface FirmwareEntry {
  readonly slot: string;
  readonly file: string;
  readonly sha256: string;
}

export interface ActRequest {
  readonly act: OperatorAct;
  /** Imperative, short: `Hold GPIO0 to GND, then apply power`. */
  readonly title: string;
  /** Id of the wiring page to show beside it. */
  readonly wiringPage?: string;
}

export interface ActPrompt {
  /**
   * What is heard meanwhile, e.g. `normal boot text: GPIO0 was not low`. Shown with the prompt. Where the act has its
   * moment, `countdown` is drawn large beside it; call again each second.
   */
  update(finding: string, countdown?: Countdown): void;
  /** The device answered: the prompt goes and says what can be let go now. */
  done(releaseText: string): void;
  /**
   * How long to wait for the device's answer. Undefined on a real link and at the screen (a person acts in their
   * own time); a few seconds on the practice bench without a screen, where the act has just been performed.
   */
  readonly limitMs: number | undefined;
}

/** To be read from across the bench: `OUT 3`, `IN 5`. */
export interface Countdown {
  /** What to do now, at most five capital letters. */
  readonly word: string;
  /** Whole seconds that are left. */
  readonly secondsLeft: number;
}

export interface Operator {
  /**
   * Shows what to do by hand; the device's answer is the only answer. Throws OPERATOR_NEEDED at once when nobody
   * is at the screen and `wired` was not assumed.
   */
  act(request: ActRequest): ActPrompt;
  /**
   * Asks for a decision; a question with the same `id` is asked once per batch. Rejects with OPERATOR_NEEDED when nobody can answer.
   */
  ask(question: Question): Promise<string>;
}

export interface Question {
  readonly id: string;
  readonly text: string;
  readonly choices: readonly { readonly value: string; readonly title: string }[];
  /** The --assume word that stands for the answer `assumed`. */
  readonly assume?: AssumeWord;
  readonly assumed?: string;
  /** The choice of this value must be typed to be accepted (dangerous answers). */
  readonly typed?: string;
  /** What the operator does with the hands before answering; the practice bench does it when the answer is given. */
  readonly act?: OperatorAct;
}
