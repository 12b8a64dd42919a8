import { BenchError } from '../../../core/errors.ts';
import type { LogSink } from '../../../core/log.ts';
import { encodeEnd, encodeReadHeader } from './codec.ts';
import type { EchoLine } from './echo-line.ts';
import { concat, encodeWrites } from './flash-commands.ts';
import { REGISTER } from './registers.ts';
import { TIMING } from './timings.ts';

export interface ChipIdentity {
  /** `0x5562` for the chips of these thermometers. */
  readonly id: number;
  /** For records: `TLSR825x (revision 2)`. */
  readonly description: string;
  readonly revision: number;
}

const TLSR825X = 0x5562;
const OTHER_CHIPS: Readonly<Record<number, string>> = {
  0x5325: 'TLSR8266',
  0x5326: 'TLSR8267',
  0x5327: 'TLSR8269',
  0x5591: 'TLSR8208',
};

/** Clocks a TLSR825x runs at, the one after reset first; MHz. */
const CLOCKS_MHZ = [24, 16, 32, 48] as const;
const MAX_DIVIDER = 0x7f;
/** Reads of the id that must agree. */
const AGREEING_READS = 3;

/**
 * Divider at which a chip of this clock answers one SWS bit in the time of one character: its bit rate is clock / 5 /
 * divider, ours a tenth of the baud rate.
 */
export const dividerFor = (clockMHz: number, baudRate: number): number =>
  Math.round((2e6 * clockMHz) / baudRate);

/** Dividers of the usual clocks, those that exist. Empty: no chip can be read at this rate. */
export const likelyDividers = (baudRate: number): number[] =>
  CLOCKS_MHZ.map((clock) => dividerFor(clock, baudRate)).filter(
    (divider) => divider > 0 && divider <= MAX_DIVIDER,
  );

export const canRead = (baudRate: number): boolean => likelyDividers(baudRate).length > 0;

export type ProbeResult = 'silent' | 'garbled' | ChipIdentity;

/**
 * Sets the divider and reads the chip id. The divider itself, read back, would prove nothing: it is what we just sent
 * on the same wire. The id is not.
 */
async function probe(echo: EchoLine, divider: number): Promise<ProbeResult> {
  await echo.exchangeWrites([{ address: REGISTER.swsDivider, data: [divider] }]);
  let first: readonly number[] | undefined;
  for (let read = 0; read < AGREEING_READS; read++) {
    const { bytes, failure } = await echo.read(REGISTER.chipRevision, 3);
    if (failure != null)
      return failure === 'silent' && first == null && bytes.length === 0 ? 'silent' : 'garbled';
    first ??= bytes;
    if (first.some((byte, index) => byte !== bytes[index])) return 'garbled';
  }
  const [revision = 0, low = 0, high = 0] = first ?? [];
  const id = low | (high << 8);
  const name = id === TLSR825X ? 'TLSR825x' : (OTHER_CHIPS[id] ?? 'unknown Telink chip');
  return { id, revision, description: `${name} (revision ${revision})` };
}

/**
 * Whether anything answers at all, at whatever speed. `quick`: between two floods; what comes late over a slow host or
 * a network is then missed.
 */
export async function answers(echo: EchoLine, quick = false): Promise<boolean> {
  const [divider = 0] = likelyDividers(echo.line.port.baudRate);
  const isHurried = quick && !echo.line.isFar;
  await echo.settle(isHurried ? TIMING.lookQuiet : undefined);
  await echo.exchange(
    concat(
      encodeWrites([{ address: REGISTER.swsDivider, data: [divider] }]),
      encodeReadHeader(REGISTER.chipRevision),
    ),
  );
  const reply = await echo.fetch(isHurried ? TIMING.lookReply : undefined);
  if (reply !== 'silent') await echo.settle();
  await echo.exchange(encodeEnd());
  return reply !== 'silent';
}

/**
 * Finds the divider at which the chip can be read at this baud rate, and leaves it set. `silent`: nobody answers;
 * `garbled`: somebody does, but cannot be read at this rate. Throws WRONG_TELINK_CHIP for one that is known. An unknown
 * id counts as garbled: at a wrong speed a chip says the same wrong bytes each time.
 */
export async function findChip(echo: EchoLine, log: LogSink): Promise<ProbeResult> {
  const { baudRate } = echo.line.port;
  for (const divider of likelyDividers(baudRate)) {
    const result = await probe(echo, divider);
    // A chip that is there answers at any divider, though not legibly.
    if (result === 'silent') return 'silent';
    if (result === 'garbled') continue;
    if (result.id === TLSR825X) return result;
    if (OTHER_CHIPS[result.id] != null)
      throw new BenchError('WRONG_TELINK_CHIP', {
        message: `A ${result.description} answers; these thermometers have a TLSR825x.`,
        detail: { id: result.id },
      });
  }
  log('info', `the chip runs at an unusual clock; searching its speed at ${baudRate} baud`);
  return searchDivider(echo);
}

/** Every divider from 16 to 48 MHz in turn; settles in the middle of those that can be read. */
async function searchDivider(echo: EchoLine): Promise<ProbeResult> {
  const { baudRate } = echo.line.port;
  const last = Math.min(MAX_DIVIDER, dividerFor(48, baudRate));
  const readable: number[] = [];
  for (let divider = dividerFor(16, baudRate); divider <= last; divider++) {
    const result = await probe(echo, divider);
    if (typeof result === 'object' && result.id === TLSR825X) readable.push(divider);
    else if (readable.length > 0) break;
  }
  const middle = readable[readable.length >> 1];
  return middle == null ? 'garbled' : probe(echo, middle);
}
