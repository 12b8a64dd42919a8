import { BenchError } from '../../src/core/errors.ts';
import { sameBytes } from '../../src/firmware/bytes.ts';
import { examinePart } from '../../src/firmware/dafang/dump.ts';
import { DAFANG_PARTS, dafangPart, partOf, type DafangPart } from '../../src/firmware/dafang/flash-map.ts';
import { identityInDump } from '../../src/firmware/dafang/identity.ts';
import { acceptIdentity } from './accept-identity.ts';
import { checkRam } from './check-ram.ts';
import type { DafangPlan } from './plan.ts';
import type { DafangRun, DafangSession } from './session.ts';

/** The image of the chip after the run: the unit's own dump (or the base), with the chosen parts replaced. */
export function buildTarget({ base, replacements }: DafangPlan, dump: Uint8Array): Uint8Array {
  const image = (base?.content ?? dump).slice();
  for (const [name, { bytes }] of replacements) image.set(bytes, dafangPart(name).offset);
  return image;
}

export const changedParts = (dump: Uint8Array, target: Uint8Array): DafangPart[] =>
  DAFANG_PARTS.filter((part) => !sameBytes(partOf(dump, part), partOf(target, part)));

/** Throws FIRMWARE_REFUSED where what would be written to a part is not what belongs there. */
export function refuseBroken(target: Uint8Array, changed: readonly DafangPart[]): void {
  for (const part of changed) {
    // Settings may be empty: the camera makes them anew. Its identity may not.
    if (part.name === 'config') continue;
    const { state, text } = examinePart(part, partOf(target, part));
    if (state === 'good') continue;
    throw new BenchError('FIRMWARE_REFUSED', {
      message: `What would be written to ${part.name} is not what belongs there: ${text}.`,
      advice: `Give a good file for ${part.name} too.`,
    });
  }
}

/** Works out what is written to this very unit, and asks what only a person can answer. */
export async function planTarget(session: DafangSession, run: DafangRun): Promise<void> {
  const { plan } = run;
  session.target = buildTarget(plan, session.dump);
  session.changed = changedParts(session.dump, session.target);
  refuseBroken(session.target, session.changed);
  if (plan.boot && session.changed.some(({ name }) => name === 'boot'))
    await checkRam(session, run, plan.boot);
  if (session.changed.some(({ unique }) => unique))
    await acceptIdentity(identityInDump(session.dump).mac, run, identityInDump(session.target).mac);
  run.firmware([...plan.files].map(([slot, { path, sha256 }]) => ({ slot, file: path, sha256 })));
}
