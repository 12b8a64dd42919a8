import { areUint8ArraysEqual } from 'uint8array-extras';
import type { StoredBackup } from '../../src/core/backup-store.ts';
import { BenchError } from '../../src/core/errors.ts';
import { decodeConfigReply, readConfig } from '../../src/protocols/pvvx/config.ts';
import { PvvxClient } from '../../src/protocols/pvvx/index.ts';
import { done, settle, type StepResult } from '../flow.ts';
import { decodeMiBackup, MI_KEYS, type MiBackup } from '../lywsd03mmc/mi-backup.ts';
import { metUnit, talk, withFreshTries, type BleRun, type BleSession } from './session.ts';

/** Chooses the backup of this very unit. Another unit's gives its settings only, and those by name. */
export async function prepareRestore(session: BleSession, run: BleRun): Promise<StepResult> {
  const { mac } = metUnit(session);
  const { named } = run.backups;
  const source = named == null ? await newest(run, mac) : undefined;
  const bytes = source == null ? named!.bytes : await run.backups.read(source);
  const file = source?.file ?? named!.file;
  const backup = decodeMiBackup(bytes, file);
  const isOwn = backup.mac === mac && (named == null || named.mac == null || named.mac === mac);
  run.haveBackup(source ?? { ...stored(named!.file, named!.sha256, bytes.length), mac: backup.mac });
  if (!isOwn) await acceptOther(run, backup.mac);
  session.restores = isOwn ? backup : settingsOf(backup);
  run.firmware([{ slot: 'backup', file, sha256: source?.sha256 ?? named!.sha256 }]);
  return done;
}

const stored = (file: string, sha256: string, bytes: number): StoredBackup => ({
  file,
  sha256,
  bytes,
  mark: 'first',
  whole: true,
  flow: '',
  kind: MI_KEYS,
  takenAt: 0,
});

async function newest(run: BleRun, mac: string): Promise<StoredBackup> {
  const found = await run.backups.newestWhole(mac, MI_KEYS);
  if (found == null)
    throw new BenchError('NO_BACKUP_OF_UNIT', { message: `There is no backup of ${mac} in the records.` });
  return found;
}

async function acceptOther(run: BleRun, whose: string): Promise<void> {
  const answer = await run.operator.ask({
    id: 'other-unit',
    text: `This backup is of the unit ${whose}. Only its settings would be written, not its keys and name.`,
    choices: [
      { value: 'skip', title: 'leave the unit as it is' },
      { value: 'other-unit', title: 'write the settings of the other unit' },
    ],
    assume: 'other-unit',
    assumed: 'other-unit',
    typed: 'other-unit',
  });
  if (answer !== 'other-unit') throw new BenchError('BACKUP_OF_OTHER_UNIT');
  run.warn(`Set as the unit ${whose} was; keys and name of this unit were left alone.`);
}

function settingsOf({ mac, firmware, pvvx }: MiBackup): MiBackup {
  return { mac, firmware, ...(pvvx?.config != null && { pvvx: { config: pvvx.config } }) };
}

/**
 * Writes keys and settings of the backup into a unit with pvvx firmware, each answered by the unit with what it holds
 * now. Keys go over keys only: where they were erased, the unit says so and nothing is erased to make it take them.
 */
export async function writeBack(session: BleSession, run: BleRun): Promise<StepResult> {
  const backup = session.restores!;
  const { id, token, bindKey, pvvx } = backup;
  const hasKeys = id != null && token != null && bindKey != null;
  if (!hasKeys && pvvx == null)
    throw new BenchError('NO_BACKUP_OF_UNIT', {
      message: 'The backup of this unit holds neither keys nor settings: the firmware it had gave none.',
    });
  const written: string[] = [];
  run.progress({ label: 'writing keys and settings', done: 0, unit: 'tries' });
  await withFreshTries(session, run, async (connection) => {
    written.length = 0;
    const client = await PvvxClient.open(connection, talk(run));
    try {
      await run.writeBegins();
      if (hasKeys) {
        await client.restoreMiKeys({ id, token, bindKey });
        written.push('Mi keys');
      }
      if (pvvx?.config != null) {
        await client.setConfig(readConfig(decodeConfigReply(Uint8Array.of(0, ...pvvx.config))));
        written.push('settings');
      }
      if (pvvx?.bindKey != null) {
        await client.setBindKey(pvvx.bindKey);
        written.push('bind key');
      }
      if (pvvx?.name != null && pvvx.name !== (await client.name())) {
        await client.setName(pvvx.name);
        written.push('name');
      }
    } finally {
      await client.close();
    }
  });
  if (hasKeys) await readBackKeys(session, run, backup);
  return settle({
    outcome: 'PASS',
    message: `Written back and read again: ${written.join(', ')}.`,
    proof: ['read back'],
    evidence: `${metUnit(session).mac} answers with what the backup holds`,
    ...(!hasKeys && { notDone: ['Mi keys: the backup holds none'] }),
  });
}

async function readBackKeys(session: BleSession, run: BleRun, backup: MiBackup): Promise<void> {
  const held = await withFreshTries(session, run, async (connection) => {
    const client = await PvvxClient.open(connection, talk(run));
    try {
      return await client.dumpMiKeys();
    } finally {
      await client.close();
    }
  });
  for (const part of ['id', 'token', 'bindKey'] as const) {
    const [wanted, is] = [backup[part], held[part]];
    if (wanted == null || (is != null && areUint8ArraysEqual(wanted, is))) continue;
    throw new BenchError('PVVX_NOT_TAKEN', { message: `The unit does not hold the ${part} of the backup.` });
  }
}
