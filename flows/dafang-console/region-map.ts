import { isFilled, startsWith } from '../../src/firmware/bytes.ts';
import { examinePart } from '../../src/firmware/dafang/dump.ts';
import { DAFANG_PARTS, type DafangPart } from '../../src/firmware/dafang/flash-map.ts';
import { readFlash, readRam } from '../../src/protocols/uboot/index.ts';
import type { FlashMapRow } from '../flow.ts';
import type { Stretch } from './plan.ts';
import { configOf, LOAD_ADDRESS, paraOf, type ConsoleRun, type ConsoleSession } from './session.ts';

const BEGINNING_BYTES = 0x40;

/** Region by region what flash holds: by its first bytes, `config` and `para` in full. */
export async function tellMap(
  session: ConsoleSession,
  run: ConsoleRun,
  identity: Uint8Array,
): Promise<readonly FlashMapRow[]> {
  const rows: FlashMapRow[] = [];
  for (const part of DAFANG_PARTS) rows.push(await rowOf(session, run, identity, part));
  for (const { name, holds, good } of rows) {
    if (good) run.log('info', `map: ${name.padEnd(7)} ${holds}`);
    else run.warn(`${name}: ${holds}`);
  }
  run.flashMap(rows);
  return rows;
}

/**
 * Region by region what will be written, `rows` being those of `tellMap`. Before the parts are compared by CRC-32
 * nobody knows whether one is right already; such a part is named too, and then not written.
 */
export function tellPlan(
  rows: readonly FlashMapRow[],
  run: ConsoleRun,
  parts: readonly Pick<Stretch, 'name' | 'bytes'>[],
): readonly FlashMapRow[] {
  const planned = rows.map((row, index) => {
    const bytes = parts.find(({ name }) => name === row.name)?.bytes;
    return bytes === undefined ? row : { ...row, becomes: examinePart(DAFANG_PARTS[index]!, bytes).text };
  });
  run.flashMap(planned);
  for (const { name, becomes: text } of planned)
    run.log('info', `map: ${name.padEnd(7)} ${text === undefined ? 'stays' : `is to be ${text}`}`);
  return planned;
}

/** All that was planned has been read back by CRC-32. */
export const tellWritten = ({ map }: ConsoleSession, run: ConsoleRun): void =>
  run.flashMap(
    map.map(({ becomes, ...row }) => (becomes === undefined ? row : { ...row, holds: becomes, good: true })),
  );

async function rowOf(
  { console }: ConsoleSession,
  { signal }: ConsoleRun,
  identity: Uint8Array,
  part: DafangPart,
): Promise<FlashMapRow> {
  const { name, offset, size, magic, content } = part;
  const row = (holds: string, good: boolean): FlashMapRow => ({ name, offset, size, holds, good });
  if (part.unique) {
    const { state, text } = examinePart(part, name === 'para' ? paraOf(identity) : configOf(identity));
    return row(text, state === 'good');
  }
  if (magic === undefined) return row('not read', true);
  await readFlash(console, { address: LOAD_ADDRESS, offset, length: BEGINNING_BYTES }, { signal });
  const bytes = await readRam(console, { address: LOAD_ADDRESS, length: BEGINNING_BYTES, signal });
  if (startsWith(bytes, magic)) return row(`begins like ${content}`, true);
  return row(isFilled(bytes, 0xff) ? 'erased' : `does not begin like ${content}`, false);
}
