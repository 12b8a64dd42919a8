/** What U-Boot answers, in the words of 2013.07 (stock, Dafang-Hacks) and of later versions. Pure. */

const UNKNOWN = /Unknown command '[^'\r\n]*'/;
export const isUnknownCommand = (answer: string): boolean => UNKNOWN.test(answer);

/** `CRC32 for 80600000 ... 8108ffff ==> 3bd2d0e5`; later in small letters. Undefined unless it is for these very bytes. */
export function crcIn(answer: string, address: number, length: number): number | undefined {
  const match = /(?:^|[\r\n])crc32 for ([0-9a-f]+) \.\.\. ([0-9a-f]+) ==> ([0-9a-f]{8})(?=[\r\n])/i.exec(
    answer,
  );
  if (!match || parseInt(match[1]!, 16) !== address) return undefined;
  return parseInt(match[2]!, 16) === address + length - 1 ? parseInt(match[3]!, 16) : undefined;
}

/** `SF: 262144 bytes @ 0xfb0000 Read: OK`; true only for these very bytes. 2013.07 says `@ 0x0` or `@ 0`. */
export function saysDone(
  answer: string,
  what: 'Read' | 'Written' | 'Erased',
  offset: number,
  length: number,
): boolean {
  const match = /(?:^|[\r\n])SF: (\d+) bytes @ (0x[0-9a-f]+|0) (Read|Written|Erased): (\w+)/.exec(answer);
  return (
    match !== null &&
    Number(match[1]) === length &&
    Number(match[2]) === offset &&
    match[3] === what &&
    match[4] === 'OK'
  );
}

export interface UpdateCount {
  readonly written: number;
  readonly skipped: number;
}

/** End of `sf update`: `4096 bytes written, 11071488 bytes skipped in 0.59s, speed 11075584 B/s`, behind a CR. */
export function updateCount(answer: string): UpdateCount | undefined {
  const match = /(?:^|[\r\n])(\d+) bytes written, (\d+) bytes skipped in /.exec(answer);
  return match ? { written: Number(match[1]), skipped: Number(match[2]) } : undefined;
}

/** Live line of `sf update`, the last one: percent. */
export function updatePercent(answer: string): number | undefined {
  const last = [...answer.matchAll(/\rUpdating, +(\d+)% /g)].at(-1);
  return last && Number(last[1]);
}

/** Why `sf update` gave up. */
export const updateFailure = (answer: string): string | undefined =>
  /SPI flash failed in (?:read|erase|write|malloc) step|ERROR: attempting \w+ past flash size|No SPI flash selected[^\r\n]*/.exec(
    answer,
  )?.[0];

/**
 * How later versions refuse what the block-protect bits of the chip forbid (cmd/sf.c; drivers/mtd/spi; the words that
 * its own test/py expects). 2013.07 looks at no such bit.
 */
export const protection = (answer: string): string | undefined =>
  /flash area is locked|is protected and cannot be erased|Attempted to modify a protected sector/.exec(
    answer,
  )?.[0];

/** `SF: Detected GD25Q128`, later with sizes behind it. */
export const flashName = (answer: string): string | undefined => /SF: Detected (\S+)/.exec(answer)?.[1];
/** Why there is no flash: `SF: Unsupported manufacturer 5e`, later `unrecognized JEDEC id bytes: 5e, 40, 18`. */
export const flashProblem = (answer: string): string | undefined =>
  /SF: Unsupported manufacturer [0-9a-f]{2}|Failed to initialize SPI flash[^\r\n]*|unrecognized JEDEC id[^\r\n]*/.exec(
    answer,
  )?.[0];

/** Size of a file in the listing of `fatls`, by its name in whatever case. */
export function listedSize(answer: string, file: string): number | undefined {
  for (const [, size, name] of answer.matchAll(/(?:^|[\r\n]) *(\d+) +(\S[^\r\n]*)/g))
    if (name!.trim().toLowerCase() === file.toLowerCase()) return Number(size);
  return undefined;
}

/** `11075584 bytes read in 1203 ms`. */
export function loadedBytes(answer: string): number | undefined {
  const match = /(?:^|[\r\n])(\d+) bytes read/.exec(answer);
  return match ? Number(match[1]) : undefined;
}

/** `## Total Size      = 0x00030d40 = 200000 Bytes`. 2013.07 prints it after a failed transfer also. */
export function uploadedBytes(answer: string): number | undefined {
  const match = /## Total Size +=\s+0x[0-9a-f]+ = (\d+) Bytes/i.exec(answer);
  return match ? Number(match[1]) : undefined;
}

/** One piece of `md.b`; undefined where a line is missing, out of order, or its hex and its text do not agree. */
export function dumpedBytes(answer: string, address: number, length: number): Uint8Array | undefined {
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const line of answer.split(/[\r\n]+/)) {
    if (line === '') continue;
    const count = Math.min(LINE_BYTES, length - at);
    const values = count > 0 ? dumpedLine(line, address + at, count) : undefined;
    if (values === undefined) return undefined;
    bytes.set(values, at);
    at += count;
  }
  return at === length ? bytes : undefined;
}

const LINE_BYTES = 16;

/** `80600000: 38 b4 e6 52 ...  8..R`: address, hex, at least two spaces (more in a short line), as many characters. */
function dumpedLine(line: string, address: number, count: number): number[] | undefined {
  const hexPart = line.slice(0, 9 + 3 * count);
  const match = /^([0-9a-f]{8}):((?: [0-9a-f]{2})+)$/.exec(hexPart);
  if (!match || parseInt(match[1]!, 16) !== address) return undefined;
  const rest = line.slice(hexPart.length);
  const shown = rest.slice(-count);
  if (rest.length < count + 2 || rest.slice(0, -count).trim() !== '') return undefined;
  const values = match[2]!
    .trim()
    .split(' ')
    .map((digits) => parseInt(digits, 16));
  const isAgreed = values.every(
    (value, index) => shown[index] === (value >= 0x20 && value < 0x7f ? String.fromCharCode(value) : '.'),
  );
  return isAgreed ? values : undefined;
}
