import { isProfile } from '../lywsd03mmc/profile-settings.ts';
import { isSameKey, isSetUpError, setUpPvvx, type PvvxState } from '../lywsd03mmc/set-up-pvvx.ts';
import { keepBackup } from './keep-backup.ts';
import { connected, hangUp, talk, type BleRun, type BleSession } from './session.ts';

export interface Finished extends Partial<Pick<PvvxState, 'name' | 'bindKey'>> {
  readonly applied: readonly string[];
  readonly notDone: readonly string[];
}

const TRIES = 2;

/**
 * Sets up a unit on which pvvx firmware has just been proved. What fails here takes nothing from that proof: it is
 * said in the record as not done.
 */
export async function finishPvvx(session: BleSession, run: BleRun, mac: string): Promise<Finished> {
  const { profile } = run.plan;
  const number = await run.runNumber();
  run.progress({ label: 'setting it up', done: 0, unit: 'tries' });
  for (let tries = 1; ; tries++) {
    try {
      const connection = await connected(session, run);
      const state = await setUpPvvx(connection, talk(run), {
        profile,
        mac,
        number,
        miBindKey: session.keys?.bindKey,
      });
      await hangUp(session);
      const { name, bindKey, applied } = state;
      return {
        name,
        bindKey,
        applied,
        notDone: [...missingMiKey(run, state), ...(await compareKeys(session, run, state))],
      };
    } catch (error) {
      await hangUp(session);
      if (!isSetUpError(error)) throw error;
      run.log('warn', `Setting up, try ${tries} of ${TRIES}: ${error.message}`);
      if (tries === TRIES)
        return {
          applied: [],
          notDone: [
            `${isProfile(profile) ? 'settings profile and clock' : 'clock'} not applied: ${error.message}`,
          ],
        };
    }
  }
}

const missingMiKey = (run: BleRun, { applied }: PvvxState): string[] =>
  run.plan.profile.miBindKey && !applied.includes('bind key')
    ? ['bind key not set: no Mi bind key of this unit is known']
    : [];

/** An update leaves the Mi keys in flash where they are: now that they can be read, that is looked at. */
async function compareKeys(session: BleSession, run: BleRun, { keys }: PvvxState): Promise<string[]> {
  const known = session.keys;
  if (known == null) {
    if (keys.token == null || run.plan.eraseMiKeys) return [];
    // They could not be read before: the former firmware gives them to nobody.
    const { id, token, bindKey } = keys;
    await keepBackup(session, run, {
      keysFrom: 'unit',
      token,
      ...(id != null && { id }),
      ...(bindKey != null && { bindKey }),
    });
    return [];
  }
  if (isSameKey(known.token, keys.token)) {
    run.log('info', 'The Mi keys are in its flash as they are in the backup.');
    return [];
  }
  run.warn('The Mi keys in its flash are not those of the backup.');
  return ['Mi keys in flash differ from those in the backup'];
}
