import type { Verdict } from '../../src/core/outcome.ts';
import type { HeardUnit } from '../../src/protocols/adverts/index.ts';
import { applyByRadio } from '../lywsd03mmc/apply-by-radio.ts';
import type { WireRun, WireSession } from './session.ts';

/** The verdict with what became of the profile; it cannot make a proved flash worse. */
export async function withProfile(
  session: WireSession,
  run: WireRun,
  heard: HeardUnit,
  verdict: Verdict,
): Promise<Verdict> {
  const { profile, image } = run.plan;
  const mac = heard.mac ?? session.unit?.mac;
  if (profile == null) return verdict;
  const failure =
    image?.takesProfile !== true
      ? 'this firmware takes none'
      : mac == null
        ? 'its MAC is not known'
        : await applyByRadio(run, session.ear!, heard, mac, profile);
  if (failure == null) return { ...verdict, message: `${verdict.message} Its profile was applied.` };
  return { ...verdict, notDone: [...(verdict.notDone ?? []), `profile not applied: ${failure}`] };
}
