import { type BenchError, isBenchError } from '../../src/core/errors.ts';
import type { GattConnection } from '../../src/drivers/ble/radio.ts';
import { login, register, type MiKeys } from '../../src/protocols/xiaomi/index.ts';
import { keepBackup } from './keep-backup.ts';
import { acceptRebind } from './rebind.ts';
import { connected, hangUp, metUnit, talk, withFreshTries, type BleRun, type BleSession } from './session.ts';
import { knownKeys } from './tokens.ts';

/**
 * Gets the keys by which this unit takes an update: those that are known already, or new ones by activation. They are
 * in the backup of this run when it resolves; new ones are before the unit is told to use them.
 */
export async function openAccess(session: BleSession, run: BleRun): Promise<void> {
  if (session.access === 'none') return;
  if (session.access === 'login' && (await loginWithKnownKeys(session, run))) return;
  await activate(session, run);
}

/** The connection that is open, or a fresh one, over which the unit takes an update. */
export async function updateConnection(session: BleSession, run: BleRun): Promise<GattConnection> {
  const connection = await connected(session, run);
  if (session.access === 'none' || session.granted === connection) return connection;
  const { keys } = session;
  if (keys == null) throw new Error('the unit has not been opened');
  await login(connection, talk(run), keys.token);
  session.granted = connection;
  return connection;
}

/** False where the unit has to be activated: it has no keys, or the operator accepted that it loses them. */
async function loginWithKnownKeys(session: BleSession, run: BleRun): Promise<boolean> {
  let wrong: BenchError | undefined;
  for (const keys of await knownKeys(run, metUnit(session).mac)) {
    session.keys = keys;
    run.progress({ label: 'logging in', done: 0, unit: 'tries' });
    try {
      await withFreshTries(session, run, () => updateConnection(session, run));
      const { token, id, bindKey, from } = keys;
      await keepBackup(session, run, {
        keysFrom: from,
        token,
        ...(id != null && { id }),
        ...(bindKey != null && { bindKey }),
      });
      return true;
    } catch (error) {
      session.keys = undefined;
      if (isBenchError(error, 'MI_NOT_REGISTERED')) return false;
      if (!isBenchError(error, 'MI_TOKEN_WRONG')) throw error;
      wrong = error;
      // Of earlier runs there may be many, and every one but the last is expected not to fit any more.
      if (keys.from === 'given') run.log('warn', 'The token given is not taken.');
      else run.log('info', 'A token of an earlier run is not taken.');
    }
  }
  if (wrong != null && !run.assume.has('rebind')) throw wrong;
  await acceptRebind(session, run);
  return false;
}

async function activate(session: BleSession, run: BleRun): Promise<void> {
  const { peer } = metUnit(session);
  let made: MiKeys | undefined;
  const beforeVerify = async (keys: MiKeys) => {
    made = keys;
    await keepBackup(session, run, { keysFrom: 'activation', ...keys });
    // What the unit held of keys before is void from here on.
    await run.writeBegins();
  };
  try {
    await withFreshTries(session, run, async (connection) => {
      run.progress({ label: 'activating', done: 0, unit: 'tries' });
      await register(connection, talk(run), {
        beforeVerify,
        rebind: session.rebind,
        ...(peer.version != null && { firmware: peer.version }),
      });
      session.granted = connection;
    });
  } catch (error) {
    if (isBenchError(error, 'MI_ALREADY_BOUND') && !session.rebind) {
      await acceptRebind(session, run);
      return activate(session, run);
    }
    if (!isBenchError(error, 'MI_VERIFY_UNANSWERED') || made == null) throw error;
    await tryUnansweredKeys(session, run, made, error);
  }
  if (made == null) throw new Error('the unit was activated without keys');
  session.keys = { ...made, from: 'activation' };
}

/** The unit may have the new keys or not: a login tells, and activating again would make a third set. */
async function tryUnansweredKeys(
  session: BleSession,
  run: BleRun,
  made: MiKeys,
  unanswered: BenchError,
): Promise<void> {
  run.log('warn', 'The unit did not say whether it took the new keys: a login with them tells.');
  await hangUp(session);
  session.keys = { ...made, from: 'activation' };
  try {
    await withFreshTries(session, run, () => updateConnection(session, run));
  } catch (error) {
    session.keys = undefined;
    if (isBenchError(error, 'MI_TOKEN_WRONG', 'MI_NOT_REGISTERED', 'BLE_CONNECT_FAILED')) throw unanswered;
    throw error;
  }
}
