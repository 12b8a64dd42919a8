import { createHash } from 'node:crypto';
import { BenchError } from '../../src/core/errors.ts';
import type { Verdict } from '../../src/core/outcome.ts';
import { sameBytes } from '../../src/firmware/bytes.ts';
import { DAFANG_PARTS, partOf, type DafangPart } from '../../src/firmware/dafang/flash-map.ts';
import { done, settle, type StepResult } from '../flow.ts';
import { tellMap } from './region-map.ts';
import type { DafangRun, DafangSession } from './session.ts';

/**
 * Reads back what was written, and para and config, and compares byte for byte. A chip on a programmer cannot be started:
 * this is the proof of the flow and, where no console was named, its end.
 */
export async function verify(session: DafangSession, run: DafangRun): Promise<StepResult> {
  session.written = await prove(session, run);
  return (run.settings['console'] ?? '') === '' ? settle(session.written) : done;
}

/** Throws VERIFY_MISMATCH, IDENTITY_CHANGED, FLASH_READ_FAILED. A cancel does not stop it, what breaks a write off does. */
export async function prove(session: DafangSession, run: DafangRun): Promise<Verdict> {
  const { target, changed } = session;
  const parts = DAFANG_PARTS.filter((part) => part.unique || changed.includes(part));
  const image = await session.flashrom.read(
    target.length,
    { label: 'reading back', signal: run.brokenOff, onProgress: run.progress },
    parts,
  );
  const wrong = parts.filter((part) => !sameBytes(partOf(image, part), partOf(target, part)));
  if (wrong.length > 0) throw mismatch(wrong);
  tellMap(run, target);
  const written = changed.map(({ name }) => name).join(', ');
  const kept = parts.filter((part) => !changed.includes(part)).map(({ name }) => name);
  return {
    outcome: 'PASS',
    message:
      `Written and read back: ${written}.` +
      (kept.length > 0 ? ` ${kept.join(' and ')}: byte for byte as before.` : ''),
    proof: ['read back'],
    evidence: changed.map((part) => `${part.name} sha256 ${digest(partOf(image, part))}`).join(', '),
    notDone: [
      ...session.notDone,
      'the camera was not started: put the chip back, open the console, then power it',
    ],
  };
}

const digest = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex').slice(0, 16);

function mismatch(wrong: readonly DafangPart[]): BenchError {
  const names = wrong.map(({ name }) => name).join(', ');
  if (wrong.some(({ unique }) => unique)) {
    return new BenchError('IDENTITY_CHANGED', {
      message: `Read back, ${names} is not what it must be: the camera would lose its MAC or settings.`,
    });
  }
  return new BenchError('VERIFY_MISMATCH', {
    message: `Read back, ${names} is not what was written.`,
    advice: 'Check every contact (WP and HOLD high) and retry; if it repeats, the chip is worn.',
  });
}
