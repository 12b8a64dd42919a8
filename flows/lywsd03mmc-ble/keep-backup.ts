import { uint8ArrayToHex } from 'uint8array-extras';
import type { StoredBackup } from '../../src/core/backup-store.ts';
import { encodeMiBackup, MI_KEYS, type MiBackup } from '../lywsd03mmc/mi-backup.ts';
import { metUnit, type BleRun, type BleSession } from './session.ts';

/** Name of the secret by which a unit is logged in to. */
export const TOKEN_SECRET = 'token';
/** Opens what stock firmware advertises. */
export const MI_BIND_KEY_SECRET = 'mi-bind-key';
/** Opens what pvvx firmware advertises. */
export const BIND_KEY_SECRET = 'bind-key';

/** Keeps what the radio can read of the unit: on the disk, checked, when it resolves. Secrets are kept besides. */
export async function keepBackup(
  session: BleSession,
  run: BleRun,
  found: Omit<MiBackup, 'mac' | 'firmware' | 'hardware'>,
): Promise<StoredBackup> {
  const { mac, running, peer } = metUnit(session);
  const bytes = encodeMiBackup({
    mac,
    firmware: running,
    ...(peer.hardware != null && { hardware: peer.hardware }),
    ...found,
  });
  const writer = await run.backups.create(MI_KEYS, bytes.length);
  let stored: StoredBackup;
  try {
    await writer.append(bytes);
    stored = await writer.commit();
  } finally {
    await writer.discard();
  }
  const secrets = { [TOKEN_SECRET]: found.token, [MI_BIND_KEY_SECRET]: found.bindKey };
  for (const [name, value] of Object.entries(secrets))
    if (value != null) await run.keepSecret(name, uint8ArrayToHex(value));
  run.log('info', `backup kept: ${stored.file}, ${stored.mark}`);
  return stored;
}
