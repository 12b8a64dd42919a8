import { BenchError } from '../../src/core/errors.ts';
import { isGood } from '../../src/core/outcome.ts';
import { decodeSettings, PLUG_SETTINGS } from '../network-plug/index.ts';
import { RAN_SONOFF } from './backup.ts';
import type { SonoffRun } from './session.ts';

/** Whether this bench has sent an image to this very unit while it was in DIY mode, and did not see the end of it. */
export async function wasBegunHere(run: SonoffRun, mac: string): Promise<boolean> {
  const last = (await run.earlierRuns(mac)).at(-1);
  if (last === undefined || !last.wrote || isGood(last.outcome)) return false;
  const [newest] = await run.backups.ofUnit(mac, PLUG_SETTINGS);
  if (newest === undefined) return false;
  try {
    return decodeSettings(await run.backups.read(newest), newest.file).ran === RAN_SONOFF;
  } catch (error) {
    if (!(error instanceof BenchError)) throw error;
    return false;
  }
}
