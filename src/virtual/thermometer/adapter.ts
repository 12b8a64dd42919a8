import { joinBytes } from '../bytes.ts';
import type { FaultLedger } from '../fault-ledger.ts';
import { garble } from '../serial/garble.ts';
import type { Wiring } from '../virtual-device.ts';
import type { HeardCharacter } from './chip/reply-waveform.ts';
import { BITS_PER_CHARACTER, pulsesOf } from './chip/uart-levels.ts';
import type { ThermometerFault } from './faults.ts';

export const THERMOMETER_WIRINGS = [
  { name: 'full', text: 'TX through 1 kOhm to the pad, RX to the pad: everything sent comes back' },
  {
    name: 'full-lines',
    text: 'as full; RTS holds the reset, DTR switches the supply off',
    hasControlLines: true,
  },
  { name: 'tx-only', text: 'TX, 3.3 V and GND: nothing is heard' },
] as const satisfies readonly Wiring[];

export type ThermometerWiring = (typeof THERMOMETER_WIRINGS)[number]['name'];

/** Characters between two stalls of `gap-in-stream`, the rate above which they come, and their length. */
const GAP_EVERY_CHARACTERS = 7919;
const GENTLE_BAUD = 240_000;
const GAP_BITS = 2 * BITS_PER_CHARACTER;
/** An answer of which one character is lost: every 97th, as a whole flash read would meet some thousand times. */
const DROP_EVERY_ANSWERS = 97;
const DROPPED_CHARACTER = 4;

/** USB adapter and wires between host and pad, with what is wrong with them. */
export class Adapter {
  private readonly wiring: ThermometerWiring;
  private readonly faults: FaultLedger<ThermometerFault>;
  private charactersToGap = GAP_EVERY_CHARACTERS;
  private answersToDrop = DROP_EVERY_ANSWERS;

  constructor(wiring: ThermometerWiring, faults: FaultLedger<ThermometerFault>) {
    this.wiring = wiring;
    this.faults = faults;
  }

  /** What the host sends arrives at the pad. */
  get reachesPad(): boolean {
    // Each of them counts as having struck.
    const broken = (['tx-rx-swapped', 'echo-only', 'led-on-rx'] as const).filter((fault) =>
      this.faults.strikes(fault),
    );
    return broken.length === 0;
  }

  /** The host hears something at all. */
  get hears(): boolean {
    return this.wiring !== 'tx-only' && !this.faults.has('tx-rx-swapped');
  }

  /** Silence that the adapter puts behind `sent`, in bit times. */
  stallBits(sent: number, baudRate: number | undefined): number {
    this.charactersToGap -= 1;
    if (this.charactersToGap > 0 || (baudRate ?? Infinity) <= GENTLE_BAUD) return 0;
    const last = pulsesOf(sent).at(-1)!;
    // After a 0 a pause does no harm, so it is no stall worth the name.
    if (last.low < last.high || !this.faults.strikes('gap-in-stream')) return 0;
    this.charactersToGap = GAP_EVERY_CHARACTERS;
    return GAP_BITS;
  }

  /** Characters of one answer as the host gets them. */
  answer(heard: readonly HeardCharacter[]): Uint8Array {
    let kept = heard;
    if (heard.some(({ framingError }) => framingError) && this.faults.strikes('ftdi'))
      kept = kept.filter(
        ({ framingError }, index) => !framingError && heard[index - 1]?.framingError !== true,
      );
    this.answersToDrop -= 1;
    if (this.answersToDrop <= 0 && this.faults.strikes('drops-characters')) {
      this.answersToDrop = DROP_EVERY_ANSWERS;
      kept = kept.filter((_, index) => index !== DROPPED_CHARACTER);
    }
    return Uint8Array.from(kept, ({ value }) => value);
  }

  /** All that comes back of one stretch. */
  heard(pieces: readonly Uint8Array[], baudRate: number): Uint8Array {
    const bytes = joinBytes(...pieces);
    return this.faults.has('led-on-rx') ? garble(bytes, baudRate, baudRate) : bytes;
  }
}
