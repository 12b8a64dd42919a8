import type { Sketch } from '../arduino/sketch.ts';
import type { ArduinoUpdater } from '../arduino/updater.ts';
import type { RunningPlug } from '../plug-firmware.ts';
import type { TasmotaBuild } from './build.ts';
import type { TasmotaSettings } from './settings.ts';

/** The running Tasmota as its parts see it. */
export interface TasmotaUnit {
  readonly plug: RunningPlug;
  readonly build: TasmotaBuild;
  /** As it believes: the fault `short-of-space` makes it larger. */
  readonly sketch: Sketch;
  readonly settings: TasmotaSettings;
  readonly updater: ArduinoUpdater;
  /** Ends when it stops. */
  readonly signal: AbortSignal;
  /** As a station; undefined while it is on no network. */
  readonly address: string | undefined;
  /** Its own access point is open for the set-up. */
  readonly isManager: boolean;
  /** Name in the network and of its access point, `tasmota_A1B2C3-1234`. */
  readonly hostName: string;
  readonly uptimeSeconds: number;
  /** A web password is asked for; undefined: none. */
  readonly webPassword: string | undefined;
  /** Newest console lines, oldest first. */
  readonly console: readonly string[];
  print(line: string): void;
  /** In about two seconds, settings saved; `reset` as in the Reset command. */
  restartSoon(reset?: number): void;
  restartNow(): void;
  /** Fetches the image at OtaUrl, in a few seconds. */
  startUpgrade(): void;
  /** The eboot command is set, or not: what the faults make of it. */
  updateStaged(): Promise<void>;
}
