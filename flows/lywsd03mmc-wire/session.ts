import type { SerialPort } from '../../src/drivers/serial/port.ts';
import type { TelinkFacts } from '../../src/firmware/inspect.ts';
import { telinkFirmwareText } from '../../src/firmware/telink-image.ts';
import type { HeldArea } from '../../src/firmware/telink-unique-areas.ts';
import type { TelinkUnit } from '../../src/firmware/telink-unit.ts';
import {
  type FlashIdentity,
  type FlashRegion,
  FullWire,
  TxOnlyWire,
} from '../../src/protocols/telink/sws/index.ts';
import type { RunContext } from '../flow.ts';
import { airIdentityOf, type AirIdentity } from '../lywsd03mmc/air-identity.ts';
import type { Ear } from '../lywsd03mmc/ear.ts';
import type { WirePlan } from './plan.ts';

export type WireRun = RunContext<WirePlan>;

/** One open link, and the unit that is on it now. */
export interface WireSession {
  readonly port: SerialPort;
  readonly wire: FullWire | TxOnlyWire;
  /** Open from the first detect to the end of the session: what was on the air before is a part of the proof. */
  ear: Ear | undefined;
  /** Why there is no ear, where one was tried. */
  noRadioBecause: string | undefined;
  /** The chip was stopped by us and has not been started again. */
  caught: boolean;
  /** TX only: when the last activation ended, monotonic ms. */
  calledAtMs: number;
  /** A write has begun and is not complete: what lies in flash would not run. */
  halfWritten: boolean;
  flashId: FlashIdentity | undefined;
  unit: FoundUnit | undefined;
  /** MAC of the unit that was settled last: in a jig it may still be there. */
  settledMac: string | undefined;
  /** How many questions "next one is in" were asked: each is a question of its own. */
  nextAsked: number;
  target: Target | undefined;
}

/** What flash says of the unit; full only. */
export interface FoundUnit extends TelinkUnit {
  /** What is unique to it; two reads of each agreed. */
  readonly areas: readonly HeldArea[];
}

/** What the unit is to hold after the run, and what is known of it so far. */
export interface Target {
  readonly regions: readonly FlashRegion[];
  /** Sectors with what is unique to this very unit, from its own backup; written and compared whole, and last. */
  readonly ownUnique: readonly FlashRegion[];
  readonly airIdentity: AirIdentity | undefined;
  /** What the unit runs once this is proved; undefined where its firmware stays as it is. */
  readonly firmware: string | undefined;
  /** Flash held all of it before: nothing is written. */
  current: boolean;
  /** `whole`: every byte of what was written was read back. */
  readBack: 'no' | 'samples' | 'whole';
  flashes: number;
}

export const newTarget = (
  regions: readonly FlashRegion[],
  telink: TelinkFacts | undefined,
  ownUnique: readonly FlashRegion[] = [],
): Target => ({
  regions,
  ownUnique,
  airIdentity: telink && airIdentityOf(telink),
  firmware: telink && telinkFirmwareText(telink),
  current: false,
  readBack: 'no',
  flashes: 0,
});

export async function openSession(run: WireRun): Promise<WireSession> {
  const { ability, baudRates } = run.plan.options;
  const port = await run.openSerial(baudRates[0]!);
  try {
    const options = { clock: run.clock, log: run.log, baudRates };
    const wire =
      ability === 'full' ? await FullWire.open(port, options) : await TxOnlyWire.open(port, options);
    return {
      port,
      wire,
      ear: undefined,
      noRadioBecause: undefined,
      caught: false,
      calledAtMs: 0,
      halfWritten: false,
      flashId: undefined,
      unit: undefined,
      settledMac: undefined,
      nextAsked: 0,
      target: undefined,
    };
  } catch (error) {
    await port.close();
    throw error;
  }
}

/** Forgets the unit; port and ear stay for the next one. */
export function forgetUnit(session: WireSession): void {
  session.settledMac = session.unit?.mac ?? session.settledMac;
  session.unit = undefined;
  session.target = undefined;
  session.halfWritten = false;
}

/**
 * A unit that was only looked at is started again. One that is half written stays stopped: so it can be flashed anew
 * without anybody's hands.
 */
export async function closeSession(session: WireSession): Promise<void> {
  if (session.caught && !session.halfWritten) await session.wire.reset().catch(() => undefined);
  session.caught = false;
  session.wire.close();
  await session.ear?.close();
  session.ear = undefined;
  await session.port.close();
}

/** The wire of a session that hears. */
export function fullWire({ wire }: WireSession): FullWire {
  if (wire.ability !== 'full') throw new Error('this wire only sends');
  return wire;
}

export function foundUnit({ unit }: WireSession): FoundUnit {
  if (unit == null) throw new Error('the unit has not been detected');
  return unit;
}

export function targetOf({ target }: WireSession): Target {
  if (target == null) throw new Error('nothing has been planned for this unit');
  return target;
}
