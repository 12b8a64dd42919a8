import { BenchError } from '../../src/core/errors.ts';
import { isFilled } from '../../src/firmware/bytes.ts';
import { fillRam, readRam } from '../../src/protocols/uboot/index.ts';
import { done, type StepResult } from '../flow.ts';
import { CHECK_ADDRESS, type ConsoleRun, type ConsoleSession } from './session.ts';

const PATTERN = 0x5a;
const PATTERN_BYTES = 0x400;

/** A known pattern goes into RAM and comes back byte by byte: both directions of the wire, the RAM, and the commands. */
export async function wireCheck({ console }: ConsoleSession, run: ConsoleRun): Promise<StepResult> {
  const { signal } = run;
  await fillRam(console, CHECK_ADDRESS, PATTERN, PATTERN_BYTES, { signal });
  const back = await readRam(console, { address: CHECK_ADDRESS, length: PATTERN_BYTES, signal });
  if (!isFilled(back, PATTERN)) throw new BenchError('UBOOT_READ_DAMAGED');
  return done;
}
