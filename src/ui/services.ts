import type { AnyFlow } from '../../flows/flow.ts';
import type { BatchRequest } from '../bench/view.ts';
import type { Outcome } from '../core/outcome.ts';
import type { Task } from '../core/steps.ts';
import type { InspectedFile } from '../firmware/inspect.ts';
import type { RunRecord } from '../records/run-record.ts';

/**
 * What the screens need beyond the `Bench`. The composition root makes it of records, settings, discovery and
 * firmware recognition. Methods that return a promise may throw BenchError: the screen shows message and advice.
 */
export interface ScreenServices {
  readonly version: string;
  /** Shown in settings and after the exit. */
  readonly dataDirectory: string;
  /** Set when another process owns the data directory and this one may only look: who, in one sentence. */
  readonly readOnlyBecause?: string;
  readonly flows: readonly AnyFlow[];

  jobs(): Promise<readonly SavedJob[]>;
  /** Adds the job or replaces the one of the same name. Secret settings are never handed over. */
  saveJob(job: SavedJob): Promise<void>;
  deleteJob(name: string): Promise<void>;

  readonly adapters: AdapterList;
  readonly heard: HeardList;
  readonly network: NetworkList;
  /** The practice bench: a batch on virtual units with firmware made for it. Makes its images when called. */
  demo(flowId?: string): Promise<BatchRequest>;

  /** Newest first, the batches of this process too. */
  earlierBatches(): Promise<readonly EarlierBatch[]>;
  /** Marks an unfinished batch as seen, so that the start screen no longer offers it. */
  closeBatch(batchId: string): Promise<void>;
  /** Every run of a batch in order of their numbers; units are told apart by the screen. */
  runs(batchId: string): Promise<readonly RunRecord[]>;
  /** Adds a note to the record of a run of an earlier batch (a live one takes `bench.note`). */
  note(batchId: string, run: number, text: string): Promise<void>;
  /** Writes the CSV of a batch and returns its path. */
  exportCsv(batchId: string): Promise<string>;
  /** Writes the log of one slot (by its link) as text and returns the path. */
  saveLog(batchId: string, slot: string): Promise<string>;
  /** The folder of a batch: journal, backups, results. */
  batchFolder(batchId: string): string;
  /** By MAC, last six digits or run number; undefined when the records know no such unit. */
  unitHistory(query: string): Promise<UnitHistory | undefined>;

  /** Throws FILE_NOT_FOUND. */
  inspect(path: string): Promise<InspectedFile>;
  /** Files of the usual folders (current directory, last used one) that some slot of the flow takes, newest first. */
  fittingFiles(flowId: string): Promise<readonly InspectedFile[]>;

  preferences(): ScreenPreferences;
  setPreferences(changes: Partial<ScreenPreferences>): void;
}

/** A job under a name: everything of a batch but its units. */
export interface SavedJob {
  readonly name: string;
  readonly flowId: string;
  readonly task: Task;
  readonly files: BatchRequest['files'];
  /** Without secrets; those are asked again. */
  readonly settings: Readonly<Record<string, string>>;
  /** Links as typed, e.g. `virtual:lamp?n=12`; adapters are chosen anew each time. */
  readonly links: readonly string[];
  readonly assume: BatchRequest['assume'];
  readonly parallel?: number;
  readonly cycle?: boolean;
  /** Filled in by `jobs()`; ignored by `saveJob`. */
  readonly last?: {
    readonly batchId: string;
    readonly at: number;
    readonly good: number;
    readonly units: number;
  };
  /** Why it cannot run now, e.g. `missing file lamp.bin`; filled in by `jobs()`. */
  readonly problem?: string;
}

export interface AdapterView {
  /** Stable over replugging: USB serial number or hub path. The name the person gives belongs to it. */
  readonly key: string;
  /** The link to use now, e.g. `/dev/ttyUSB0`. */
  readonly link: string;
  /** What the operator calls it; otherwise a short form of the link. */
  readonly label: string;
  /** e.g. `CH340`, `CP2102N`. */
  readonly chip?: string;
  /** Where it is plugged in, e.g. `hub 1-2.4`. */
  readonly location?: string;
  /** What that means for a job, one sentence; undefined when there is nothing to say. */
  readonly advice?: string;
  /** False when it cannot be used now (no permission); `advice` says why. */
  readonly usable: boolean;
}

