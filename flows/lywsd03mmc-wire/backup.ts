import type { StoredBackup } from '../../src/core/backup-store.ts';
import { LYWSD03MMC } from '../../src/firmware/telink-models.ts';
import { encodeUniqueAreas } from '../../src/firmware/telink-unique-areas.ts';
import { acceptNoBackup } from '../accept-no-backup.ts';
import { done, settle, type StepResult } from '../flow.ts';
import { sameUnit } from './detect.ts';
import { prepareRestore } from './restore.ts';
import { foundUnit, fullWire, type WireRun, type WireSession } from './session.ts';
import { startUnit } from './start-unit.ts';

/** Kinds of backups in the records. */
export const FULL_FLASH = 'full-flash';
export const UNIQUE_AREAS = 'unique-areas';

/** Of a backup of the whole flash in one piece; a cancel waits for it. */
const CHUNK_BYTES = 1024;

export async function backup(session: WireSession, run: WireRun): Promise<StepResult> {
  const { task, options } = run.plan;
  if (options.ability === 'tx-only') {
    await acceptNoBackup(run, 'with TX only nothing can be read');
    return done;
  }
  if (task === 'restore') return prepareRestore(session, run);
  const stored = [await keepUniqueAreas(session, run)];
  if (options.backupWhole) stored.push(await sameUnit(session, run, () => keepWholeFlash(session, run)));
  if (task === 'flash') return done;
  await startUnit(session, run);
  return settle({
    outcome: 'PASS',
    message: `${options.backupWhole ? 'The whole flash' : 'What is unique to the unit'} was read and kept. Nothing was written.`,
    proof: ['read back'],
    evidence: stored.map(({ sha256 }) => `sha256 ${sha256}`).join(', '),
  });
}

/** Each area was read until two reads agreed, when the unit was detected. */
export async function keepUniqueAreas(session: WireSession, run: WireRun): Promise<StoredBackup> {
  const file = encodeUniqueAreas(LYWSD03MMC.flashSizeBytes, foundUnit(session).areas);
  return keep(run, UNIQUE_AREAS, file.length, (append) => append(file));
}

async function keepWholeFlash(session: WireSession, run: WireRun): Promise<StoredBackup> {
  const wire = fullWire(session);
  const total = LYWSD03MMC.flashSizeBytes;
  return keep(run, FULL_FLASH, total, async (append) => {
    for (let at = 0; at < total; at += CHUNK_BYTES) {
      run.signal.throwIfAborted();
      await append(await wire.read(at, CHUNK_BYTES, { signal: run.signal }));
      run.progress({ label: 'reading the whole flash', done: at + CHUNK_BYTES, total, unit: 'bytes' });
    }
  });
}

async function keep(
  run: WireRun,
  kind: string,
  totalBytes: number,
  write: (append: (bytes: Uint8Array) => Promise<void>) => Promise<void>,
): Promise<StoredBackup> {
  const writer = await run.backups.create(kind, totalBytes);
  try {
    await write((bytes) => writer.append(bytes));
    const stored = await writer.commit();
    run.log('info', `backup kept: ${stored.file}, sha256 ${stored.sha256.slice(0, 12)}…, ${stored.mark}`);
    return stored;
  } finally {
    await writer.discard();
  }
}
