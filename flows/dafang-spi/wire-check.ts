import { sameBytes } from '../../src/firmware/bytes.ts';
import { DAFANG_FLASH_BYTES, dafangPart, partOf } from '../../src/firmware/dafang/flash-map.ts';
import { identityOf } from '../../src/firmware/dafang/identity.ts';
import { BenchError } from '../../src/core/errors.ts';
import { done, type StepResult } from '../flow.ts';
import type { DafangRun, DafangSession } from './session.ts';

const PARA = dafangPart('para');

/** Two equal reads of a small part prove the contact before minutes are spent on it, and say whose chip it is. */
export async function wireCheck(session: DafangSession, run: DafangRun): Promise<StepResult> {
  const first = await readPara(session, run);
  const second = await readPara(session, run);
  if (!sameBytes(first, second)) throw new BenchError('FLASH_READS_DIFFER');
  const { mac } = identityOf(first);
  if (mac !== undefined) await run.identify({ mac });
  return done;
}

export async function readPara(session: DafangSession, run: DafangRun): Promise<Uint8Array> {
  const image = await session.flashrom.read(
    DAFANG_FLASH_BYTES,
    { label: 'reading para', signal: run.signal, onProgress: run.progress },
    [PARA],
  );
  return partOf(image, PARA);
}
