import type { Clock } from '../core/clock.ts';
import type { Link } from '../core/link.ts';
import type { LogSink } from '../core/log.ts';
import type { SleepInhibitor } from '../drivers/host/sleep-inhibitor.ts';
import type { EarlierRun } from '../../flows/flow.ts';
import type { BleRadio } from '../drivers/ble/radio.ts';
import type { FirmwareServer } from '../drivers/http/firmware-server.ts';
import type { Network } from '../drivers/http/port.ts';
import type { Programs } from '../drivers/process/programs.ts';
import type { OpenOptions, SerialPort } from '../drivers/serial/port.ts';
import type { PracticeBench } from '../virtual/practice-bench.ts';
import type { LinkLeases } from './link-leases.ts';
import type { PromptDesk } from './prompt-desk.ts';
import type { Turns } from './turns.ts';
import type { UnitClaims } from './unit-claims.ts';
import type { BenchEvent } from './view.ts';

/** What all batches of a bench share. */
export interface BenchCore {
  readonly clock: Clock;
  readonly leases: LinkLeases;
  readonly claims: UnitClaims;
  readonly turns: Turns;
  readonly prompts: PromptDesk;
  readonly practice: PracticeBench;
  readonly sleepInhibitor: SleepInhibitor;
  openSerial(link: Link, options: OpenOptions & { readonly log?: LogSink }): Promise<SerialPort>;
  /** The real radio; loaded at the first call. Throws BLUETOOTH_UNAVAILABLE or BLUETOOTH_OFF. */
  openRadio(options: { readonly signal: AbortSignal; readonly log: LogSink }): Promise<BleRadio>;
  /** The network of this computer, and the firmware server on it; each loaded at its first use. */
  readonly network: Network;
  readonly firmwareServer: FirmwareServer;
  /** Programs of this computer; undefined on a bench that may start none. */
  readonly programs: Programs | undefined;
  /** Whether this computer runs on its battery just now; undefined where nothing tells. */
  onBattery(): Promise<boolean | undefined>;
  /** Oldest first. */
  runsOf(mac: string): Promise<readonly EarlierRun[]>;
  rememberSetting(jobName: string, key: string, value: string): void;
  /** The name a person gave the place, if any. */
  labelOf(link: Link): string | undefined;
  emit(event: BenchEvent): void;
  changed(): void;
}
