import { BenchError, isBenchError } from '../../src/core/errors.ts';
import { LYWSD03MMC } from '../../src/firmware/telink-models.ts';
import {
  adapterRefusal,
  adapterWarnings,
  type FlashIdentity,
  type FullWire,
} from '../../src/protocols/telink/sws/index.ts';
import { done, type StepResult } from '../flow.ts';
import { Ear, openEarIfThereIsOne } from '../lywsd03mmc/ear.ts';
import { callBlindly, catchChip } from './activation.ts';
import { judgeModel, readRunningFirmware } from './flash-identity.ts';
import { fullWire, type WireRun, type WireSession } from './session.ts';
import { listenBefore } from './tx-only-proof.ts';
import { readArea, readUniqueAreas, unitOf } from './unique-areas.ts';

const MAC_AREA = LYWSD03MMC.unique.find(({ id }) => id === 'mac')!;

/** Catches the chip, says who the unit is, refuses what this flow cannot write safely. Writes nothing. */
export async function detect(session: WireSession, run: WireRun): Promise<StepResult> {
  judgeAdapter(session, run);
  await openEar(session, run);
  const { wire } = session;
  if (wire.ability === 'tx-only') {
    if (session.caught) return done;
    await listenBefore(run, session.ear!.startedAtMs);
    await callBlindly(session, wire, run);
    return done;
  }
  await echoTest(wire, run);
  await contact(session, run);
  return sameUnit(session, run, () => detectUnit(session, wire, run));
}

function judgeAdapter({ port }: WireSession, run: WireRun): void {
  const { ability } = run.plan.options;
  const refusal = adapterRefusal(port.adapter, ability);
  if (refusal != null) throw new BenchError('ADAPTER_UNFIT', { message: refusal });
  const general = new Set(adapterWarnings(undefined, ability, process.platform));
  for (const text of adapterWarnings(port.adapter, ability, process.platform))
    if (!general.has(text)) run.warn(text);
}

/** Everything a later step needs is in hand before the first write: TX only is nothing without a radio. */
async function openEar(session: WireSession, run: WireRun): Promise<void> {
  const { radio, ability } = run.plan.options;
  if (session.ear != null || radio === 'no' || run.plan.task === 'backup') return;
  if (radio === 'yes' || ability === 'tx-only') {
    session.ear = await Ear.open(run);
    return;
  }
  // Asked once a session: a computer without Bluetooth takes seconds to say so.
  if (session.noRadioBecause != null) return;
  const ear = await openEarIfThereIsOne(run);
  if (typeof ear !== 'string') session.ear = ear;
  else {
    session.noRadioBecause = ear;
    run.log('warn', `no proof by radio: ${ear}`);
  }
}

async function echoTest(wire: FullWire, run: WireRun): Promise<void> {
  try {
    await wire.checkEcho();
    run.log('info', `echo test: everything sent came back, at ${wire.baudRate} baud`);
  } catch (error) {
    // The firmware that runs may drive the pin; whether that was it shows when its chip is restarted.
    if (!isBenchError(error, 'ECHO_GARBLED')) throw error;
    run.log('warn', `echo test: ${error.message}`);
  }
}

/** A new contact: the chip is caught and says who it is. Throws UNIT_SWAPPED where the run began with another one. */
export async function contact(session: WireSession, run: WireRun): Promise<void> {
  const wire = fullWire(session);
  const chip = await catchChip(session, wire, run);
  await run.identify({ chip: chip.description });
  const flash = await wire.readFlashId();
  const { mac } = unitOf([await readArea(wire, MAC_AREA, run.signal)]);
  await run.identify({ ...(mac != null && { mac }), flashId: flash.id, flashSizeBytes: flash.sizeBytes });
  session.flashId = flash;
  run.log('info', `${chip.description}, flash ${flash.id}, ${wire.baudRate} baud`);
}

/** Before the first write a chip that fell silent is met anew, and says again who it is. */
export async function sameUnit<T>(session: WireSession, run: WireRun, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    // A chip that was taken away in the middle of an answer leaves a damaged one.
    if (!isBenchError(error, 'SWS_NO_ANSWER', 'SWS_READ_UNRELIABLE')) throw error;
    run.log('warn', `the contact broke: ${error.message}`);
    session.caught = false;
    await contact(session, run);
    return work();
  }
}

async function detectUnit(session: WireSession, wire: FullWire, run: WireRun): Promise<StepResult> {
  refuseFlash(session.flashId!);
  const areas = await readUniqueAreas(wire, run.signal);
  const unit = unitOf(areas);
  const runs = await readRunningFirmware(wire, run.signal);
  await run.identify({
    ...(unit.mac != null && { mac: unit.mac }),
    ...(unit.revision != null && { hardware: unit.revision }),
    ...(runs.text != null && { firmware: runs.text }),
  });
  const evidence = judgeModel(unit.hardware, runs);
  if (evidence == null)
    run.warn(`Nothing in its flash says which model this is; taken for a ${LYWSD03MMC.model}.`);
  if (unit.mac == null)
    run.warn('Its MAC area is erased: it will make up a MAC of its own, and cannot be told on the radio.');
  const { onlyForRevision, title } = run.plan.image ?? {};
  if (onlyForRevision != null && unit.revision != null && unit.revision !== onlyForRevision)
    run.warn(`${title} drives the display of a ${onlyForRevision} only; this is a ${unit.revision}.`);
  session.unit = { ...unit, areas };
  sayVitals(session, run, unit.mac);
  return done;
}

function refuseFlash({ id, sizeBytes }: FlashIdentity): void {
  if (sizeBytes === 0 || sizeBytes >= LYWSD03MMC.flashSizeBytes) return;
  throw new BenchError('FIRMWARE_DOES_NOT_FIT_UNIT', {
    message: `The flash ${id} has ${sizeBytes / 1024} KiB; that of a ${LYWSD03MMC.model} has 512 KiB.`,
    advice: 'Take this unit out; it is left as it is.',
  });
}

/** What the air has said of it before its chip was stopped. */
export function sayVitals({ ear }: WireSession, run: WireRun, mac: string | undefined): void {
  const heard = mac == null ? undefined : ear?.sightings.unit(mac);
  if (heard == null) return;
  run.vitals({
    rssiDbm: heard.rssiDbm,
    ...(heard.batteryPercent != null && { batteryPercent: heard.batteryPercent }),
  });
}
