import { BenchError } from '../../src/core/errors.ts';
import { isGood } from '../../src/core/outcome.ts';
import type { RunContext } from '../flow.ts';
import { decodeSettings, PLUG_SETTINGS } from './settings-backup.ts';

/**
 * Whether this bench has changed this very unit when it ran `ran` (as its settings backup has it), and did not see the
 * end of it: a unit that has the new firmware now has it from here.
 */
export async function wasBegunHere(
  run: Pick<RunContext, 'earlierRuns' | 'backups'>,
  mac: string,
  ran: string,
): Promise<boolean> {
  const last = (await run.earlierRuns(mac)).at(-1);
  if (last === undefined || !last.wrote || isGood(last.outcome)) return false;
  const [newest] = await run.backups.ofUnit(mac, PLUG_SETTINGS);
  if (newest === undefined) return false;
  try {
    return decodeSettings(await run.backups.read(newest), newest.file).ran === ran;
  } catch (error) {
    if (!(error instanceof BenchError)) throw error;
    return false;
  }
}