export interface AdapterList {
  /** A new array only when something changed. */
  list(): readonly AdapterView[];
  subscribe(listener: () => void): () => void;
  rename(key: string, label: string): void;
}

/** A unit on the air, as its advertisements tell of it. */
export interface HeardView {
  /** What the operating system calls it; the same for as long as it is heard. */
  readonly address: string;
  /** Lower case with colons; missing where the operating system hides MACs and the unit does not send its own. */
  readonly mac?: string;
  /** `ble:a4:c1:38:00:11:22`; missing where it cannot be reached by one. */
  readonly link?: string;
  /** As sent, sanitised. */
  readonly name?: string;
  readonly model?: string;
  /** `stock`, `pvvx 4.7`. */
  readonly firmware?: string;
  /** Registered to somebody's account. */
  readonly bound?: boolean;
  readonly batteryPercent?: number;
  readonly rssiDbm: number;
  /** Since it was heard last, whole seconds. */
  readonly ageSeconds: number;
}

export interface HeardNow {
  /** In the order in which they were heard first: rows never change places. */
  readonly units: readonly HeardView[];
  /** Why nothing is heard: no Bluetooth, or it is off; what happened and what to do, in two sentences. */
  readonly problem?: string;
  /** For how long the radio has listened without a break, whole seconds; 0 while it does not. */
  readonly listenedSeconds: number;
}

/** What is on the air. The radio is opened by the first who subscribes, and listens as long as somebody does. */
export interface HeardList {
  /** A new object, and in it a new unit, only where something changed. */
  now(): HeardNow;
  /** Told at most once a second, and at once of a unit that was never heard before. */
  subscribe(listener: () => void): () => void;
}

/** A device on the network that can be flashed, as it answers or announces itself. */
export interface NetworkView {
  /** The same for as long as it is at this place. */
  readonly place: string;
  readonly host: string;
  /** Missing where none can name it. */
  readonly link?: string;
  /** Lower case with colons. */
  readonly mac?: string;
  /** Known more often. */
  readonly last6?: string;
  /** As it announces itself, sanitised. */
  readonly name?: string;
  /** What it is, one phrase: `Shelly stock firmware 1.12.2 on a SHPLG-S`. */
  readonly what: string;
  /** False where a link was typed and nothing answered there. */
  readonly answers: boolean;
  /** Its page wants a password. */
  readonly locked: boolean;
}

export interface NetworkNow {
  /** In the order in which they were found: rows never change places. */
  readonly devices: readonly NetworkView[];
  /** Why nothing is found, or why no address could be tried; what happened and what to do. */
  readonly problem?: string;
  readonly sweep: 'not-yet' | 'running' | { readonly answered: number };
}

/** Devices on the network. It is listened to by the first who subscribes, for as long as somebody does. */
export interface NetworkList {
  /** A new object only where something changed. */
  now(): NetworkNow;
  subscribe(listener: () => void): () => void;
  /** Tries every address of the own subnets. Nothing while that is under way, or nobody has subscribed. */
  sweep(): void;
  /** Asks what answers at this `http://` link. */
  ask(link: string): void;
}

export interface EarlierBatch {
  readonly id: string;
  readonly flowId: string;
  readonly flowTitle: string;
  readonly jobName?: string;
  readonly task: Task;
  readonly startedAt: number;
  readonly endedAt?: number;
  /** Units, not attempts. */
  readonly outcomes: Readonly<Record<Outcome, number>>;
  /** Places that were not settled when the program ended (INTERRUPTED), and were not closed since. */
  readonly unfinished: boolean;
  /** To run its open units again; undefined when its files or flow are gone. */
  readonly again?: BatchRequest;
}

export interface UnitHistory {
  readonly mac: string;
  readonly chip?: string;
  readonly flashSizeBytes?: number;
  /** Oldest first. */
  readonly runs: readonly RunRecord[];
  readonly backups: readonly {
    readonly file: string;
    readonly sha256: string;
    readonly bytes: number;
    readonly takenAt: number;
    readonly mark: 'first' | 'after-write';
    readonly whole: boolean;
    /** What it can bring back, one line. */
    readonly contents?: string;
  }[];
}

export interface ScreenPreferences {
  /** Name of the person at the bench, for the records; empty when not given. */
  readonly operatorName: string;
  /** Bell when a place needs the operator. */
  readonly bell: 'off' | 'once' | 'every-minute';
  readonly symbols: 'auto' | 'unicode' | 'ascii';
}
