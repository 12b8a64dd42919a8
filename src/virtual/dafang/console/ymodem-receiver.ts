import { getc, type Machine, type Program } from './machine.ts';

/**
 * The receiver of U-Boot 2013.07 (common/xyzModem.c, read for its behaviour): a bad block is asked for anew with `C`,
 * not NAK, as long as it counts in CRCs; the `C` after the header comes when two seconds have passed; three CANs end
 * it, Ctrl-C does not.
 */

const SOH = 0x01;
const STX = 0x02;
const EOT = 0x04;
const ACK = '\x06';
const NAK = '\x15';
const CAN = 0x18;
const CANS = 3;
const CHARACTER_MS = 2000;
const STARTUP_MS = 500;
const RETRIES = 20;
const RETRIES_WITH_CRC = 10;
/** One block in so many is spoiled by `upload-errors`. */
const SPOILED_BLOCK = 25;

export type YmodemError =
  'Timed out' | 'Cancelled' | 'Invalid framing' | 'CRC/checksum error' | 'Block sequence error';

export interface YmodemResult {
  readonly content: Uint8Array;
  readonly error: YmodemError | undefined;
  /** The header block came. */
  readonly begun: boolean;
  /** As the last line counts them. */
  readonly counts: { soh: number; stx: number; can: number; retries: number };
  readonly mode: 'CRC' | 'Cksum';
}

interface Block {
  readonly number: number;
  readonly data: Uint8Array;
}

export function* receiveYmodem(machine: Machine): Program<YmodemResult> {
  const counts = { soh: 0, stx: 0, can: 0, retries: 0 };
  let crcMode = true;
  let blocksSeen = 0;
  const ask = () => (crcMode ? 'C' : NAK);

  function* block(): Program<Block | 'eof' | YmodemError> {
    let cans = 0;
    for (;;) {
      const start = yield* getc(machine, CHARACTER_MS);
      if (start == null) return 'Timed out';
      if (start === EOT) return 'eof';
      if (start === CAN) {
        counts.can += 1;
        if (++cans === CANS) return 'Cancelled';
      } else if (start === SOH || start === STX) {
        counts[start === SOH ? 'soh' : 'stx'] += 1;
        return yield* body(start === SOH ? 128 : 1024);
      } else cans = 0;
    }
  }

  function* body(length: number): Program<Block | YmodemError> {
    const bytes = new Uint8Array(2 + length + (crcMode ? 2 : 1));
    for (let at = 0; at < bytes.length; at++) {
      const char = yield* getc(machine, CHARACTER_MS);
      if (char == null) return 'Timed out';
      bytes[at] = char;
    }
    blocksSeen += 1;
    if (blocksSeen % SPOILED_BLOCK === 3 && machine.faults.strikes('upload-errors')) bytes[40]! ^= 0x04;
    if ((bytes[0]! ^ bytes[1]!) !== 0xff) {
      // It waits until the line is silent.
      while ((yield* getc(machine, CHARACTER_MS)) != null);
      return 'Invalid framing';
    }
    const data = bytes.subarray(2, 2 + length);
    const check = bytes.subarray(2 + length);
    const right = crcMode
      ? crc16(data) === ((check[0]! << 8) | check[1]!)
      : (data.reduce((sum, byte) => sum + byte, 0) & 0xff) === check[0];
    return right ? { number: bytes[0]!, data } : 'CRC/checksum error';
  }

  const ended = (content: Uint8Array, begun: boolean, error?: YmodemError): YmodemResult => ({
    content,
    begun,
    error,
    counts,
    mode: crcMode ? 'CRC' : 'Cksum',
  });

  // The header.
  const nothing = new Uint8Array();
  let header: Block | undefined;
  let problem: YmodemError = 'Timed out';
  yield 'C';
  for (let tries = 0; tries < RETRIES && header == null; tries++) {
    const got = yield* block();
    if (typeof got === 'object') header = got;
    else if (got === 'Cancelled') return ended(nothing, false, got);
    else if (got === 'Timed out') {
      if (tries + 1 >= RETRIES_WITH_CRC) crcMode = false;
      yield STARTUP_MS;
      yield ask();
      counts.retries += 1;
    } else if (got !== 'eof') problem = got;
  }
  if (header == null) return ended(nothing, false, problem);
  const fileBytes = header.number === 0 ? fileLength(header.data) : 0;
  let acknowledge = header.number === 0;

  // The file.
  const blocks: Uint8Array[] = [];
  let expected = 1;
  const content = () => {
    const whole = new Uint8Array(Buffer.concat(blocks));
    return fileBytes > 0 ? whole.subarray(0, fileBytes) : whole;
  };
  for (let tries = RETRIES; tries > 0; tries--) {
    if (acknowledge) yield ACK;
    acknowledge = false;
    const got = yield* block();
    if (got === 'Cancelled') return ended(content(), true, got);
    if (got === 'eof') {
      yield ACK;
      yield ask();
      counts.retries += 1;
      yield* block();
      yield ACK;
      return ended(content(), true);
    }
    if (typeof got === 'object') {
      const isNext = got.number === (expected & 0xff);
      const isLast = got.number === ((expected - 1) & 0xff);
      if (isNext) {
        blocks.push(got.data);
        expected += 1;
        tries = RETRIES + 1;
      }
      if (isNext || isLast) {
        acknowledge = true;
        continue;
      }
      problem = 'Block sequence error';
    } else problem = got;
    yield ask();
    counts.retries += 1;
  }
  return ended(content(), true, problem);
}

/** After the name and its zero, decimal; 0 where none is told. */
function fileLength(header: Uint8Array): number {
  const text = Buffer.from(header).toString('latin1');
  return Number.parseInt(text.slice(text.indexOf('\0') + 1), 10) || 0;
}

function crc16(bytes: Uint8Array): number {
  let crc = 0;
  for (const byte of bytes) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit++) crc = (crc & 0x8000) === 0 ? crc << 1 : (crc << 1) ^ 0x1021;
    crc &= 0xffff;
  }
  return crc;
}
