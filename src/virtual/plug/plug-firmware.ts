import type { Clock } from '../../core/clock.ts';
import type { WifiRadio } from '../lan/lan-port.ts';

/**
 * One firmware that a virtual plug can run. The plug starts what stands in its flash: it asks each firmware in turn
 * whether it is the one, and a flash that none knows is a brick.
 */
export interface PlugFirmware {
  /** `tasmota`, `haa-installer`, `shelly-stock`, `mgos-takeover`, `sonoff-diy`, `esphome`, ... */
  readonly name: string;
  /**
   * Whether this is what the boot loader in `flash` starts: by what stands there, byte by byte, never by how it came
   * there. `chip` is what the plug is built of.
   */
  recognizes(flash: Uint8Array, chip: PlugChip): boolean;
  /** Power is on (or it restarted): it runs until the plug stops it. */
  start(plug: RunningPlug): FirmwareRun;
}

export interface FirmwareRun {
  /** Power went, or it asked for a restart. Ends timers, servers and sockets; nothing is written any more. Idempotent. */
  stop(): void;
  /** A hand pressed the button, e.g. for a settings reset; where it has one. */
  button?(seconds: number): void;
}

/** What a plug is built of; does not change with its firmware. */
export interface PlugChip {
  /** Lower case with colons. */
  readonly mac: string;
  /** Bytes: 1 MiB or 2 MiB. */
  readonly flashBytes: number;
  /** An ESP8285 or a flash without the quad lines: only DOUT images start. */
  readonly onlyDout: boolean;
  /** Of the Shelly models, e.g. `SHPLG-S`; of others what is printed on it. */
  readonly model: string;
}

/** The plug as the firmware that runs on it sees it. */
export interface RunningPlug {
  readonly chip: PlugChip;
  readonly clock: Clock;
  readonly wifi: WifiRadio;
  /** Read only; changed by `write` and `erase`. */
  readonly flash: Uint8Array;
  /**
   * Programs flash (replaces, erasing as a driver would), sector by sector. Resolves when the chip is done: at once, or
   * paced. Once power is gone it does not resolve any more, and neither does `wait`.
   */
  write(offset: number, bytes: Uint8Array): Promise<void>;
  /** After it returns, what was written survives loss of power (as of now it is on the disk). */
  settle(): void;
  /** Bytes that survive a restart, not a loss of power: the RTC memory. */
  readonly rtc: {
    command?: EbootCommand;
    /** What the firmware keeps there for its next start. */
    user?: Record<string, number>;
    /** The slot that the rboot of HAA is to start this once. */
    rbootOnceSlot?: 1 | undefined;
  };
  /** Why it started: `power`, `restart`, `watchdog`. */
  readonly startedBy: StartReason;
  /** For how long it runs, ms; one that lay in its place when the program began has been on for an hour. */
  uptimeMs(): number;
  /** Restarts as the firmware would: the boot loader runs, copies what the RTC command says, and starts what is there. */
  restart(reason?: StartReason): void;
  /** It hangs for good, and the boot loader finds nothing to start any more. For the flaws of a real firmware. */
  die(why: string): void;
  /** Milliseconds as this plug takes them: 0 or nearly so unless paced. For waits that a real unit makes. */
  wait(realMs: number, signal?: AbortSignal): Promise<void>;
  /** A fault of the link by its name; `-once` faults strike once, and asking is striking. */
  fault(name: string): boolean;
  /** One line per thing worth knowing. */
  log(text: string): void;
}

export type StartReason = 'power' | 'restart' | 'watchdog';

/** What the Arduino updater leaves for the boot loader (eboot). */
export interface EbootCommand {
  readonly source: number;
  readonly destination: number;
  readonly size: number;
}
