import { BenchError } from '../../src/core/errors.ts';
import type { StoredBackup } from '../../src/core/backup-store.ts';
import { parseTasmotaSettings } from '../../src/firmware/tasmota-settings.ts';
import {
  downloadSettings,
  losesSettings,
  parseVersion,
  uploadSettings,
} from '../../src/protocols/tasmota/index.ts';
import { acceptOtherUnit } from '../accept-other-unit.ts';
import { done, settle, type StepResult } from '../flow.ts';
import { doNotUnplug, mayUnplug, newFirmwareOf, SETTLING_MS } from '../network-plug/index.ts';
import { awaitReturn } from './await-return.ts';
import { TASMOTA_SETTINGS } from './backup.ts';
import { saysOfItself } from './reboot.ts';
import { clientOf, metUnit, type TasmotaRun, type TasmotaSession } from './session.ts';

export interface ChosenSettings {
  readonly bytes: Uint8Array;
  readonly source: StoredBackup;
}

/** The settings of this very unit; those of another one only by name. Throws BACKUP_OF_OTHER_UNIT, NO_BACKUP_OF_UNIT. */
export async function chooseBackup(session: TasmotaSession, run: TasmotaRun): Promise<ChosenSettings> {
  const { mac } = metUnit(session).status;
  const { named } = run.backups;
  if (named == null) {
    const source = await newest(run, mac);
    return { source, bytes: await run.backups.read(source) };
  }
  if (named.mac !== mac)
    await acceptOtherUnit(run, named.mac == null ? 'an unknown unit' : `the unit ${named.mac}`, 'MAC');
  return { bytes: named.bytes, source: stored(named.file, named.sha256, named.bytes.length, mac) };
}

/** Throws BACKUP_DAMAGED, FIRMWARE_DOES_NOT_FIT_UNIT. */
export function prepareRestore(session: TasmotaSession, run: TasmotaRun, chosen: ChosenSettings): StepResult {
  const settings = parseTasmotaSettings(chosen.bytes);
  if (settings?.isSound !== true)
    throw new BenchError('BACKUP_DAMAGED', {
      message: `${chosen.source.file} is no settings backup that verifies.`,
    });
  const { version, versionText } = metUnit(session).status;
  const of = parseVersion(settings.versionText);
  if (of != null && losesSettings(of, version))
    throw new BenchError('TASMOTA_DOWNGRADE', {
      message: `The settings are of Tasmota ${settings.versionText}; ${versionText} does not understand them.`,
      advice: 'Flash the version that the settings are of, then restore them.',
    });
  run.haveBackup(chosen.source);
  session.restores = chosen;
  run.firmware([{ slot: 'backup', file: chosen.source.file, sha256: chosen.source.sha256 }]);
  return done;
}

const stored = (file: string, sha256: string, bytes: number, mac: string): StoredBackup => ({
  file,
  sha256,
  bytes,
  mac,
  mark: 'first',
  whole: true,
  flow: '',
  kind: TASMOTA_SETTINGS,
  takenAt: 0,
});

async function newest(run: TasmotaRun, mac: string): Promise<StoredBackup> {
  const found = await run.backups.newestWhole(mac, TASMOTA_SETTINGS);
  if (found == null)
    throw new BenchError('NO_BACKUP_OF_UNIT', { message: `There are no settings of ${mac} in the records.` });
  return found;
}

const TASMOTA_AGAIN = newFirmwareOf({ name: 'Tasmota' })!;
/** Counters and the checksum over them change with each start; more than that is another content. Bytes. */
const VOLATILE_BYTES = 64;

/** Puts the settings back by the restore page, waits for the start with them, and reads them again. */
export async function writeBack(session: TasmotaSession, run: TasmotaRun): Promise<StepResult> {
  const { bytes } = session.restores!;
  const client = clientOf(session, run, run.brokenOff);
  const before = await client.status();
  await uploadSettings(client, {
    fileName: 'Config.dmp',
    content: bytes,
    beforeSend: () => run.writeBegins(),
    onSent: (sent, total) =>
      run.progress({ label: 'writing the settings', done: sent, total, unit: 'bytes' }),
  });
  run.wrote(bytes.length);
  doNotUnplug(run, SETTLING_MS.tasmota);
  const back = await awaitReturn(session, run, {
    becomes: TASMOTA_AGAIN,
    before,
    atMs: run.clock.monotonicMs(),
  });
  mayUnplug(run);
  if (back.kind !== 'back')
    throw new BenchError(back.kind === 'access-point' ? 'AT_ACCESS_POINT' : 'NEW_FIRMWARE_SILENT', {
      message: 'The settings went over, and the unit was not met again: they may hold another Wi-Fi.',
    });
  const held = await downloadSettings(clientOf(session, run, run.brokenOff));
  const differing = differingBytes(held, bytes);
  const evidence = `${saysOfItself(back.status)}; ${differing} of ${bytes.length} bytes differ`;
  if (differing > VOLATILE_BYTES)
    throw new BenchError('TASMOTA_SETTINGS_DIFFER', {
      message: `The unit holds other settings than the backup: ${differing} bytes differ.`,
    });
  return settle({
    outcome: 'PASS',
    message: 'The settings were written back, the unit started with them, and they were read again.',
    proof: ['read back', 'answered'],
    evidence,
  });
}

/** Of the settings themselves, without what obfuscates them. */
function differingBytes(a: Uint8Array, b: Uint8Array): number {
  const [one, other] = [a, b].map((bytes) => parseTasmotaSettings(bytes)?.settings);
  if (one == null || other == null || one.length !== other.length) return Math.max(a.length, b.length);
  return one.reduce((sum, byte, index) => sum + (byte === other[index] ? 0 : 1), 0);
}
