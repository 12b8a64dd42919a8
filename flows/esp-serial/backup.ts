import { createHash } from 'node:crypto';
import { BenchError } from '../../src/core/errors.ts';
import type { StoredBackup } from '../../src/core/backup-store.ts';
import { acceptNoBackup } from '../accept-no-backup.ts';
import { done, settle, type StepResult } from '../flow.ts';
import { prepareRestore } from './restore.ts';
import { loaderOf, type EspRun, type EspSession } from './session.ts';

export const FULL_FLASH = 'full-flash';

/** Reads the whole flash into the records; what a chip cannot do without the stub is said and must be accepted. */
export async function backup(session: EspSession, run: EspRun): Promise<StepResult> {
  const { task } = run.plan;
  if (task === 'restore') return prepareRestore(session, run);
  const loader = loaderOf(session);
  if (loader.mode === 'rom' && loader.identity.chip === 'ESP8266') {
    if (task === 'backup') {
      throw new BenchError('LOADER_UNSUPPORTED', {
        message: 'The ROM of an ESP8266 cannot read its flash; only the stub loader can.',
      });
    }
    await acceptNoBackup(run, 'the ROM of an ESP8266 cannot read its flash');
    return done;
  }
  const stored = await takeBackup(session, run);
  if (task === 'flash') return done;
  if (session.resetBy === 'lines')
    run.log('info', 'the unit stays in its loader until it is powered off and on');
  return settle({
    outcome: 'PASS',
    message: `Backup of ${stored.bytes / 2 ** 20} MB taken, its digest checked by the unit and on disk. Nothing was written.`,
    proof: ['read back'],
    evidence: `sha256 ${stored.sha256}`,
    notDone: ['the unit was not started again: power it off and on'],
  });
}

export async function takeBackup(session: EspSession, run: EspRun): Promise<StoredBackup> {
  const { sizeBytes } = session.flash!;
  const hash = createHash('md5');
  const writer = await run.backups.create(FULL_FLASH, sizeBytes);
  try {
    await loaderOf(session).readFlash(0, sizeBytes, {
      signal: run.signal,
      onProgress: run.progress,
      label: 'reading the whole flash',
      onChunk: (bytes) => {
        hash.update(bytes);
        return writer.append(bytes);
      },
    });
    await compareWithUnit(session, run, hash.digest('hex'));
    const stored = await writer.commit();
    run.log('info', `backup kept: ${stored.file}, sha256 ${stored.sha256.slice(0, 12)}…, ${stored.mark}`);
    return stored;
  } finally {
    await writer.discard();
  }
}

/**
 * A request to read carries no checksum: a damaged address or length reads the wrong piece, and its digest is right.
 * Only one digest of the whole flash shows that. Its own request may be damaged too, so it is asked twice.
 */
async function compareWithUnit(session: EspSession, run: EspRun, wanted: string): Promise<void> {
  const { sizeBytes } = session.flash!;
  const ask = () =>
    loaderOf(session).md5(0, sizeBytes, {
      signal: run.signal,
      onProgress: (progress) => run.progress({ ...progress, label: 'checking the backup' }),
    });
  if ((await ask()) === wanted || (await ask()) === wanted) return;
  throw new BenchError('READ_DIGEST_MISMATCH', {
    message: 'The backup does not match the digest the unit computes over its whole flash; it was not kept.',
  });
}
