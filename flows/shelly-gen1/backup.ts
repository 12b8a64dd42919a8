import { done, settle, type StepResult } from '../flow.ts';
import { acceptNoBackup } from '../accept-no-backup.ts';
import { keepSettings, PLUG_SETTINGS } from '../network-plug/index.ts';
import { readAnswers } from './read-answers.ts';
import { metUnit, type ShellyRun, type ShellySession } from './session.ts';

/** Keeps the settings of the stock firmware. Its flash cannot be read over the network. */
export async function backup(session: ShellySession, run: ShellyRun): Promise<StepResult> {
  const { mac, answer, isHalfway } = metUnit(session);
  if (isHalfway) {
    const [earlier] = await run.backups.ofUnit(mac, PLUG_SETTINGS);
    if (earlier !== undefined) run.haveBackup(earlier);
    else
      await acceptNoBackup(
        run,
        'the intermediate firmware gives nothing of what the unit was before',
        'The stock firmware and its settings are gone already; the way on is the only way out.',
      );
    return done;
  }
  run.progress({ label: 'reading the settings', done: 0, unit: 'tries' });
  const stored = await keepSettings(run, {
    mac,
    firmware: answer.title,
    ran: answer.firmware,
    answers: await readAnswers(session, run),
  });
  if (run.task === 'flash') return done;
  return settle({
    outcome: 'PASS',
    message: 'The settings of the stock firmware were read and kept. Nothing was written.',
    proof: ['answered'],
    evidence: `sha256 ${stored.sha256}`,
    notDone: [
      'the flash itself was not read: only the wire can',
      'no firmware takes these settings back: they are to be read by people',
    ],
  });
}
