import { BenchError } from '../../src/core/errors.ts';
import {
  compareVersions,
  ShellyGen1,
  stockVersion,
  type Gen1Status,
} from '../../src/protocols/shelly/index.ts';
import type { ShellyDevice } from './device.ts';
import type { Conversion } from './plan.ts';
import { metUnit, peerOf, type MetUnit, type ShellyRun, type ShellySession } from './session.ts';

/**
 * The oldest stock firmware whose updater is known to take these archives: factory firmware (`0.0.0`, or none at all)
 * has to be updated to current stock first.
 */
const OLDEST: readonly [number, number, number] = [1, 0, 0];
/** Right after its start a unit takes no update, s. */
const MIN_UPTIME_S = 25;
const UPTIME_ASKED_EVERY_MS = 5_000;
/** Below this a transfer gets slow, dBm; the rule of the Tasmota manual for updates over the air. */
const WEAK_DBM = -75;
/** Below this it is likely to break, and a broken second stage is a brick, dBm. */
const TOO_WEAK_DBM = -82;

/** Throws SHELLY_MODEL_DIFFERS: neither the model nor its group of boot configurations is negotiable. */
export function fitsTakeover(device: ShellyDevice, { model }: Conversion, met: MetUnit): void {
  const said = met.answer.model ?? 'a model it does not name';
  if (met.model === undefined)
    throw new BenchError('SHELLY_MODEL_DIFFERS', {
      message: `The unit is a ${said}: no takeover archive for it is known.`,
    });
  if (device.types !== undefined && !device.types.includes(met.model.type))
    throw new BenchError('SHELLY_MODEL_DIFFERS', {
      message: `The unit is a ${met.model.title} (${met.model.type}), no ${device.device}.`,
      advice: 'Use the flow shelly-gen1 with the takeover archive for this model.',
      next: 'shelly-gen1',
    });
  if (met.model.type === model.type) return;
  const group =
    met.model.bootConfigOffset === model.bootConfigOffset
      ? ''
      : ' and keeps its boot configuration elsewhere';
  throw new BenchError('SHELLY_MODEL_DIFFERS', {
    message: `The unit is a ${met.model.title} (${met.model.type})${group}; the archive is for ${model.title} (${model.type}).`,
  });
}

/** Throws PLUG_LOCKED, SHELLY_FIRMWARE_TOO_OLD, SHELLY_BUSY, PLUG_SIGNAL_WEAK. Waits where waiting helps. */
export async function readyForUpdate(session: ShellySession, run: ShellyRun): Promise<void> {
  const { answer } = metUnit(session);
  if (answer.locked === true && run.plan.login === undefined) throw new BenchError('PLUG_LOCKED');
  const version = stockVersion(answer.version ?? '');
  if (version === undefined || compareVersions(version.numbers, OLDEST) < 0)
    throw new BenchError('SHELLY_FIRMWARE_TOO_OLD', {
      message: `${answer.title} is too old for a takeover.`,
    });
  const unit = new ShellyGen1(peerOf(session, run.signal, run.plan.login));
  const { device, mode } = await unit.settings();
  if (device.type === 'SHRGBW2' && mode !== undefined && mode !== 'color')
    throw new BenchError('SHELLY_MODEL_DIFFERS', {
      message: 'The unit is in white mode; the takeover archive is for RGBW2 in colour mode.',
      advice: 'Switch it to colour mode on its page, then retry.',
    });
  const { status: updater } = await unit.ota();
  if (updater === 'updating' || updater === 'pending')
    throw new BenchError('SHELLY_BUSY', { message: `The updater of the unit says "${updater}".` });
  const status = await awaitUptime(unit, run);
  judgeSignal(status, run);
}

async function awaitUptime(unit: ShellyGen1, run: ShellyRun): Promise<Gen1Status> {
  for (;;) {
    const status = await unit.status();
    const { uptime } = status;
    if (uptime === undefined || uptime > MIN_UPTIME_S) return status;
    run.progress({
      label: 'waiting until it has settled',
      done: uptime,
      total: MIN_UPTIME_S,
      unit: 'seconds',
    });
    await run.clock.sleep(UPTIME_ASKED_EVERY_MS, run.signal);
  }
}

function judgeSignal({ wifi_sta: wifi }: Gen1Status, run: ShellyRun): void {
  const rssiDbm = wifi?.rssi;
  // 0 is what a unit says that has not measured yet.
  if (rssiDbm === undefined || rssiDbm === 0) return;
  run.vitals({ rssiDbm });
  if (rssiDbm < TOO_WEAK_DBM)
    throw new BenchError('PLUG_SIGNAL_WEAK', {
      message: `The unit hears its Wi-Fi at ${rssiDbm} dBm: a transfer may break, and a broken second stage is a brick.`,
    });
  if (rssiDbm < WEAK_DBM)
    run.warn(`The unit hears its Wi-Fi at ${rssiDbm} dBm: weak, the transfer may be slow.`);
}

/** Both stages come from this computer: one that goes down in the second may take the unit with it. */
export async function warnOfBattery(run: ShellyRun): Promise<void> {
  if ((await run.onBattery()) === true)
    run.warn('This computer runs on its battery: plug it in before units fetch from it.');
}
