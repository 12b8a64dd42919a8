import { PvvxClient } from '../../src/protocols/pvvx/index.ts';
import { done, settle, type StepResult } from '../flow.ts';
import { openAccess } from './access.ts';
import { keepBackup } from './keep-backup.ts';
import { prepareRestore } from './restore.ts';
import { metUnit, talk, withFreshTries, type BleRun, type BleSession } from './session.ts';
import type { MiBackup } from '../lywsd03mmc/mi-backup.ts';

type Found = Omit<MiBackup, 'mac' | 'firmware' | 'hardware'>;

/**
 * Keeps what the radio can read of a unit. Flash cannot be read over it: an update leaves MAC, trim and keys where they
 * are, so that what is unique to a unit is lost by nothing that this flow does but an activation.
 */
export async function backup(session: BleSession, run: BleRun): Promise<StepResult> {
  const { task } = run.plan;
  if (task === 'restore') return prepareRestore(session, run);
  const { running } = metUnit(session);
  if (task === 'flash' && session.access !== 'none') {
    await openAccess(session, run);
    return done;
  }
  const found = running.kind === 'pvvx' ? await readPvvx(session, run) : {};
  const stored = await keepBackup(session, run, found);
  if (found.token != null) session.keys = { ...found, token: found.token, from: 'unit' };
  if (task === 'flash') return done;
  return settle({
    outcome: 'PASS',
    message:
      running.kind === 'pvvx'
        ? 'Mi keys and settings were read and kept. Nothing was written.'
        : 'What the unit says of itself was kept. Nothing was written.',
    proof: ['answered'],
    evidence: `sha256 ${stored.sha256}`,
    notDone: [
      'the flash itself was not read: only the wire can',
      ...(running.kind === 'pvvx' ? [] : ['Mi keys: only pvvx firmware gives them by radio']),
    ],
  });
}

/** Mi keys and settings, as pvvx firmware tells them. */
export async function readPvvx(session: BleSession, run: BleRun): Promise<Found> {
  run.progress({ label: 'reading keys and settings', done: 0, unit: 'tries' });
  return withFreshTries(session, run, async (connection) => {
    const client = await PvvxClient.open(connection, talk(run));
    try {
      const { id, token, bindKey, counter, deleted } = await client.dumpMiKeys();
      const ownBindKey = await client.bindKey();
      return {
        ...(token != null && { keysFrom: 'unit' as const }),
        ...(id != null && { id }),
        ...(token != null && { token }),
        ...(bindKey != null && { bindKey }),
        ...(counter != null && { counter }),
        deleted: [...deleted],
        pvvx: {
          config: (await client.config()).bytes,
          name: await client.name(),
          ...(ownBindKey != null && { bindKey: ownBindKey }),
        },
      };
    } finally {
      await client.close();
    }
  });
}
