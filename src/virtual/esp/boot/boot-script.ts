import { latin1 } from '../../bytes.ts';

/** Text the unit prints, at which rate, and how long it waits before. */
export interface BootPiece {
  readonly bytes: Uint8Array;
  readonly baudRate: number;
  /** Pause before it, ms; passes only where time is modelled. */
  readonly afterMs: number;
}

/** What a start from flash prints, and how it ends. */
export interface BootScript {
  readonly pieces: readonly BootPiece[];
  /** Undefined: it runs. Else the chip resets for this reason and starts again. */
  readonly restart: RestartCause | undefined;
  /** For the log: what runs, or why it does not. */
  readonly outcome: string;
}

export type ResetCause = 'power-on' | 'reset-pin' | 'software' | RestartCause;
export type RestartCause = 'watchdog' | 'panic';

/** Collects what a boot prints. */
export class BootPrinter {
  readonly pieces: BootPiece[] = [];
  private text = '';
  private baudRate: number;
  private pauseMs = 0;

  constructor(baudRate: number) {
    this.baudRate = baudRate;
  }

  /** Lines as the device sends them, ended with CR LF. */
  line(text: string): void {
    this.text += `${text}\r\n`;
  }

  raw(text: string): void {
    this.text += text;
  }

  rate(baudRate: number): void {
    this.flush();
    this.baudRate = baudRate;
  }

  pause(ms: number): void {
    this.flush();
    this.pauseMs += ms;
  }

  end(outcome: string, restart?: RestartCause): BootScript {
    this.flush();
    return { pieces: this.pieces, outcome, restart };
  }

  private flush(): void {
    if (this.text === '') return;
    this.pieces.push({ bytes: latin1(this.text), baudRate: this.baudRate, afterMs: this.pauseMs });
    this.text = '';
    this.pauseMs = 0;
  }
}
