import { isBenchError } from '../../src/core/errors.ts';
import { verdictFrom, type Verdict } from '../../src/core/outcome.ts';
import { BenchError } from '../../src/core/errors.ts';
import { parseTasmotaSettings } from '../../src/firmware/tasmota-settings.ts';
import { parseVersion, type TasmotaStatus } from '../../src/protocols/tasmota/index.ts';
import { whoAnswers } from '../../src/protocols/plugs/index.ts';
import { settle, type StepResult } from '../flow.ts';
import { isThatFirmware } from '../network-plug/index.ts';
import { TASMOTA_SETTINGS } from './backup.ts';
import { identityOf } from './detect.ts';
import { saysOfItself } from './reboot.ts';
import { clientOf, type TasmotaRun, type TasmotaSession } from './session.ts';

/** For a run that ended UNSURE: asks what answers at its place now, and writes nothing. */
export async function lookAgain(session: TasmotaSession, run: TasmotaRun): Promise<StepResult> {
  const { becomes } = run.plan.target!;
  const { login } = run.plan;
  const answer = await whoAnswers(session.link.network, session.at, {
    signal: run.signal,
    ...(login != null && { login }),
  });
  if (answer == null)
    return settle(
      verdictFrom(
        new BenchError('NEW_FIRMWARE_SILENT', { message: `Nothing answers at ${session.at.host}.` }),
      ),
    );
  if (answer.mac != null) await run.identify({ mac: answer.mac, firmware: answer.title });
  const facts = { proof: ['answered'], evidence: answer.title } as const;
  if (!isThatFirmware(answer, becomes))
    return settle(
      verdictFrom(
        new BenchError('OTHER_FIRMWARE_ANSWERS', {
          message: `It answers with ${answer.title}, not with ${becomes.title}.`,
        }),
        facts,
      ),
    );
  if (answer.firmware !== 'tasmota')
    return settle({ outcome: 'PASS', message: `The unit runs ${answer.title}.`, ...facts });
  const status = await clientOf(session, run).status();
  await run.identify(identityOf(status));
  return settle(await judge(run, status));
}

async function judge(run: TasmotaRun, status: TasmotaStatus): Promise<Verdict> {
  const evidence = saysOfItself(status);
  const before = await versionBefore(run, status.mac);
  if (before != null && before !== status.version.text)
    return {
      outcome: 'PASS',
      message: `The unit runs Tasmota ${status.versionText}; before it ran ${before}.`,
      proof: ['answered'],
      evidence,
    };
  return verdictFrom(new BenchError('TASMOTA_LOOKS_ALIKE'), { proof: ['answered'], evidence });
}

/** The settings that were kept before the flash name the version they are of. */
async function versionBefore(run: TasmotaRun, mac: string): Promise<string | undefined> {
  const [newest] = await run.backups.ofUnit(mac, TASMOTA_SETTINGS);
  if (newest == null) return undefined;
  try {
    const settings = parseTasmotaSettings(await run.backups.read(newest));
    return settings?.isSound === true ? parseVersion(settings.versionText)?.text : undefined;
  } catch (error) {
    if (!isBenchError(error, 'BACKUP_DAMAGED')) throw error;
    return undefined;
  }
}
