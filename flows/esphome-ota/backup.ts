import { done, settle, type StepResult } from '../flow.ts';
import { acceptNoBackup } from '../accept-no-backup.ts';
import { keepSettings } from '../network-plug/index.ts';
import { metUnit, type EspHomeRun, type EspHomeSession } from './session.ts';

/** What the record of kept settings names as what ran. */
export const RAN_ESPHOME = 'esphome';

/** Keeps what the unit says of itself. Its firmware cannot be had back, and that has to be accepted. */
export async function backup(session: EspHomeSession, run: EspHomeRun): Promise<StepResult> {
  const { mac, title, announced } = metUnit(session);
  const { task } = run.plan;
  if (task === 'flash')
    await acceptNoBackup(
      run,
      'ESPHome gives nothing of its firmware; what it ran before comes back only from its YAML',
    );
  const { sha256 } = await keepSettings(run, {
    mac,
    firmware: title,
    ran: RAN_ESPHOME,
    answers: { announced },
  });
  if (task === 'flash') return done;
  return settle({
    outcome: 'PASS',
    message: 'What the unit announces of itself was kept. Nothing was written.',
    proof: announced === undefined ? ['answered'] : ['heard', 'answered'],
    evidence: `sha256 ${sha256}`,
    notDone: ['neither its firmware nor its settings were read: ESPHome gives none'],
  });
}
