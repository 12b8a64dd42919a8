import { throwIfAborted } from '../../src/core/abort.ts';
import { BenchError } from '../../src/core/errors.ts';
import { crcOfRam, crcText, hex, updateFlash } from '../../src/protocols/uboot/index.ts';
import { crcOfFlash } from './read-part.ts';
import { LOAD_ADDRESS, type ConsoleRun, type ConsoleSession } from './session.ts';

const WRITES = 2;

export interface PreparedStretch {
  readonly name: string;
  readonly offset: number;
  readonly size: number;
  readonly crc: number;
}

/**
 * Flash becomes what lies at LOAD_ADDRESS: not before its CRC-32 in RAM is right, and done only when that of flash is.
 * A cancel is heeded before the write, never in it. Throws UPLOAD_FAILED, UBOOT_FLASH_FAILED, VERIFY_MISMATCH.
 */
export async function writeStretch(
  session: ConsoleSession,
  run: ConsoleRun,
  { name, offset, size, crc }: PreparedStretch,
): Promise<void> {
  const inRam = await crcOfRam(session.console, LOAD_ADDRESS, size, { signal: run.signal });
  if (inRam !== crc) {
    throw new BenchError('UPLOAD_FAILED', {
      message: `What lies in RAM for ${name} is not what must be written (CRC-32 ${crcText(inRam)}, not ${crcText(crc)}).`,
    });
  }
  throwIfAborted(run.signal);
  await run.writeBegins();
  for (let attempt = 1; attempt <= WRITES; attempt++) {
    const range = { address: LOAD_ADDRESS, offset, length: size };
    const { written, skipped } = await updateFlash(session.console, range, `writing ${name}`, run.progress);
    run.wrote(written);
    run.log('info', `${name} at ${hex(offset)}: ${written} bytes written, ${skipped} were equal`);
    if ((await crcOfFlash(session, { offset, size })) === crc) return;
    run.warn(
      `${name} does not read back as it was written${attempt < WRITES ? '; it is written once more' : ''}.`,
    );
  }
  throw new BenchError('VERIFY_MISMATCH', {
    message: `Read back, ${name} is not what was written.`,
    advice: 'Leave the power on and retry; if it repeats, the chip is worn.',
  });
}
