import { isBenchError } from '../../src/core/errors.ts';
import type { HeardUnit } from '../../src/protocols/adverts/index.ts';
import { applyProfile, PvvxClient } from '../../src/protocols/pvvx/index.ts';
import type { RunContext } from '../flow.ts';
import type { Ear } from './ear.ts';
import type { TrayProfile } from './profile-settings.ts';

const TRIES = 3;

/**
 * Applies the tray's profile to a unit that was heard under pvvx firmware. Returns why it could not be done, or
 * undefined when all of it was taken: what the flash has proved stays proved without it.
 */
export async function applyByRadio(
  run: RunContext,
  ear: Ear,
  unit: HeardUnit,
  mac: string,
  profile: TrayProfile,
): Promise<string | undefined> {
  for (let tries = 1; ; tries++) {
    try {
      await applyOnce(run, ear, unit.address, mac, profile);
      return undefined;
    } catch (error) {
      run.signal.throwIfAborted();
      if (!isBenchError(error)) throw error;
      run.log('warn', `profile: ${error.message}`);
      if (tries >= TRIES || !isBenchError(error, 'BLE_CONNECT_FAILED', 'BLE_LINK_LOST', 'BLE_NO_ANSWER'))
        return error.message;
    }
  }
}

async function applyOnce(
  run: RunContext,
  { radio }: Ear,
  address: string,
  mac: string,
  profile: TrayProfile,
): Promise<void> {
  run.progress({ label: 'applying the profile by radio', done: 0, unit: 'tries' });
  const connection = await radio.connect(address, { signal: run.signal, log: run.log });
  try {
    const client = await PvvxClient.open(connection, run);
    try {
      const applied = await applyProfile(client, profile(mac));
      run.log('info', `profile applied: ${applied.join(', ')}`);
    } finally {
      await client.close();
    }
  } finally {
    await connection.disconnect();
  }
}
