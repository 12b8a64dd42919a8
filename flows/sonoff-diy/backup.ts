import { done, settle, type StepResult } from '../flow.ts';
import { acceptNoBackup } from '../accept-no-backup.ts';
import { keepSettings } from '../network-plug/index.ts';
import type { SonoffImage } from './plan.ts';
import { metUnit, type SonoffRun, type SonoffSession } from './session.ts';

/** What the record of kept settings names as what ran. */
export const RAN_SONOFF = 'sonoff-diy';
/** Kind of a changed copy of an image in the records. */
const SENT_IMAGE = 'sent-image';

/** Keeps what the unit says of its settings. Its firmware cannot be had back, and that has to be accepted. */
export async function backup(session: SonoffSession, run: SonoffRun): Promise<StepResult> {
  const { mac, title, info } = metUnit(session);
  const { task, image } = run.plan;
  if (task === 'flash')
    await acceptNoBackup(run, 'DIY mode gives nothing of its firmware, and nothing puts it back');
  if (image !== undefined && image.changes.length > 0) await keepImage(run, image);
  // Last: it is what the record names as the backup.
  const { sha256 } = await keepSettings(run, { mac, firmware: title, ran: RAN_SONOFF, answers: { info } });
  if (task === 'flash') return done;
  return settle({
    outcome: 'PASS',
    message: 'What the unit says of its settings was kept. Nothing was written.',
    proof: ['answered'],
    evidence: `sha256 ${sha256}`,
    notDone: [
      'the flash itself was not read: only the wire can',
      'no firmware takes these settings back: they are to be read by people',
    ],
  });
}

/** What is sent and lies in no file of the operator's is kept beside the records of the unit. */
async function keepImage(run: SonoffRun, { name, content }: SonoffImage): Promise<void> {
  const writer = await run.backups.create(SENT_IMAGE, content.length);
  try {
    await writer.append(content);
    const { file, sha256 } = await writer.commit();
    run.log('info', `${name}, the copy that is sent, is kept as ${file}, sha256 ${sha256}`);
  } finally {
    await writer.discard();
  }
}
