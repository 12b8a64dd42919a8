import { BenchError } from '../../src/core/errors.ts';
import { sanitize } from '../../src/core/text.ts';
import { whoAnswers } from '../../src/protocols/plugs/index.ts';
import type { TasmotaClient, TasmotaStatus } from '../../src/protocols/tasmota/index.ts';
import { done, type StepResult } from '../flow.ts';
import { routeOrCopy } from './offer-copy.ts';
import { clientOf, type TasmotaRun, type TasmotaSession } from './session.ts';

/** A unit that has just started may still be busy with the update before this one, s (reference: over a minute). */
const LEAST_UPTIME_SECONDS = 60;
/** Between two looks at a unit that has just started, ms. */
const LOOK_EVERY_MS = 5_000;
/** Weaker than both of these, transfers break. */
const LEAST_RSSI_PERCENT = 40;
const LEAST_SIGNAL_DBM = -75;

/** Asks the unit who it is and what it runs, and works out its way to the target. Writes nothing. */
export async function detect(session: TasmotaSession, run: TasmotaRun): Promise<StepResult> {
  run.progress({ label: 'asking the unit what it is', done: 0, unit: 'tries' });
  const status = await meet(session, run);
  if (run.plan.task === 'backup') return done;
  if (run.plan.task === 'restore') return done;
  refuseWeakSignal(status);
  const route = await routeOrCopy(run, status);
  session.route = route;
  run.log('info', `${route.why}: ${route.images.map(({ becomes }) => becomes.title).join(', then ')}`);
  for (const { changes, name } of route.images)
    for (const change of changes) run.warn(`Sent is ${name}, a changed copy. ${change}`);
  if (route.isAlike)
    run.warn(
      `It says that it runs ${status.versionText} already, and the image says no more of itself: afterwards nothing but its build date may tell the two apart.`,
    );
  await untilItHasRunAWhile(session, run, status);
  return done;
}

async function meet(session: TasmotaSession, run: TasmotaRun): Promise<TasmotaStatus> {
  const { network } = session.link;
  const { login } = run.plan;
  const answer = await whoAnswers(network, session.at, {
    signal: run.signal,
    ...(login != null && { login }),
  });
  const client = clientOf(session, run);
  if (answer?.firmware !== 'tasmota' && answer != null) {
    if (answer.mac != null) await run.identify({ mac: answer.mac, firmware: answer.title });
    const next = NEXT_FLOW[answer.firmware];
    throw new BenchError(answer.firmware === 'unknown' ? 'PLUG_UNKNOWN' : 'PLUG_RUNS_OTHER', {
      message: `This is no Tasmota: ${answer.title}.`,
      ...(next != null && { next }),
    });
  }
  // Where nobody answered, asking once more gives the reason.
  const status = await client.status();
  session.met = { status, board: await boardOf(client, status) };
  const { rssiPercent, signalDbm } = status;
  if (signalDbm != null) run.vitals({ rssiDbm: signalDbm });
  else if (rssiPercent != null) run.log('info', `reception ${rssiPercent} %`);
  await run.identify(identityOf(status));
  return status;
}

/** What goes on with a unit that runs something else. */
const NEXT_FLOW: Partial<Record<string, string>> = {
  'haa-portal': 'haa',
  'shelly-gen1': 'shelly-plug-s',
  takeover: 'shelly-plug-s',
};

export const identityOf = (status: TasmotaStatus) => ({
  mac: status.mac,
  firmware: `Tasmota ${status.versionText}`,
  ...(status.hardware != null && { chip: status.hardware }),
  ...(status.flashKiB != null && { flashSizeBytes: status.flashKiB * 1024 }),
  ...(status.deviceName != null && status.deviceName !== '' && { name: status.deviceName }),
});

/** `{"Module":{"45":"Shelly 1"}}`; before 6 `{"Module":"1 (Sonoff Basic)"}`. */
async function boardOf(client: TasmotaClient, { module }: TasmotaStatus): Promise<string> {
  const { Module: said } = await client.command('Module');
  const name: unknown = typeof said === 'object' && said != null ? Object.values(said)[0] : said;
  const text = typeof name === 'string' ? sanitize(name).slice(0, 60) : '';
  return text === '' ? `Tasmota module ${module ?? '?'}` : text;
}

function refuseWeakSignal({ rssiPercent, signalDbm }: TasmotaStatus): void {
  const isStrong = (rssiPercent ?? 100) > LEAST_RSSI_PERCENT || (signalDbm ?? -Infinity) > LEAST_SIGNAL_DBM;
  if (isStrong) return;
  throw new BenchError('PLUG_SIGNAL_WEAK', {
    message: `The unit hears its access point with ${rssiPercent} %${signalDbm == null ? '' : `, ${signalDbm} dBm`}: too weak for a transfer that must not break.`,
  });
}

async function untilItHasRunAWhile(
  session: TasmotaSession,
  run: TasmotaRun,
  first: TasmotaStatus,
): Promise<void> {
  let { uptimeSeconds = LEAST_UPTIME_SECONDS } = first;
  while (uptimeSeconds < LEAST_UPTIME_SECONDS) {
    run.progress({
      label: 'it has just started: waiting until it has run for a minute',
      done: uptimeSeconds,
      total: LEAST_UPTIME_SECONDS,
      unit: 'seconds',
    });
    await run.clock.sleep(LOOK_EVERY_MS, run.signal);
    const status = await clientOf(session, run).status();
    await run.identify(identityOf(status));
    uptimeSeconds = status.uptimeSeconds ?? LEAST_UPTIME_SECONDS;
  }
}
