import type { Clock } from '../../core/clock.ts';
import type { LogSink } from '../../core/log.ts';
import type { ProgressSink } from '../../core/progress.ts';

/** Chips benchflash can talk to. An ESP8285 is an ESP8266 with flash inside: see `EspIdentity.package`. */
export type EspChip = 'ESP8266' | 'ESP32' | 'ESP32-S2' | 'ESP32-S3' | 'ESP32-C3' | 'ESP32-C6';

/** What a chip says of itself in its efuses. */
export interface EspIdentity {
  readonly chip: EspChip;
  /** For records and screens: `ESP32-D0WD (revision v1.0)`, `ESP8285N08`. */
  readonly description: string;
  readonly package: string;
  /** Undefined for ESP8266. */
  readonly revision: { readonly major: number; readonly minor: number } | undefined;
  readonly features: readonly string[];
  /** ESP32 with its second core fused off: dual-core firmware aborts at boot. */
  readonly singleCore: boolean;
  /** Key of the unit in all records: the factory MAC, lower case with colons. */
  readonly mac: string;
  /** MAC the customer burned into BLK3 (ESP32 only), its CRC right; undefined when none. */
  readonly customMac: string | undefined;
  /** CRC of the factory MAC: `bad` makes most firmware abort at boot; `none` where the chip keeps no CRC. */
  readonly macCrc: 'ok' | 'bad' | 'none';
  readonly crystalMhz: 26 | 40 | undefined;
  /** Flash inside the package, bytes, as efuses hint; undefined when outside or unknown. */
  readonly embeddedFlashBytes: number | undefined;
}

export interface SecurityState {
  readonly secureBoot: 'none' | 'v1' | 'v2';
  readonly flashEncryption: boolean;
  /** Secure download mode: flash can be written but neither read nor checked. */
  readonly secureDownload: boolean;
  /** The ROM no longer encrypts what is written through it: plain firmware bricks an encrypted unit. */
  readonly downloadEncryptDisabled: boolean;
}

export interface FlashInfo {
  /** JEDEC id as six hex digits, manufacturer first: `c84016`. */
  readonly id: string;
  readonly manufacturer: string | undefined;
  /** Undefined when the size byte is unknown: the operator must say it. */
  readonly sizeBytes: number | undefined;
}

export type LoaderMode = 'rom' | 'stub';

/** Limits and sinks of one operation; the signal is looked at between blocks only. */
export interface OperationOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: ProgressSink;
}

export interface WriteRegionOptions extends OperationOptions {
  /** Default true: compressed where it shrinks the data. */
  readonly compress?: boolean;
  /** Shown with the progress, e.g. `writing app at 0x10000`. */
  readonly label?: string;
}

export interface Region {
  /** Multiple of 4096 (whole sectors are erased). */
  readonly offset: number;
  readonly bytes: Uint8Array;
}

export interface ReadFlashOptions extends OperationOptions {
  readonly label?: string;
  /** Bytes in order, each run digest-checked; awaited before the next run is handed over. */
  onChunk(bytes: Uint8Array): void | Promise<void>;
}

/** What was heard on the line while no loader answered. */
export interface LineFinding {
  readonly kind:
    | 'nothing'
    /** Our own requests come back: TX and RX are joined. */
    | 'echo'
    /** `waiting for download` was printed, but SYNC gets no answer. */
    | 'download-deaf'
    /** The firmware in flash was started: GPIO0 was not low. */
    | 'normal-boot'
    | 'boot-loop'
    /** Bytes that are no text at this rate. */
    | 'garbage'
    | 'stub-running'
    /** Answers of a loader, and none since. */
    | 'loader-fell-silent';
  /** One sentence for the prompt. */
  readonly message: string;
  /** The text heard, sanitised, at most the last 4 KiB. */
  readonly text: string;
}

export interface ContactOptions {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** `lines`: DTR and RTS reset the chip; `hands`: the operator grounds GPIO0 and powers it. */
  readonly resetBy: 'lines' | 'hands';
  /** Missing: tries without end. */
  readonly limitMs?: number;
  /** Rates at which a loader may be found; the first is where the ROM is met. Default [115200]. */
  readonly baudRates?: readonly number[];
  /** The adapter is the chip's own USB port (303A:1001): other reset sequence. */
  readonly usbJtag?: boolean;
  /** Called when what is heard changes its meaning. */
  onHeard?(finding: LineFinding): void;
  /**
   * By hand only: asks the operator to power-cycle the unit into its loader once more, after a baud rate at which it
   * can neither hear nor be heard. The returned function takes the prompt away. Missing: BAUD_LOST ends the work.
   */
  askPowerCycle?(why: string): () => void;
  readonly log?: LogSink;
}

/** What the boot of the image just written should show. */
export interface BootExpectation {
  readonly version?: string;
  readonly project?: string;
  /** Lower-case hex, 64 digits; the boot prints its first digits. */
  readonly elfSha256?: string;
  /** The job's own proof; takes precedence over everything else. */
  readonly pattern?: RegExp;
}

export interface BootVerdict {
  readonly kind:
    /** The expected firmware named itself. */
    | 'proved'
    | 'other-firmware'
    | 'boot-loop'
    /** The ROM or bootloader found nothing it could start. */
    | 'invalid-image'
    /** Flash boot seen, no reset since, but nothing that names the firmware. */
    | 'running'
    /** GPIO0 is still low. */
    | 'download-mode'
    /** Bytes, but no text at this rate. */
    | 'garbage'
    | 'nothing';
  /** What `proved` rests on. */
  readonly by?: 'elf-sha256' | 'version' | 'project' | 'pattern';
  /** The line that decided, sanitised. */
  readonly line?: string;
  readonly message: string;
}

export interface BootWatchOptions {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly expectation: BootExpectation;
  /** `lines`: hard reset by RTS once the watch listens; `hands`: the operator cycles power. */
  readonly resetBy: 'lines' | 'hands';
  readonly usbJtag?: boolean;
  /**
   * Rates to listen at, the application's first; what is garbage at one is listened to at the next. Default [115200];
   * for an ESP8266 give [115200, 74880]: its ROM talks at the second.
   */
  readonly baudRates?: readonly number[];
  /** Quiet time after a flash boot that ends the watch as `running`, ms. Default 10_000. */
  readonly quietMs?: number;
  /** Ends each boot's watch with what was heard so far, ms. Missing: without end while nothing is heard. */
  readonly limitMs?: number;
  /** Each time the meaning of what was heard changes. */
  onVerdict?(verdict: BootVerdict): void;
}

export interface BootReport {
  readonly verdict: BootVerdict;
  /** Boot text, sanitised, at most the last 64 KiB. */
  readonly text: string;
  readonly baudRate: number;
}
