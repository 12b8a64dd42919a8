import { throwIfAborted } from '../../src/core/abort.ts';
import { BenchError, isBenchError } from '../../src/core/errors.ts';
import {
  crcOfRam,
  crcText,
  flashProtected,
  hex,
  updateFlash,
  type UpdateCount,
} from '../../src/protocols/uboot/index.ts';
import { crcOfFlash } from './read-part.ts';
import { LOAD_ADDRESS, type ConsoleRun, type ConsoleSession } from './session.ts';

const WRITES = 2;

export interface PreparedStretch {
  readonly name: string;
  readonly offset: number;
  readonly size: number;
  readonly crc: number;
  /** CRC-32 of what flash holds there now. */
  readonly crcBefore: number;
}

/**
 * Flash becomes what lies at LOAD_ADDRESS: not before its CRC-32 in RAM is right, and done only when that of flash is.
 * A cancel is heeded before the write, never in it. Throws UPLOAD_FAILED, UBOOT_FLASH_FAILED, VERIFY_MISMATCH, and
 * FLASH_PROTECTED where the chip holds what it held before: U-Boot 2013.07 counts bytes as written that a protected chip
 * has ignored.
 */
export async function writeStretch(
  session: ConsoleSession,
  run: ConsoleRun,
  { name, offset, size, crc, crcBefore }: PreparedStretch,
): Promise<void> {
  const inRam = await crcOfRam(session.console, LOAD_ADDRESS, size, { signal: run.signal, expected: crc });
  if (inRam !== crc) {
    throw new BenchError('UPLOAD_FAILED', {
      message: `What lies in RAM for ${name} is not what must be written (CRC-32 ${crcText(inRam)}, not ${crcText(crc)}).`,
    });
  }
  throwIfAborted(run.signal);
  await run.writeBegins();
  let found = crcBefore;
  for (let attempt = 1; attempt <= WRITES; attempt++) {
    const range = { address: LOAD_ADDRESS, offset, length: size };
    let count: UpdateCount;
    try {
      count = await updateFlash(session.console, range, `writing ${name}`, run.progress);
    } catch (error) {
      // On a noisy line its last words may only have come damaged; what is equal by now is skipped.
      if (attempt === WRITES || !isBenchError(error, 'UBOOT_FLASH_FAILED')) throw error;
      run.warn(`${error.message}. It is written once more.`);
      continue;
    }
    const { written, skipped } = count;
    run.wrote(written);
    run.log('info', `${name} at ${hex(offset)}: ${written} bytes written, ${skipped} were equal`);
    found = await crcOfFlash(session, { offset, size }, crc);
    if (found === crc) return;
    run.warn(
      `${name} does not read back as it was written${attempt < WRITES ? '; it is written once more' : ''}.`,
    );
  }
  if (found === crcBefore) {
    throw flashProtected(
      `The chip took nothing of ${name} and holds what it held before, though U-Boot counted it as written: it is write protected (status register, pin WP low).`,
    );
  }
  throw new BenchError('VERIFY_MISMATCH', {
    message: `Read back, ${name} is not what was written.`,
    advice: 'Leave the power on and retry; if it repeats, the chip is worn.',
  });
}
