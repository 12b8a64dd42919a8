import { BenchError } from '../../src/core/errors.ts';
import type { StoredBackup } from '../../src/core/backup-store.ts';
import { parseTasmotaSettings } from '../../src/firmware/tasmota-settings.ts';
import { downloadSettings } from '../../src/protocols/tasmota/index.ts';
import { acceptNoBackup } from '../accept-no-backup.ts';
import { done, settle, type StepResult } from '../flow.ts';
import { chooseBackup, prepareRestore } from './restore.ts';
import { clientOf, metUnit, type TasmotaRun, type TasmotaSession } from './session.ts';

/** Kind of the backup, in the records: what the backup page of the unit gives. */
export const TASMOTA_SETTINGS = 'tasmota-settings';

/** Keeps the settings of the unit, checked by their own checksum. Its firmware cannot be read over the network. */
export async function backup(session: TasmotaSession, run: TasmotaRun): Promise<StepResult> {
  const { task } = run.plan;
  const { status } = metUnit(session);
  if (status.version.variant === 'minimal') return withoutPages(session, run);
  // Before what is there now is kept: it would be the newest backup of a unit that was never written to.
  const chosen = task === 'restore' ? await chooseBackup(session, run) : undefined;
  const stored = await keep(session, run);
  session.kept = stored;
  if (chosen != null) return prepareRestore(session, run, chosen);
  if (task === 'flash') return done;
  return settle({
    outcome: 'PASS',
    message: 'The settings were read, their checksum is right, and they are kept. Nothing was written.',
    proof: ['answered'],
    evidence: `sha256 ${stored.sha256}`,
    notDone: ['the flash itself was not read: only the wire can'],
  });
}

/** Minimal has no backup page; the settings in the unit are those that an earlier run may have kept. */
async function withoutPages(session: TasmotaSession, run: TasmotaRun): Promise<StepResult> {
  const { mac, versionText } = metUnit(session).status;
  const why = `${versionText} has no backup page`;
  if (run.plan.task !== 'flash')
    throw new BenchError('NO_BACKUP_OF_UNIT', {
      message: `${why}: bring the unit to a full Tasmota first.`,
      advice: 'Flash a full Tasmota (flow tasmota), then try again.',
    });
  const earlier = await run.backups.newestWhole(mac, TASMOTA_SETTINGS);
  if (earlier == null) {
    await acceptNoBackup(run, why, 'Its settings stay in the unit, but nothing could put them back.');
    return done;
  }
  run.log('info', `${why}; the settings of an earlier run are in the records: ${earlier.file}`);
  run.haveBackup(earlier);
  session.kept = earlier;
  return done;
}

async function keep(session: TasmotaSession, run: TasmotaRun): Promise<StoredBackup> {
  run.progress({ label: 'reading the settings', done: 0, unit: 'bytes' });
  const bytes = await downloadSettings(clientOf(session, run));
  const settings = parseTasmotaSettings(bytes);
  if (settings?.isSound !== true)
    throw new BenchError(
      'TASMOTA_BACKUP_INVALID',
      settings == null ? { message: 'What the unit gave is no settings backup.' } : {},
    );
  run.log('info', `settings: ${bytes.length} bytes of version ${settings.versionText}, checksum right`);
  const writer = await run.backups.create(TASMOTA_SETTINGS, bytes.length);
  try {
    await writer.append(bytes);
    return await writer.commit();
  } finally {
    await writer.discard();
  }
}
