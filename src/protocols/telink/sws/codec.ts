import { CodecError } from './codec-error.ts';

/**
 * How SWS bits are made of UART characters (8N1). An SWS bit is 5 units: low 1, high 4 for `0`; low 4, high 1 for `1`.
 * `bit-per-character`: unit = 2 UART bits, the one whose replies can be read. `two-bits-per-character`: unit = 1 UART
 * bit, twice as fast, half as patient with gaps.
 */
export type SwsEncoding = 'bit-per-character' | 'two-bits-per-character';

/** Characters of one SWS byte. After its last one a pause on the line harms nothing: the end bit is a `0`. */
export const GROUP_CHARACTERS: Readonly<Record<SwsEncoding, number>> = {
  'bit-per-character': 10,
  'two-bits-per-character': 5,
};

/** Between the third address byte and the data; bit 7 reads, bits 0 to 6 are the slave id. */
const WRITE_MODE = 0x00;
const READ_MODE = 0x80;
const START = 0x5a;
const END = 0xff;
/** SWS bits of a byte: command flag, eight data bits from the most significant, end bit. */
const BITS_PER_BYTE = 10;
const COMMAND_FLAG = 0x200;

const ZERO = 0xfe;
const ONE = 0x80;
/** By first and second bit of the pair, the first in bit 1. */
const PAIRS: readonly number[] = [0xef, 0x0f, 0xe8, 0x08];

/** One 1-unit low: the slave answers it with eight bits and a closing low. `bit-per-character` only. */
export const READ_TRIGGER: Uint8Array = Uint8Array.of(ZERO);
/** What RX hears of one read byte, our own pulse merged into the first character. */
export const REPLY_CHARACTERS = 9;

/** A write of `data` to `address` (24 bits), which counts up with each byte unless the slave's FIFO mode is on. */
export function encodeWrite(
  address: number,
  data: Uint8Array,
  encoding: SwsEncoding = 'bit-per-character',
): Uint8Array {
  if (data.length === 0) throw new CodecError('a write of no bytes');
  return encodeUnits([...head(address, WRITE_MODE), ...data, COMMAND_FLAG | END], encoding);
}

/** The start of a read; READ_TRIGGER then fetches byte after byte, `encodeEnd` ends it. */
export const encodeReadHeader = (address: number, encoding: SwsEncoding = 'bit-per-character'): Uint8Array =>
  encodeUnits(head(address, READ_MODE), encoding);

/** Ends a read; alone it changes nothing. */
export const encodeEnd = (encoding: SwsEncoding = 'bit-per-character'): Uint8Array =>
  encodeUnits([COMMAND_FLAG | END], encoding);

/**
 * The byte in the nine characters after one trigger; undefined when they are no reply (cut, or sent at another speed).
 * The first holds our pulse and bit 7 (E6 or 06), the others one bit each, the last closes. As the public flasher
 * decides: a bit is `1` when the line is still low where a `0` is high again.
 */
export function decodeReply(characters: Uint8Array): number | undefined {
  if (characters.length !== REPLY_CHARACTERS) return undefined;
  const [first = 0] = characters;
  const closing = characters[REPLY_CHARACTERS - 1]!;
  if (closing !== 0xfe && closing !== 0xff) return undefined;
  let value = (first & 0x20) === 0 ? 1 : 0;
  for (const character of characters.subarray(1, REPLY_CHARACTERS - 1))
    value = (value << 1) | ((character & 0x10) === 0 ? 1 : 0);
  return value;
}

function head(address: number, mode: number): number[] {
  if (!Number.isInteger(address) || address < 0 || address > 0xff_ffff)
    throw new CodecError(`no SWS address: ${address}`);
  return [COMMAND_FLAG | START, address >>> 16, (address >>> 8) & 0xff, address & 0xff, mode];
}

/** `bytes`: values 0 to 255, with COMMAND_FLAG for START and END. */
function encodeUnits(bytes: readonly number[], encoding: SwsEncoding): Uint8Array {
  const group = GROUP_CHARACTERS[encoding];
  const characters = new Uint8Array(bytes.length * group);
  const bitsPerCharacter = BITS_PER_BYTE / group;
  for (const [index, byte] of bytes.entries()) {
    const isCommand = (byte & COMMAND_FLAG) !== 0;
    // Command flag, data, and an end bit of 0 below them.
    const bits = ((isCommand ? 0x200 : 0) | ((byte & 0xff) << 1)) >>> 0;
    for (let at = 0; at < group; at++) {
      const shift = BITS_PER_BYTE - (at + 1) * bitsPerCharacter;
      characters[index * group + at] =
        bitsPerCharacter === 1 ? (((bits >>> shift) & 1) === 1 ? ONE : ZERO) : PAIRS[(bits >>> shift) & 3]!;
    }
  }
  return characters;
}
