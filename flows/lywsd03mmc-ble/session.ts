import { BenchError, isBenchError } from '../../src/core/errors.ts';
import type { BleRadio, GattConnection } from '../../src/drivers/ble/radio.ts';
import { awaitUnit, Sightings, type HeardUnit } from '../../src/protocols/adverts/index.ts';
import type { TalkContext } from '../../src/protocols/ble/context.ts';
import type { PvvxIdentity } from '../../src/protocols/pvvx/index.ts';
import type { PeerIdentity } from '../../src/protocols/thermometer/index.ts';
import type { RadioLink, RunContext } from '../flow.ts';
import type { MiBackup } from '../lywsd03mmc/mi-backup.ts';
import type { RunningFirmware } from '../lywsd03mmc/running-firmware.ts';
import type { BlePlan } from './plan.ts';
import type { KnownKeys } from './tokens.ts';

export type BleRun = RunContext<BlePlan>;

/** A unit as it was met before anything was done to it. */
export interface MetUnit {
  readonly mac: string;
  readonly heard: HeardUnit;
  readonly peer: PeerIdentity;
  readonly running: RunningFirmware;
  readonly batteryPercent: number | undefined;
  /** Where pvvx firmware runs. */
  readonly pvvx: PvvxIdentity | undefined;
}

/** The radio, and the unit at the other end of it. */
export interface BleSession {
  readonly link: RadioLink;
  readonly radio: Pick<BleRadio, 'listen' | 'connect'>;
  readonly sightings: Sightings;
  /** Of the link: how the unit is named there. */
  readonly wanted: string;
  /** What the radio connects to, once the unit was heard. */
  address: string;
  /** It was heard since the last connection to it began. */
  isHeard: boolean;
  connection: GattConnection | undefined;
  /** The connection over which the unit takes an update: logged in or activated. */
  granted: GattConnection | undefined;
  met: MetUnit | undefined;
  /** What has to come before the update. */
  access: 'none' | 'login' | 'activation';
  /** The operator accepted that whoever has the unit loses it. */
  rebind: boolean;
  keys: KnownKeys | undefined;
  /** Of a restore: what is written back. */
  restores: MiBackup | undefined;
  /** The image has gone out whole; `no-restart`: and the unit kept the link. */
  sent: 'no' | 'whole' | 'no-restart';
}

export async function openSession(run: BleRun): Promise<BleSession> {
  const link = await run.openRadio();
  const { address, radio } = link;
  if (address == null) {
    await link.close();
    throw new BenchError('BLE_CONNECT_FAILED', { message: 'There is no unit with a radio in this place.' });
  }
  const session: BleSession = {
    link,
    // Whatever else is on the air is none of this run's business: a tray is many runs that hear all of it.
    radio: {
      listen: (listener) => radio.listen((heard) => concerns(session, heard) && listener(heard)),
      connect: (peer, options) => radio.connect(peer, options),
    },
    sightings: new Sightings(),
    wanted: address,
    address,
    isHeard: false,
    connection: undefined,
    granted: undefined,
    met: undefined,
    access: 'none',
    rebind: false,
    keys: undefined,
    restores: undefined,
    sent: 'no',
  };
  return session;
}

const concerns = (
  session: BleSession,
  heard: { readonly address: string; readonly addressIsMac: boolean },
): boolean => heard.address === session.address || !heard.addressIsMac;

export async function closeSession(session: BleSession): Promise<void> {
  await hangUp(session);
  await session.link.close();
}

/** Ends the connection, if there is one. Never throws. */
export async function hangUp(session: BleSession): Promise<void> {
  const { connection } = session;
  session.connection = undefined;
  session.granted = undefined;
  await connection?.disconnect();
}

export const talk = ({ clock, signal, log }: BleRun): TalkContext => ({ clock, signal, log });

const VITALS_EVERY_MS = 1_000;

/** Waits until the unit is heard and fits, its battery and signal shown meanwhile. Undefined after the limit. */
export async function hear(
  session: BleSession,
  run: BleRun,
  limitMs: number,
  fits: (unit: HeardUnit) => boolean = () => true,
): Promise<HeardUnit | undefined> {
  const { radio, sightings, wanted } = session;
  let shownMs = -Infinity;
  const isIt = (unit: HeardUnit) => {
    if (unit.address !== wanted && unit.mac !== wanted) return false;
    if (unit.heardAtMs - shownMs >= VITALS_EVERY_MS) {
      shownMs = unit.heardAtMs;
      const { rssiDbm, batteryPercent } = unit;
      run.vitals({ rssiDbm, ...(batteryPercent != null && { batteryPercent }) });
    }
    return fits(unit);
  };
  const heard = await awaitUnit(radio, sightings, isIt, { clock: run.clock, signal: run.signal, limitMs });
  if (heard == null) return undefined;
  session.address = heard.address;
  session.isHeard = true;
  return heard;
}

/** The connection that is open, or a new one. */
export async function connected(session: BleSession, run: BleRun): Promise<GattConnection> {
  if (session.connection != null && session.connection.lostBecause == null) return session.connection;
  await hangUp(session);
  // A unit that is not there must not hold one of the few connections while it is waited for.
  if (!session.isHeard) await heardAgain(session, run);
  run.progress({ label: 'waiting for a connection', done: 0, unit: 'tries' });
  session.connection = await session.radio.connect(session.address, {
    signal: run.signal,
    log: run.log,
    // Who is in the middle of it goes before those that have not begun.
    soon: session.met != null,
  });
  session.isHeard = false;
  return session.connection;
}

/** Throws BLE_CONNECT_FAILED. */
export async function heardAgain(session: BleSession, run: BleRun): Promise<HeardUnit> {
  const { listenMs } = run.plan;
  const heard = await hear(session, run, listenMs);
  if (heard != null) return heard;
  throw new BenchError('BLE_CONNECT_FAILED', {
    message: `${session.wanted} was not heard by Bluetooth in ${Math.round(listenMs / 1000)} s.`,
    advice: 'See that it has power (battery tab pulled out?) and bring it nearer; then retry.',
  });
}

const TRIES = 3;

/** Does work over a connection, with a fresh one where the link broke or fell silent. */
export async function withFreshTries<T>(
  session: BleSession,
  run: BleRun,
  work: (connection: GattConnection) => Promise<T>,
): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await work(await connected(session, run));
    } catch (error) {
      await hangUp(session);
      if (!isLinkTrouble(error) || tries === TRIES) throw error;
      run.log('warn', `Try ${tries} of ${TRIES}: ${error.message}`);
    }
  }
}

/** What a fresh connection may cure. */
export const isLinkTrouble = (error: unknown): error is BenchError =>
  isBenchError(error, 'BLE_LINK_LOST', 'BLE_NO_ANSWER', 'MI_NO_ANSWER', 'MI_FRAMES_LOST', 'PVVX_NO_ANSWER');

/** The unit that detect has met. */
export function metUnit({ met }: BleSession): MetUnit {
  if (met == null) throw new Error('the unit has not been met');
  return met;
}
