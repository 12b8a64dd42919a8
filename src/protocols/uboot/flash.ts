import { BenchError } from '../../core/errors.ts';
import type { ProgressSink } from '../../core/progress.ts';
import { deviceText } from '../../core/text.ts';
import {
  flashName,
  flashProblem,
  protection,
  saysDone,
  updateCount,
  updateFailure,
  updatePercent,
  type UpdateCount,
} from './answers.ts';
import type { UbootConsole } from './console.ts';
import { hex } from './hex.ts';
import type { RamWork } from './memory.ts';

/** A sector that is erased says nothing, and a worn chip takes seconds for it. */
const UPDATE_QUIET_MS = 120_000;

const lastWords = (answer: string): string =>
  deviceText(Buffer.from(answer, 'latin1')).trim().split('\n').at(-1)?.slice(0, 120) ?? '';

/** What only reads may be done again: one damaged character of the answer is no failure. */
const TRIES = 3;

/** Selects the flash chip; returns its name as U-Boot has it. Throws UBOOT_FLASH_UNKNOWN. */
export async function probeFlash(console: UbootConsole, { signal }: RamWork = {}): Promise<string> {
  let why: string | undefined;
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const answer = await console.run('sf probe', { signal });
    const name = flashName(answer);
    why = flashProblem(answer) ?? why;
    if (name !== undefined && flashProblem(answer) === undefined) return name;
  }
  throw new BenchError('UBOOT_FLASH_UNKNOWN', {
    message: `U-Boot cannot drive the flash chip${why === undefined ? '' : ` (${why})`}.`,
  });
}

/** Copies flash into RAM. Throws UBOOT_COMMAND_FAILED. */
export async function readFlash(
  console: UbootConsole,
  range: { readonly address: number; readonly offset: number; readonly length: number },
  { signal }: RamWork = {},
): Promise<void> {
  const { address, offset, length } = range;
  let answer = '';
  for (let attempt = 0; attempt < TRIES; attempt++) {
    answer = await console.run(`sf read ${hex(address)} ${hex(offset)} ${hex(length)}`, { signal });
    if (saysDone(answer, 'Read', offset, length)) return;
  }
  throw new BenchError('UBOOT_COMMAND_FAILED', {
    message: `U-Boot did not read ${hex(length)} bytes of flash at ${hex(offset)}: ${lastWords(answer)}`,
  });
}

/**
 * Makes flash equal to RAM: equal sectors are skipped, so that it can be repeated after a cut. Not to be cancelled.
 * Progress is what U-Boot says. Throws UBOOT_FLASH_FAILED, FLASH_PROTECTED.
 */
export async function updateFlash(
  console: UbootConsole,
  range: { readonly address: number; readonly offset: number; readonly length: number },
  label: string,
  onProgress: ProgressSink,
): Promise<UpdateCount> {
  const { address, offset, length } = range;
  let told = -1;
  const answer = await console.run(`sf update ${hex(address)} ${hex(offset)} ${hex(length)}`, {
    quietMs: UPDATE_QUIET_MS,
    isLogged: false,
    onText: (text) => {
      const percent = updatePercent(text.slice(-LIVE_TAIL));
      if (percent === undefined || percent === told || percent > 100) return;
      told = percent;
      onProgress({ label, done: Math.floor((length * percent) / 100), total: length, unit: 'bytes' });
    },
  });
  console.logAnswer(answer.slice(answer.lastIndexOf('\rUpdating') + 1));
  const locked = protection(answer);
  if (locked !== undefined) throw flashProtected(`U-Boot says of flash at ${hex(offset)}: ${locked}.`);
  const count = updateCount(answer);
  const failure = updateFailure(answer);
  if (failure === undefined && count !== undefined && count.written + count.skipped === length) return count;
  throw new BenchError('UBOOT_FLASH_FAILED', {
    message: `sf update at ${hex(offset)} did not end as it must: ${failure ?? lastWords(answer)}`,
  });
}

/** FLASH_PROTECTED of a chip that is on the camera: no U-Boot of these lifts the protection, flashrom does. */
export const flashProtected = (message: string): BenchError =>
  new BenchError('FLASH_PROTECTED', {
    message,
    advice:
      'Power the camera off and flash with the programmer (dafang-spi), which lifts the protection; pin 3 (WP) of the chip must have 3.3 V.',
  });

/** The live line is far shorter. */
const LIVE_TAIL = 200;
