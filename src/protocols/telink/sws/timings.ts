/** Waits of the conversation, ms. */
export const TIMING = {
  /** Beyond the wire time, until every character has come back: USB latency, a busy computer. */
  echoGrace: 500,
  /** From the trigger to the ninth character; below 50 ms the public flasher fails on macOS (z03mmc#28). */
  reply: 100,
  /** The same over a network. */
  networkReply: 500,
  /** Of a look whether the chip was caught, between two floods: what it costs is missing from the window. */
  lookReply: 15,
  lookQuiet: 5,
  /** No character for so long: nothing more is under way. */
  quiet: 20,
  networkQuiet: 100,
  /** Both control lines held, as the public page does. */
  linesHeld: 100,
  /** Between two looks whether the unit is still there. */
  presence: 500,
} as const;

/** Of one flood before the next look whether the chip has been caught, ms. */
export const FLOOD_SLICE_MS = 500;
/** One write of a flood, ms on the wire; cancelling waits for it. */
export const FLOOD_BURST_MS = 20;
/** Must exceed the advertising interval of what runs (stock 2.1.1: 2.1 s); the public page's default. */
export const DEFAULT_WINDOW_MS = 5000;

/** What the flash takes, ms: typical where it can be asked, and the most its data sheet allows where it cannot. */
interface FlashTime {
  readonly typicalMs: number;
  readonly maximumMs: number;
  /** Far beyond the data sheet: a flash that is busy still has failed. */
  readonly limitMs: number;
}

/**
 * 25-series flash of 512 KiB (GD25LE40C and its like). The public page waits 300 ms for a sector, 10 ms for a page, 3.5 s
 * for the chip; a user whose pages after each erase stayed blank at 80 ms was cured by 180 ms (TlsrComSwireWriter#10).
 */
export const FLASH_TIME = {
  pageProgram: { typicalMs: 0.7, maximumMs: 3, limitMs: 1000 },
  sectorErase: { typicalMs: 50, maximumMs: 300, limitMs: 4000 },
  statusWrite: { typicalMs: 5, maximumMs: 40, limitMs: 1000 },
  chipErase: { typicalMs: 2000, maximumMs: 8000, limitMs: 60_000 },
} as const satisfies Record<string, FlashTime>;
export type FlashTimeName = keyof typeof FLASH_TIME;
