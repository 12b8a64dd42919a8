import { uint8ArrayToHex } from 'uint8array-extras';
import { isBenchError } from '../../src/core/errors.ts';
import type { Verdict } from '../../src/core/outcome.ts';
import type { HeardUnit } from '../../src/protocols/adverts/index.ts';
import { isProfile } from '../lywsd03mmc/profile-settings.ts';
import { isSetUpError, setUpPvvx } from '../lywsd03mmc/set-up-pvvx.ts';
import type { WireRun, WireSession } from './session.ts';

const TRIES = 3;

/** What a run without profile and clock does not miss. */
export const wantsProfile = ({ plan: { profile, image } }: WireRun): boolean =>
  isProfile(profile) || (profile.clock && image?.takesProfile === true);

/** For the record, where the radio cannot do it. */
export const profileNotDone = (run: WireRun, why: string): string[] =>
  wantsProfile(run)
    ? [`${isProfile(run.plan.profile) ? 'profile not applied' : 'clock not set'}: ${why}`]
    : [];

/** The verdict with what became of the profile; it cannot make a proved flash worse. */
export async function withProfile(
  session: WireSession,
  run: WireRun,
  heard: HeardUnit,
  verdict: Verdict,
): Promise<Verdict> {
  if (!wantsProfile(run)) return verdict;
  const mac = session.unit?.mac ?? heard.mac;
  const failure =
    run.plan.image?.takesProfile !== true
      ? 'this firmware takes none'
      : mac == null
        ? 'its MAC is not known'
        : await setUp(session, run, heard.address, mac);
  if (failure == null) return verdict;
  return { ...verdict, notDone: [...(verdict.notDone ?? []), ...profileNotDone(run, failure)] };
}

/** Returns why it could not be done. */
async function setUp(
  session: WireSession,
  run: WireRun,
  address: string,
  mac: string,
): Promise<string | undefined> {
  run.progress({ label: 'setting it up by radio', done: 0, unit: 'tries' });
  for (let tries = 1; ; tries++) {
    try {
      await setUpOnce(session, run, address, mac);
      return undefined;
    } catch (error) {
      // What was proved stays proved when the rest is cancelled.
      if (run.signal.aborted) return 'cancelled';
      if (!isBenchError(error) || !isSetUpError(error)) throw error;
      run.log('warn', `setting it up, try ${tries} of ${TRIES}: ${error.message}`);
      if (tries === TRIES) return error.message;
    }
  }
}

async function setUpOnce(session: WireSession, run: WireRun, address: string, mac: string): Promise<void> {
  const { radio } = session.ear!;
  const connection = await radio.connect(address, { signal: run.signal, log: run.log });
  try {
    const { applied, name, bindKey } = await setUpPvvx(connection, run, {
      profile: run.plan.profile,
      mac,
      number: await run.runNumber(),
      miBindKey: undefined,
    });
    if (bindKey != null) await run.keepSecret('bind-key', uint8ArrayToHex(bindKey));
    await run.identify({ name });
    run.log('info', `set up by radio: ${applied.join(', ')}`);
  } finally {
    await connection.disconnect();
  }
}
