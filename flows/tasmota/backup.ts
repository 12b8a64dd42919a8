import { BenchError } from '../../src/core/errors.ts';
import { CodecError } from '../../src/core/codec-error.ts';
import type { StoredBackup } from '../../src/core/backup-store.ts';
import { readTasmotaSettings } from '../../src/firmware/tasmota-settings.ts';
import { downloadSettings } from '../../src/protocols/tasmota/index.ts';
import { acceptNoBackup } from '../accept-no-backup.ts';
import { done, settle, type StepResult } from '../flow.ts';
import { prepareRestore } from './restore.ts';
import { clientOf, metUnit, type TasmotaRun, type TasmotaSession } from './session.ts';

/** Kind of the backup, in the records: what the backup page of the unit gives. */
export const TASMOTA_SETTINGS = 'tasmota-settings';

/** Keeps the settings of the unit, checked by their own checksum. Its firmware cannot be read over the network. */
export async function backup(session: TasmotaSession, run: TasmotaRun): Promise<StepResult> {
  const { task } = run.plan;
  const { status } = metUnit(session);
  if (status.version.variant === 'minimal') return withoutPages(session, run);
  const stored = await keep(session, run);
  if (task === 'flash') return done;
  if (task === 'restore') return prepareRestore(session, run);
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
    await acceptNoBackup(run, why);
    return done;
  }
  run.log('info', `${why}; the settings of an earlier run are in the records: ${earlier.file}`);
  run.haveBackup(earlier);
  return done;
}

async function keep(session: TasmotaSession, run: TasmotaRun): Promise<StoredBackup> {
  run.progress({ label: 'reading the settings', done: 0, unit: 'bytes' });
  const bytes = await downloadSettings(clientOf(session, run));
  const settings = checked(bytes);
  run.log('info', `settings: ${bytes.length} bytes of version ${settings.version}, checksum right`);
  const writer = await run.backups.create(TASMOTA_SETTINGS, bytes.length);
  try {
    await writer.append(bytes);
    return await writer.commit();
  } finally {
    await writer.discard();
  }
}

function checked(bytes: Uint8Array) {
  try {
    return readTasmotaSettings(bytes);
  } catch (cause) {
    if (!(cause instanceof CodecError)) throw cause;
    throw new BenchError('TASMOTA_BACKUP_INVALID', {
      message: `The settings backup that the unit gave does not verify: ${cause.message}.`,
      cause,
    });
  }
}
