import CRC32 from 'crc-32';
import { hex } from '../../../bytes.ts';
import { number, type Command } from '../machine.ts';

const LINE_BYTES = 16;
const CTRL_C = 0x03;
const DEFAULT_COUNT = 0x40;

/** Bytes that `.b`, `.w`, `.l` stand for. */
const widthOf = (name: string): number => ({ b: 1, w: 2 })[name.split('.')[1] ?? ''] ?? 4;

export const md: Command = function* (uBoot, [name = '', address, count], repeated) {
  if (address == null) return 'usage';
  const width = widthOf(name);
  const start = repeated ? uBoot.mdAddress : number(address);
  const bytes = uBoot.ram.read(start, (count == null ? DEFAULT_COUNT : number(count)) * width);
  for (let at = 0; at < bytes.length; at += LINE_BYTES) {
    const row = bytes.subarray(at, at + LINE_BYTES);
    yield `${dump(start + at, row, width, uBoot.says.dumpGap)}\n`;
    if (uBoot.input.includes(CTRL_C)) {
      uBoot.input.length = 0;
      return false;
    }
  }
  uBoot.mdAddress = start + bytes.length;
  return true;
};

function dump(address: number, row: Uint8Array, width: number, gap: string): string {
  const cells: string[] = [];
  for (let at = 0; at < row.length; at += width)
    cells.push(
      Buffer.from(row.subarray(at, at + width))
        .reverse()
        .toString('hex'),
    );
  const blank = ' '.repeat((LINE_BYTES / width - cells.length) * (width * 2 + 1));
  const text = Buffer.from(row)
    .toString('latin1')
    .replaceAll(/[^\x20-\x7e]/g, '.');
  return `${hex(address, 8)}: ${cells.join(' ')}${blank}${gap}${text}`;
}

export const mw: Command = function* (uBoot, [name = '', address, value, count]) {
  if (address == null || value == null) return 'usage';
  const width = widthOf(name);
  const cell = Uint8Array.from({ length: width }, (_, index) => number(value) >>> (8 * index));
  const length = (count == null ? 1 : number(count)) * width;
  if (width === 1) uBoot.ram.fill(number(address), cell[0]!, length);
  else
    uBoot.ram.write(
      number(address),
      Uint8Array.from({ length }, (_, index) => cell[index % width]!),
    );
  yield length / 100_000;
  return true;
};

export const cp: Command = function* (uBoot, [name = '', from, to, count]) {
  if (from == null || to == null || count == null) return 'usage';
  const length = number(count) * widthOf(name);
  uBoot.ram.write(number(to), uBoot.ram.read(number(from), length));
  yield length / 100_000;
  return true;
};

export const cmp: Command = function* (uBoot, [name = '', one, other, count]) {
  if (one == null || other == null || count == null) return 'usage';
  const width = widthOf(name);
  const what = { 1: 'byte', 2: 'halfword', 4: 'word' }[width];
  const length = number(count) * width;
  const [a, b] = [uBoot.ram.read(number(one), length), uBoot.ram.read(number(other), length)];
  yield length / 100_000;
  let at = 0;
  while (at < length && a[at] === b[at]) at += 1;
  at -= at % width;
  if (at < length) {
    const cell = (bytes: Uint8Array) =>
      Buffer.from(bytes.slice(at, at + width))
        .reverse()
        .toString('hex');
    yield `${what} at 0x${hex(number(one) + at, 8)} (0x${cell(a)}) != ${what} at 0x${hex(number(other) + at, 8)} (0x${cell(b)})\n`;
  }
  yield `Total of ${at / width} ${what}(s) were the same\n`;
  return at >= length;
};

export const crc32: Command = function* (uBoot, [, address, length, store]) {
  if (address == null || length == null) return 'usage';
  const [start, count] = [number(address), number(length)];
  const crc = CRC32.buf(uBoot.ram.read(start, count)) >>> 0;
  yield count / 30_000;
  yield `${uBoot.says.crc32} for ${hex(start, 8)} ... ${hex(start + count - 1, 8)} ==> ${hex(crc, 8)}\n`;
  if (store != null) uBoot.ram.write(number(store), Uint8Array.of(crc >>> 24, crc >>> 16, crc >>> 8, crc));
  return true;
};
