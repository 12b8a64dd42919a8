import type { ManualClock } from '../../../harness/manual-clock.ts';
import { ScriptedPort, type ScriptedPortOptions } from '../../../harness/scripted-port.ts';
import { FakeChip } from './fake-chip.ts';

export interface FakeBenchOptions extends ScriptedPortOptions {
  /** False: characters take no time and arrive at once. */
  readonly paced?: boolean;
  /** From the wire to the program, ms. */
  readonly latencyMs?: number;
  /** Characters still in the adapter when a write resolves. */
  readonly holds?: number;
  readonly wiring?: 'full' | 'tx-only';
}

/** A serial adapter with a fake chip on its wire: the time of the wire, the echo, and what adapters do wrong. */
export class FakeBench extends ScriptedPort {
  readonly chip = new FakeChip();
  /** Drops every character without a stop bit, as an FTDI does. */
  dropsFramingErrors = false;
  /** Whether the n-th character that RX should hear is lost. */
  losesHeard: (index: number) => boolean = () => false;
  /** What RX makes of a character. */
  hears: (character: number) => number = (character) => character;
  readonly #clock: ManualClock;
  readonly #options: FakeBenchOptions;
  #wireFreeMs = 0;
  #heardCount = 0;

  constructor(clock: ManualClock, options: FakeBenchOptions = {}) {
    super({ baudRate: 460_800, ...options });
    this.#clock = clock;
    this.#options = options;
    this.unsentBytes = options.holds ?? 0;
  }

  override write(bytes: Uint8Array): Promise<void> {
    if (this.lostBecause != null) return Promise.reject(this.lostBecause);
    this.written.push(bytes.slice());
    const characterMs = this.#options.paced === false ? 0 : 10_000 / this.baudRate;
    const { baudRate } = this;
    const begunMs = Math.max(this.#clock.monotonicMs(), this.#wireFreeMs);
    this.#wireFreeMs = begunMs + bytes.length * characterMs;
    const later = this.#wireFreeMs - this.#clock.monotonicMs();
    this.#clock.after(later, () => {
      const heard = [...bytes].flatMap((character, index) =>
        this.chip.hear(character, baudRate, begunMs + (index + 1) * characterMs),
      );
      const replyMs = Math.max(0, heard.length - bytes.length) * characterMs;
      this.#clock.after(replyMs + (this.#options.latencyMs ?? 0), () => this.deliver(this.#asHeard(heard)));
    });
    const resolvesIn = later - (this.#options.holds ?? 0) * characterMs;
    return new Promise((resolve) => this.#clock.after(Math.max(0, resolvesIn), resolve));
  }

  #asHeard(characters: readonly { character: number; framingError: boolean }[]): Uint8Array {
    if (this.#options.wiring === 'tx-only') return new Uint8Array();
    return Uint8Array.from(
      characters
        .filter(({ framingError }) => !(framingError && this.dropsFramingErrors))
        .filter(() => !this.losesHeard(this.#heardCount++))
        .map(({ character }) => this.hears(character)),
    );
  }
}
