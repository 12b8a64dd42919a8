import { BenchError, isBenchError } from '../../src/core/errors.ts';
import { last6 } from '../../src/core/identity.ts';
import type { HeardUnit } from '../../src/protocols/adverts/index.ts';
import { PROFILES, readBattery } from '../../src/protocols/thermometer/index.ts';
import { cellPage } from '../lywsd03mmc/cell-page.ts';
import { connected, hangUp, hear, metUnit, talk, type BleRun, type BleSession } from './session.ts';

/**
 * Stock firmware does not advertise its battery: it has to be asked now and then, ms. Each time costs a weak cell
 * about what a minute of its own work does.
 */
const ASK_EVERY_MS = 20_000;
/** A unit that is heard again after so long a silence had its cell out, ms: three advertisements of stock firmware. */
const SILENCE_MS = 6_500;
/** How often it is asked where the act has just been performed and the answer is due. */
const ASKS_IN_LIMIT = 4;

const [{ minBatteryPercent } = { minBatteryPercent: 40 }] = PROFILES;

/**
 * Waits until the unit is heard with a cell that carries an update, and holds no connection while it waits. Throws
 * OPERATOR_NEEDED, and BATTERY_LOW where the cell was changed and is low all the same.
 */
export async function changeCell(session: BleSession, run: BleRun, percent: number): Promise<void> {
  await hangUp(session);
  const prompt = run.operator.act({
    act: 'change-cell',
    title: `Put a fresh CR2032 into ${last6(metUnit(session).mac)} (it has ${percent} %)`,
    wiringPage: cellPage.id,
  });
  const { limitMs } = prompt;
  const startedMs = run.clock.monotonicMs();
  const askEveryMs = limitMs == null ? ASK_EVERY_MS : limitMs / ASKS_IN_LIMIT;
  let known = percent;
  let heardMs = startedMs;
  const isNews = (unit: HeardUnit) => {
    const silentMs = unit.heardAtMs - heardMs;
    heardMs = unit.heardAtMs;
    return isGood(unit) || silentMs >= SILENCE_MS;
  };
  for (;;) {
    const heard = await hear(session, run, askEveryMs, isNews);
    known = heard?.batteryPercent ?? (await askBattery(session, run)) ?? known;
    if (known >= minBatteryPercent) break;
    prompt.update(`the cell still has ${known} %`);
    if (limitMs != null && run.clock.monotonicMs() - startedMs > limitMs)
      throw new BenchError('BATTERY_LOW', {
        message: `The cell still has ${known} %; an update over the air needs ${minBatteryPercent} %.`,
      });
  }
  prompt.done(`The cell is good: ${known} %.`);
}

const isGood = ({ batteryPercent }: { readonly batteryPercent?: number }): boolean =>
  batteryPercent != null && batteryPercent >= minBatteryPercent;

/** Over a connection of its own, where the air does not tell. Undefined when it could not be asked. */
async function askBattery(session: BleSession, run: BleRun): Promise<number | undefined> {
  if (session.sightings.unit(session.address)?.batteryPercent != null) return undefined;
  try {
    const battery = await readBattery(await connected(session, run), talk(run));
    if (battery != null) run.vitals({ batteryPercent: battery.percent });
    return battery?.percent;
  } catch (error) {
    if (!isBenchError(error, 'BLE_CONNECT_FAILED', 'BLE_LINK_LOST', 'BLE_NO_ANSWER')) throw error;
    return undefined;
  } finally {
    await hangUp(session);
  }
}
