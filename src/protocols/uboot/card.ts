import { BenchError } from '../../core/errors.ts';
import { deviceText } from '../../core/text.ts';
import { listedSize, loadedBytes } from './answers.ts';
import type { UbootConsole } from './console.ts';
import { hex } from './hex.ts';
import type { RamWork } from './memory.ts';

/** A slow card of eleven megabytes. */
const LOAD_QUIET_MS = 180_000;

const ABSENT =
  /MMC: no card present|Card did not respond to voltage select|no mmc device|\*\* [^\r\n]*|MMC init failed/i;

/** Size of a file in the root of the first partition. Throws SD_CARD_UNUSABLE saying why. */
export async function findOnCard(
  console: UbootConsole,
  file: string,
  { signal }: RamWork = {},
): Promise<number> {
  const rescan = await console.run('mmc rescan', { signal });
  const absent = ABSENT.exec(rescan);
  if (absent) throw unusable(absent[0]);
  const listing = await console.run('fatls mmc 0:1', { signal });
  const size = listedSize(listing, file);
  if (size !== undefined) return size;
  throw unusable(ABSENT.exec(listing)?.[0] ?? `there is no ${file} on the card`);
}

const unusable = (why: string) =>
  new BenchError('SD_CARD_UNUSABLE', {
    message: `The SD card cannot be used: ${deviceText(Buffer.from(why, 'latin1')).trim()}.`,
  });

/** Loads part of a file into RAM. Throws SD_CARD_UNUSABLE where another number of bytes came. */
export async function loadFromCard(
  console: UbootConsole,
  {
    file,
    address,
    length,
    skip,
  }: { readonly file: string; readonly address: number; readonly length: number; readonly skip: number },
  { signal }: RamWork = {},
): Promise<void> {
  const command = `fatload mmc 0:1 ${hex(address)} ${file} ${hex(length)} ${hex(skip)}`;
  const answer = await console.run(command, { signal, quietMs: LOAD_QUIET_MS });
  const count = loadedBytes(answer);
  if (count === length) return;
  throw unusable(
    count === undefined
      ? (ABSENT.exec(answer)?.[0] ?? `${file} could not be read`)
      : `${count} of ${length} bytes of ${file} were read`,
  );
}
