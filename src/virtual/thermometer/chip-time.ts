/** After a reset the pin listens for this long, until the firmware puts the chip to sleep, ms. */
const WINDOW_MS = 30;

/**
 * The time of the chip as far as the wire is concerned. Paced it is that of the bench; otherwise nothing passes by
 * itself, and what the host sends takes the time that it would take on the wire.
 */
export class ChipTime {
  private readonly paced: boolean;
  private sentMs = 0;
  private nowMs = 0;
  private resetMs = -Infinity;

  constructor(paced: boolean) {
    this.paced = paced;
  }

  get elapsedMs(): number {
    return this.paced ? this.nowMs : this.sentMs;
  }

  /** Characters took `wireMs`, the last of them arrived at `atMs`. */
  sent(wireMs: number, atMs: number): void {
    this.sentMs += wireMs;
    this.nowMs = atMs;
  }

  wasReset(atMs: number): void {
    this.nowMs = Math.max(this.nowMs, atMs);
    this.resetMs = this.elapsedMs;
  }

  /** The firmware does not sleep yet. */
  get justReset(): boolean {
    return this.elapsedMs - this.resetMs <= WINDOW_MS;
  }
}
