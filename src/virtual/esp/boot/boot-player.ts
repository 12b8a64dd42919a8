import type { Clock } from '../../../core/clock.ts';
import { joinBytes, latin1 } from '../../bytes.ts';
import type { UnitWire } from '../../virtual-device.ts';
import type { BootPiece, BootScript, RestartCause } from './boot-script.ts';

/** Least time between two starts in a loop, ms: a real watchdog bites after about as long. */
const RESTART_AFTER_MS = 300;

/** What a device may put into its text to harm a terminal: title, clear screen, colours, bells, overrides. */
const HOSTILE = latin1(
  '\u001b]0;not yours\u0007\u001b[2J\u001b[H\u001b[31;5m\u0007\b\b\u001b[?1049h\u009b31m\u00e2\u0080\u00ae\r',
);

export interface BootPlayerOptions {
  readonly clock: Clock;
  readonly wire: UnitWire;
  /** Pauses of the script pass. */
  readonly paced: boolean;
  readonly restart: (cause: RestartCause) => void;
}

export interface BootMood {
  readonly silent: boolean;
  readonly garbage: boolean;
  readonly hostile: boolean;
  /** Nothing gets through to the host. */
  readonly unheard: boolean;
}

/** Prints what a start prints and, when it ends badly, starts anew after the watchdog's time. */
export class BootPlayer {
  private readonly options: BootPlayerOptions;
  private cancelRestart: (() => void) | undefined;

  constructor(options: BootPlayerOptions) {
    this.options = options;
  }

  play(script: BootScript, mood: BootMood, atMs: number): void {
    this.stop();
    let endMs = atMs;
    if (!mood.silent && !mood.unheard)
      for (const piece of script.pieces) endMs = this.print(piece, mood, endMs);
    const { restart } = script;
    if (restart == null) return;
    const { clock } = this.options;
    const waitMs = Math.max(0, endMs - clock.monotonicMs()) + RESTART_AFTER_MS;
    this.cancelRestart = clock.after(waitMs, () => this.options.restart(restart));
  }

  /** Prints one piece; returns when it will have left. */
  print({ bytes, baudRate, afterMs }: BootPiece, mood: BootMood, atMs: number): number {
    const { wire, paced } = this.options;
    let text = mood.hostile ? joinBytes(HOSTILE, bytes, HOSTILE) : bytes;
    if (mood.garbage) text = withNoise(text);
    return wire.send(text, atMs + (paced ? afterMs : 0), baudRate);
  }

  stop(): void {
    this.cancelRestart?.();
    this.cancelRestart = undefined;
  }
}

/** Noise before and after, and a bad byte now and then within. */
function withNoise(bytes: Uint8Array): Uint8Array {
  const noise = Uint8Array.of(0x00, 0xff, 0xf8, 0x80, 0xfe, 0x00, 0xe0, 0xff);
  const text = bytes.slice();
  for (let at = 37; at < text.length; at += 97) text[at] = 0xff;
  return joinBytes(noise, text, noise);
}
