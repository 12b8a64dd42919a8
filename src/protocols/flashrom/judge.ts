import { BenchError, type ErrorCode } from '../../core/errors.ts';
import { sanitize } from '../../core/text.ts';
import type { ProgramEnd } from '../../drivers/process/programs.ts';
import type { FoundChip, Said } from './output.ts';
import { silenceWords } from './sign-of-life.ts';

/** A run that is over: how it ended and what it said. */
export interface Finished {
  readonly end: ProgramEnd;
  readonly said: Said;
  /** Of the USB devices that are plugged in now. */
  readonly usbIds: readonly string[];
  /** How long nothing was heard before it was given up, ms. */
  readonly silentMs: number | undefined;
}

const CH341A_SPI = '1a86:5512';
const CH341A_UART = '1a86:5523';

/** The one chip that answers. */
export function judgeProbe(run: Finished): FoundChip {
  refuseNoContact(run);
  const [chip] = run.said.found;
  if (run.end.exitCode !== 0 || chip === undefined) throw failed(run);
  return chip;
}

/** Throws unless the read is whole by exit code and by its words. */
export function judgeRead(run: Finished): void {
  refuseNoContact(run);
  if (run.end.exitCode === 0 && run.said.readDone) return;
  throw failed(run, 'FLASH_READ_FAILED');
}

/**
 * Success is exit 0 and `VERIFIED.`, or the word that the chip held it all already: 1.8 prints `Erase/write done` even
 * where the erase failed.
 */
export function judgeWrite(run: Finished): void {
  const { end, said } = run;
  if (end.endedBy === 'signal' && said.touched) throw new BenchError('FLASH_WRITE_BROKEN_OFF');
  if (!said.touched) {
    refuseNoContact(run);
    if (said.stage === 'starting' || said.stage === 'reading old contents')
      throw failed(run, 'FLASH_READ_FAILED', 'Nothing was written. ');
  }
  if (end.exitCode === 0 && (said.verified || said.identical)) return;
  if (end.exitCode === 2 && said.afterFailure === 'unchanged') throw failed(run, 'FLASH_PROTECTED');
  throw failed(run, 'FLASH_STATE_UNKNOWN');
}

/** Everything that ends a run before the chip was read or written. */
function refuseNoContact(run: Finished): void {
  const { end, said, usbIds } = run;
  if (end.notStarted === 'missing') throw new BenchError('FLASHROM_MISSING');
  if (end.endedBy === 'signal') throw new BenchError('ABORTED');
  if (said.unknownProgrammer)
    throw new BenchError('LINK_UNKNOWN', {
      message: 'This flashrom does not know such a programmer.',
      advice: 'See the end of flashrom --help for the names it knows.',
    });
  if (said.initFailed || said.usbNotOpened !== undefined) throw noProgrammer(run, usbIds);
  if (said.several.length > 1) {
    throw new BenchError('FLASH_CHIP_AMBIGUOUS', {
      message: `Several chips share this id: ${said.several.map(sanitizeName).join(', ')}.`,
      detail: { names: said.several.map(sanitizeName).join('\n'), jedecId: said.jedecId ?? '' },
    });
  }
  if (said.noChip) throw new BenchError('FLASH_CHIP_NOT_FOUND');
  if (said.unreadable || said.found.some(({ sizeBytes }) => sizeBytes === 0)) throw nameless(said);
  if (end.endedBy === 'limit') {
    const { silentMs } = run;
    throw new BenchError('PROGRAMMER_STALLED', {
      ...(silentMs !== undefined && {
        message: `flashrom gave no sign of life for ${silenceWords(silentMs)} and was ended: the programmer does not answer any more.`,
      }),
      cause: said.complaint,
    });
  }
}

/** Only a generic name matched: flashrom does not know the chip, or what comes is no id at all. */
function nameless({ steadyId }: Said): BenchError {
  const bytes = new Set(steadyId?.match(/../g));
  // Lines without contact bring one level throughout.
  if (steadyId === undefined || bytes.size === 1) return new BenchError('FLASH_CONTACT_BAD');
  return new BenchError('FLASH_CHIP_UNKNOWN', {
    message: `The chip answers with the id ${steadyId}, which this flashrom does not know.`,
    detail: { jedecId: steadyId },
  });
}

function noProgrammer({ said }: Finished, usbIds: readonly string[]): BenchError {
  const usb = said.usbNotOpened;
  if (usb === CH341A_SPI && usbIds.includes(CH341A_UART)) return new BenchError('PROGRAMMER_WRONG_MODE');
  if (usb !== undefined && usbIds.includes(usb))
    return new BenchError('PROGRAMMER_NO_PERMISSION', {
      message: `The programmer (USB ${usb}) is plugged in, but this user may not open it.`,
    });
  const why = said.complaint === undefined ? '' : ` flashrom: ${sanitize(said.complaint)}`;
  return new BenchError('PROGRAMMER_MISSING', {
    message: `The programmer cannot be reached: it is not plugged in, or its server does not answer.${why}`,
  });
}

function failed({ end, said }: Finished, code: ErrorCode = 'FLASHROM_FAILED', before = ''): BenchError {
  const { message } = new BenchError(code);
  const how = end.exitCode === undefined ? 'flashrom was ended' : `flashrom ended with ${end.exitCode}`;
  const words = said.complaint === undefined ? '' : `: ${sanitize(said.complaint)}`;
  return new BenchError(code, { message: `${before}${message} (${how}${words})` });
}

/** Names come from flashrom's own table, but go to screens and file names. */
const sanitizeName = (name: string) => sanitize(name).slice(0, 100);
