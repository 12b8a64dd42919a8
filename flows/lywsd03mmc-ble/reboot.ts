import { uint8ArrayToHex } from 'uint8array-extras';
import { BenchError, isBenchError } from '../../src/core/errors.ts';
import { verdictFrom, type Verdict } from '../../src/core/outcome.ts';
import { settle, type StepResult } from '../flow.ts';
import { proveByRadio, type AirProof } from '../lywsd03mmc/air-proof.ts';
import { decodeMiBackup, MI_KEYS } from '../lywsd03mmc/mi-backup.ts';
import { isProfile } from '../lywsd03mmc/profile-settings.ts';
import { firmwareText, runningFirmware, type RunningFirmware } from '../lywsd03mmc/running-firmware.ts';
import { finishPvvx } from './finish-pvvx.ts';
import { BIND_KEY_SECRET } from './keep-backup.ts';
import { hear, metUnit, talk, type BleRun, type BleSession } from './session.ts';

/** Listens for the unit and asks it what it runs now: nothing else proves an update over the air. */
export async function reboot(session: BleSession, run: BleRun): Promise<StepResult> {
  const { mac, running } = metUnit(session);
  try {
    return settle(await judge(session, run, mac, running, { setUp: true }));
  } catch (error) {
    // The unit has the image: ABORTED would hide that.
    if (!run.signal.aborted) throw error;
    return settle(unheard('The wait for the new firmware was cancelled.'));
  }
}

/** For a run that ended UNSURE: what ran before is in its backup. */
export async function lookAgain(session: BleSession, run: BleRun): Promise<StepResult> {
  const heard = await hear(session, run, run.plan.listenMs);
  if (heard == null) return settle(unheard());
  const mac = heard.mac ?? heard.address;
  await run.identify({ mac });
  return settle(await judge(session, run, mac, await ranBefore(run, mac), { setUp: false }));
}

async function ranBefore(run: BleRun, mac: string): Promise<RunningFirmware | undefined> {
  const [newest] = await run.backups.ofUnit(mac, MI_KEYS);
  if (newest == null) return undefined;
  try {
    const { firmware } = decodeMiBackup(await run.backups.read(newest), newest.file);
    return firmware as RunningFirmware;
  } catch (error) {
    if (!isBenchError(error, 'BACKUP_DAMAGED', 'FIRMWARE_REFUSED')) throw error;
    return undefined;
  }
}

async function judge(
  session: BleSession,
  run: BleRun,
  mac: string,
  before: RunningFirmware | undefined,
  { setUp }: { readonly setUp: boolean },
): Promise<Verdict> {
  const image = run.plan.image!;
  run.progress({ label: 'listening for the new firmware', done: 0, unit: 'seconds' });
  const proof = await proveByRadio({
    radio: session.radio,
    sightings: session.sightings,
    address: session.address,
    expected: image.runs,
    before,
    context: talk(run),
    limitMs: run.plan.listenMs,
  });
  switch (proof.kind) {
    case 'new':
    case 'alike':
      return answered(session, run, mac, proof, setUp);
    case 'old':
      return cameBack(session, proof.running);
    case 'other':
      return verdictFrom(
        new BenchError('BOOT_OTHER_FIRMWARE', {
          message: `The unit runs ${firmwareText(proof.running)}: neither what was sent (${firmwareText(image.runs)}) nor what ran before.`,
          advice: 'Retry; if it stays so, flash the unit by wire.',
        }),
        { proof: ['heard', 'answered'], next: 'lywsd03mmc-wire' },
      );
    case 'silent':
      return session.sent === 'no-restart'
        ? verdictFrom(new BenchError('OTA_NO_RESTART'))
        : unheard(silence(proof), proof.heard != null);
  }
}

const silence = ({ heard, why }: Extract<AirProof, { kind: 'silent' }>): string | undefined =>
  heard == null
    ? undefined
    : `The image was sent whole, and the unit is heard, but it could not be asked what it runs: ${why ?? ''}`;

const unheard = (message?: string, heard = false): Verdict =>
  verdictFrom(new BenchError('NEW_FIRMWARE_NOT_HEARD', message == null ? {} : { message }), {
    proof: heard ? ['heard'] : [],
  });

function cameBack(session: BleSession, running: RunningFirmware): Verdict {
  if (session.sent === 'no-restart') return verdictFrom(new BenchError('OTA_NO_RESTART'));
  return verdictFrom(
    new BenchError('OLD_FIRMWARE_RETURNED', {
      message: `Uploaded cleanly, and the old firmware came back: it runs ${firmwareText(running)}.`,
      next: 'lywsd03mmc-wire',
    }),
    { proof: ['heard', 'answered'] },
  );
}

async function answered(
  session: BleSession,
  run: BleRun,
  mac: string,
  { kind, connection, peer, heard }: Extract<AirProof, { kind: 'new' | 'alike' }>,
  setUp: boolean,
): Promise<Verdict> {
  session.connection = connection;
  const running = runningFirmware(peer);
  const isPvvx = running.kind === 'pvvx';
  const { profile } = run.plan;
  const finished = setUp && isPvvx ? await finishPvvx(session, run, mac) : undefined;
  if (finished?.bindKey != null) await run.keepSecret(BIND_KEY_SECRET, uint8ArrayToHex(finished.bindKey));
  const name = finished?.name ?? heard.name;
  await run.identify({
    mac,
    firmware: firmwareText(running),
    ...(peer.hardware != null && { hardware: peer.hardware }),
    ...(name != null && { name }),
  });
  const notDone = finished?.notDone ?? (isProfile(profile) ? [profileNotDone(isPvvx)] : []);
  const evidence = `${mac} says ${firmwareText(running)}${peer.hardware == null ? '' : `, hardware ${peer.hardware}`}, heard at ${heard.rssiDbm} dBm${
    finished == null || finished.applied.length === 0 ? '' : `; set: ${finished.applied.join(', ')}`
  }`;
  const facts = { proof: ['heard', 'answered'], evidence, ...(notDone.length > 0 && { notDone }) } as const;
  if (kind === 'alike')
    return verdictFrom(
      new BenchError('FIRMWARE_LOOKS_ALIKE', {
        message: `The image was sent whole and the unit runs ${firmwareText(running)}; what ran before said the same of itself, so nothing tells whether the new one runs.`,
      }),
      facts,
    );
  return {
    outcome: 'PASS',
    message: `The image was sent whole, and the same unit came back with ${firmwareText(running)}.`,
    ...facts,
  };
}

const profileNotDone = (isPvvx: boolean): string =>
  isPvvx
    ? 'settings profile not applied: looking again writes nothing'
    : 'settings profile not applied: only pvvx firmware takes it';
