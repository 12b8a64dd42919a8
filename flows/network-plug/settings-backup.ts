import { stringToUint8Array, uint8ArrayToString } from 'uint8array-extras';
import * as z from 'zod';
import type { StoredBackup } from '../../src/core/backup-store.ts';
import { BenchError } from '../../src/core/errors.ts';
import type { RunContext } from '../flow.ts';

/** Name of this kind of backup in the records: to be read by people, no firmware takes it back as a whole. */
export const PLUG_SETTINGS = 'plug-settings';

const FORMAT = 'benchflash plug settings';

const schema = z.object({
  format: z.literal(FORMAT),
  version: z.literal(1),
  mac: z.string(),
  /** For people: `Shelly stock firmware 1.12.2 on a SHPLG-S`. */
  firmware: z.string(),
  /** As `PlugFirmware` names it: `shelly-gen1`. */
  ran: z.string(),
  /** By the path that it was answered on, as it was answered. */
  answers: z.record(z.string(), z.unknown()),
});

/** What the firmware of a unit says of its settings. May hold names of networks and users: a secret as all backups. */
export type SettingsBackup = Omit<z.output<typeof schema>, 'format' | 'version'>;

export const encodeSettings = (backup: SettingsBackup): Uint8Array =>
  stringToUint8Array(`${JSON.stringify({ format: FORMAT, version: 1, ...backup }, undefined, 2)}\n`);

/** Throws FIRMWARE_REFUSED for a file that is no such backup. */
export function decodeSettings(bytes: Uint8Array, file: string): SettingsBackup {
  try {
    const { mac, firmware, ran, answers } = schema.parse(JSON.parse(uint8ArrayToString(bytes)));
    return { mac, firmware, ran, answers };
  } catch {
    // What the parser says of it would quote the file.
    throw new BenchError('FIRMWARE_REFUSED', { message: `${file}: this is no backup of a plug's settings.` });
  }
}

/** On the disk, checked, when it resolves. */
export async function keepSettings(run: RunContext, backup: SettingsBackup): Promise<StoredBackup> {
  const bytes = encodeSettings(backup);
  const writer = await run.backups.create(PLUG_SETTINGS, bytes.length);
  try {
    await writer.append(bytes);
    const stored = await writer.commit();
    run.log('info', `settings kept: ${stored.file}, ${stored.mark}`);
    return stored;
  } finally {
    await writer.discard();
  }
}
