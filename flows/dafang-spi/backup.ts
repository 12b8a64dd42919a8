import { BenchError, isBenchError } from '../../src/core/errors.ts';
import { isFilled, sameBytes, u8 } from '../../src/firmware/bytes.ts';
import { examineDump, type PartFinding } from '../../src/firmware/dafang/dump.ts';
import { DAFANG_FLASH_BYTES, DAFANG_PARTS, partOf } from '../../src/firmware/dafang/flash-map.ts';
import { identityInDump, settingsInDump } from '../../src/firmware/dafang/identity.ts';
import { done, settle, type StepResult } from '../flow.ts';
import type { StoredBackup } from '../../src/core/backup-store.ts';
import { planTarget } from './build-target.ts';
import { chooseBackup, restoreTarget } from './restore.ts';
import { tellMap, tellPlan } from './region-map.ts';
import { WHOLE_CHIP, type DafangRun, type DafangSession } from './session.ts';

/** The whole chip, read twice and equal, before anything else can happen; then what is to be written is worked out. */
export async function backup(session: DafangSession, run: DafangRun): Promise<StepResult> {
  const { task } = run.plan;
  session.dump = await readTwice(session, run);
  await refuseConstant(session.dump, run);
  const findings = examineDump(session.dump);
  tellMap(run, session.dump);
  const mac = await tellFindings(session, run, findings);
  // Before this dump is kept: it would be the newest backup of a unit that was never written to.
  const chosen = task === 'restore' ? await chooseBackup(run, mac) : undefined;
  const stored = await keep(session.dump, run);
  if (task === 'backup') {
    return settle({
      outcome: 'PASS',
      message: 'The whole chip was read twice, both reads are equal and kept. Nothing was written.',
      proof: ['read back'],
      evidence: `sha256 ${stored.sha256}`,
    });
  }
  if (chosen) await restoreTarget(session, run, chosen);
  else await planTarget(session, run);
  tellPlan(session, run);
  if (session.changed.length > 0) return done;
  return settle({
    outcome: 'CURRENT',
    message: 'The chip holds all of this already. Nothing was written.',
    proof: ['read back'],
    ...(session.notDone.length > 0 && { notDone: session.notDone }),
  });
}

async function readTwice({ flashrom }: DafangSession, run: DafangRun): Promise<Uint8Array> {
  const read = (which: string) =>
    flashrom.read(DAFANG_FLASH_BYTES, {
      label: `reading the whole chip, ${which} time`,
      signal: run.signal,
      onProgress: run.progress,
    });
  const first = await read('first');
  const second = await read('second');
  if (sameBytes(first, second)) return first;
  const parts = DAFANG_PARTS.filter((part) => !sameBytes(partOf(first, part), partOf(second, part)));
  throw new BenchError('FLASH_READS_DIFFER', {
    message: `Two reads of the same chip differ (in ${parts.map(({ name }) => name).join(', ')}): nothing read over this contact can be trusted.`,
  });
}

async function refuseConstant(dump: Uint8Array, run: DafangRun): Promise<void> {
  const value = u8(dump, 0);
  if (!isFilled(dump, value)) return;
  const text = `Every byte of the chip reads 0x${value.toString(16).padStart(2, '0')}: bad contact, or a new chip that is blank.`;
  const error = new BenchError('FLASH_READS_CONSTANT', { message: text });
  try {
    const answer = await run.operator.ask({
      id: `blank ${run.link.text}`,
      text,
      choices: [
        { value: 'contact', title: 'bad contact: leave it as it is' },
        { value: 'blank', title: 'the chip is new and blank' },
      ],
      typed: 'blank',
    });
    if (answer !== 'blank') throw error;
  } catch (refusal) {
    throw isBenchError(refusal, 'OPERATOR_NEEDED') ? error : refusal;
  }
  run.warn('The chip was blank, by the word of the operator.');
}

/** Says part by part what stands there; returns the MAC, if the chip tells one. */
async function tellFindings(
  { dump }: DafangSession,
  run: DafangRun,
  findings: readonly PartFinding[],
): Promise<string | undefined> {
  for (const { part, state, text } of findings) {
    const line = `${part.name} at 0x${part.offset.toString(16)}: ${text}`;
    if (state === 'good') run.log('info', line);
    else run.warn(line);
  }
  const { mac, missing, secrets, warnings } = identityInDump(dump);
  const { ssid, hasWifiPassword } = settingsInDump(dump);
  for (const warning of warnings) run.warn(warning);
  if (mac === undefined)
    run.warn(`No MAC on this chip: ${missing}. Without it the camera makes up a new one at each start.`);
  else await run.identify({ mac });
  if (secrets.length > 0)
    run.log('info', 'para holds the keys of this camera [redacted]; the backup is a secret');
  if (ssid !== undefined || hasWifiPassword)
    run.log(
      'info',
      `config holds the Wi-Fi ${ssid ?? 'without a name'}${hasWifiPassword ? ', its key [redacted]' : ''}`,
    );
  return mac;
}

async function keep(dump: Uint8Array, run: DafangRun): Promise<StoredBackup> {
  const writer = await run.backups.create(WHOLE_CHIP, dump.length);
  try {
    await writer.append(dump);
    const stored = await writer.commit();
    run.log('info', `backup kept: ${stored.file}, sha256 ${stored.sha256.slice(0, 12)}…, ${stored.mark}`);
    return stored;
  } finally {
    await writer.discard();
  }
}
