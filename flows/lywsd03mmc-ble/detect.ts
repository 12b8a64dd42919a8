import { BenchError } from '../../src/core/errors.ts';
import type { GattConnection } from '../../src/drivers/ble/radio.ts';
import { describeUnit, type HeardUnit } from '../../src/protocols/adverts/index.ts';
import { PvvxClient, type PvvxIdentity } from '../../src/protocols/pvvx/index.ts';
import { judgeUnit, readBattery, readPeer, verdictError } from '../../src/protocols/thermometer/index.ts';
import { done, type StepResult } from '../flow.ts';
import { MODEL } from '../lywsd03mmc/image.ts';
import { firmwareText, runningFirmware, runsAs } from '../lywsd03mmc/running-firmware.ts';
import { changeCell } from './change-cell.ts';
import { acceptRebind } from './rebind.ts';
import { heardAgain, talk, withFreshTries, type BleRun, type BleSession, type MetUnit } from './session.ts';
import { knownKeys } from './tokens.ts';

/** Hears and asks the unit who it is and what it runs, and judges what can be done with it. Writes nothing. */
export async function detect(session: BleSession, run: BleRun): Promise<StepResult> {
  for (;;) {
    const met = await meet(session, run);
    session.met = met;
    if (run.plan.task === 'backup') return done;
    if (run.plan.task === 'restore') {
      if (met.running.kind !== 'pvvx')
        throw new BenchError('MI_KEYS_NOT_WRITABLE', { next: 'lywsd03mmc-wire' });
      return done;
    }
    const verdict = judgeUnit({
      ...(met.heard.model != null && { model: met.heard.model }),
      kind: met.peer.kind,
      ...(met.peer.version != null && { version: met.peer.version }),
      ...(met.peer.hardware != null && { hardware: met.peer.hardware }),
      ...(met.pvvx != null && { pvvxHardwareId: met.pvvx.hardwareId }),
      ...(met.batteryPercent != null && { batteryPercent: met.batteryPercent }),
      ...(met.heard.bound != null && { bound: met.heard.bound }),
      hasToken: (await knownKeys(run, met.mac)).length > 0,
    });
    run.log('info', verdict.text);
    if (verdict.kind === 'battery-low') {
      await changeCell(session, run, verdict.percent);
      continue;
    }
    const refusal = verdict.kind === 'needs-token' ? undefined : verdictError(verdict);
    if (refusal != null) throw refusal;
    refuseImage(run, met);
    if (verdict.kind === 'needs-token') {
      await acceptRebind(session, run);
      session.access = 'activation';
      return done;
    }
    if (verdict.kind === 'can-be-flashed') session.access = verdict.access;
    warnOfAlike(run, met);
    return done;
  }
}

async function meet(session: BleSession, run: BleRun): Promise<MetUnit> {
  run.progress({ label: 'listening for the unit', done: 0, unit: 'seconds' });
  const heard = await heardAgain(session, run);
  run.log('info', `heard: ${describeUnit(heard)}`);
  return withFreshTries(session, run, (connection) => ask(run, connection, heard));
}

async function ask(run: BleRun, connection: GattConnection, heard: HeardUnit): Promise<MetUnit> {
  run.progress({ label: 'asking the unit what it is', done: 0, unit: 'tries' });
  const peer = await readPeer(connection);
  const running = runningFirmware(peer);
  const mac = heard.mac ?? heard.address;
  const pvvx = peer.kind === 'pvvx' ? await askPvvx(run, connection, mac) : undefined;
  const battery = await readBattery(connection, talk(run));
  const batteryPercent = battery?.percent ?? heard.batteryPercent;
  run.vitals({ rssiDbm: heard.rssiDbm, ...(batteryPercent != null && { batteryPercent }) });
  await run.identify({
    mac,
    firmware: firmwareText(running),
    ...(peer.hardware != null && { hardware: peer.hardware }),
    ...(heard.name != null && { name: heard.name }),
  });
  return { mac, heard, peer, running, batteryPercent, pvvx };
}

async function askPvvx(run: BleRun, connection: GattConnection, mac: string): Promise<PvvxIdentity> {
  const client = await PvvxClient.open(connection, talk(run));
  try {
    refuseOtherMac(await client.mac(), mac);
    return await client.identity();
  } finally {
    await client.close();
  }
}

/** Throws MAC_DIFFERS: its records would be those of another unit from the next restart on. */
export function refuseOtherMac(said: string, reachedBy: string): void {
  if (said === reachedBy) return;
  throw new BenchError('MAC_DIFFERS', {
    message: `The unit was reached as ${reachedBy} and says that its MAC is ${said}.`,
    detail: { said, reachedBy },
  });
}

/** Throws FIRMWARE_DOES_NOT_FIT_UNIT for a sibling; which of them have a profile is judged besides. */
function refuseImage({ plan }: BleRun, { heard, mac }: MetUnit): void {
  if (plan.image == null || heard.model == null || heard.model === MODEL) return;
  throw new BenchError('FIRMWARE_DOES_NOT_FIT_UNIT', {
    message: `${mac} is a ${heard.model}; the image is made for a ${MODEL}.`,
  });
}

function warnOfAlike(run: BleRun, { running }: MetUnit): void {
  const { image } = run.plan;
  if (image != null && runsAs(image.runs, running))
    run.warn(
      `It says that it runs ${firmwareText(running)} already, and the image says no more of itself: afterwards nothing will tell the two apart.`,
    );
}
