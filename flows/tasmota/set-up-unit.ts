import { BenchError } from '../../src/core/errors.ts';
import { apply, applyTemplate, setOtaUrl, type TasmotaStatus } from '../../src/protocols/tasmota/index.ts';
import { fillName } from '../fill-name.ts';
import { awaitReturn } from './await-return.ts';
import { judgeReturn } from './judge-return.ts';
import { clientOf, sentNow, type Sent, type TasmotaRun, type TasmotaSession } from './session.ts';

export interface SetUpResult {
  readonly applied: readonly string[];
  readonly notDone: readonly string[];
}

/**
 * Sets up a unit on which the new firmware has just been proved. What fails here takes nothing from that proof: it is
 * said in the record as not done.
 */
export async function setUpUnit(
  session: TasmotaSession,
  run: TasmotaRun,
  sent: Sent,
  proved: TasmotaStatus,
): Promise<SetUpResult> {
  const { name, commands, template } = run.plan.setUp;
  const client = () => clientOf(session, run);
  const jobs: (readonly [what: string, work: () => Promise<void>])[] = [];
  const { otaUrl } = sent.before;
  if (run.plan.method === 'url' && otaUrl != null && otaUrl !== '')
    jobs.push(['its OtaUrl as it was', () => setOtaUrl(client(), otaUrl)]);
  if (name != null) {
    const filled = fillName(name, { number: await run.runNumber(), mac: proved.mac });
    jobs.push([`name ${filled}`, () => setName(session, run, filled)]);
  }
  for (const line of commands) jobs.push([line.split(' ')[0]!, () => apply(client(), line)]);
  // Last: with it the unit restarts.
  if (template != null)
    jobs.push([`template ${template.NAME}`, () => setTemplate(session, run, sent, proved)]);
  const applied: string[] = [];
  const notDone: string[] = [];
  for (const [what, work] of jobs) {
    run.progress({
      label: `setting it up: ${what}`,
      done: applied.length,
      total: jobs.length,
      unit: 'tries',
    });
    try {
      await work();
      applied.push(what);
    } catch (error) {
      if (!(error instanceof BenchError)) throw error;
      run.log('warn', `${what}: ${error.message}`);
      notDone.push(`${what} not set: ${error.message}`);
    }
  }
  return { applied, notDone };
}

/** Both names: the web page shows one, what controls the unit by MQTT or Hue the other. */
async function setName(session: TasmotaSession, run: TasmotaRun, name: string): Promise<void> {
  await apply(clientOf(session, run), `DeviceName ${name}`);
  await apply(clientOf(session, run), `FriendlyName1 ${name}`);
}

async function setTemplate(
  session: TasmotaSession,
  run: TasmotaRun,
  { image }: Sent,
  proved: TasmotaStatus,
): Promise<void> {
  const before = await clientOf(session, run).status();
  await applyTemplate(clientOf(session, run), run.plan.setUp.template!);
  const back = await awaitReturn(session, run, sentNow(run, image, before, { kind: 'accepted' }));
  const isBack = back.kind === 'back' && judgeReturn(proved, back.status, image) === 'alike';
  if (isBack && back.status.module === 0) return;
  throw new BenchError('TASMOTA_COMMAND_REFUSED', {
    message: isBack
      ? 'the unit started anew and does not use the template.'
      : 'the unit was not met again after the restart with its template.',
  });
}
