import { isBenchError } from '../../core/errors.ts';
import { findCharacteristic, type GattConnection } from '../../drivers/ble/radio.ts';
import type { TalkContext } from '../ble/context.ts';
import { Inbox } from '../ble/inbox.ts';

const LEVEL = { service: '180f', characteristic: '2a19' } as const;
/** Stock: `s16 temperature/100, u8 humidity, u16 mV`, notified with each measurement. */
const MEASUREMENT = {
  service: 'ebe0ccb07a0a4b0c8a1a6ff2997da3a6',
  characteristic: 'ebe0ccc17a0a4b0c8a1a6ff2997da3a6',
} as const;
const MEASUREMENT_BYTES = 5;
/** Stock measures every few seconds; ours, ms. */
const MEASUREMENT_LIMIT_MS = 15_000;

/** What the firmwares call an empty and a full CR2032, mV. */
const EMPTY_MV = 2_200;
const FULL_MV = 3_100;

export interface BatteryState {
  readonly percent: number;
  readonly mv?: number;
}

export function percentOfMv(mv: number): number {
  const share = (mv - EMPTY_MV) / (FULL_MV - EMPTY_MV);
  return Math.round(Math.min(Math.max(share, 0), 1) * 100);
}

/** Asks the unit over its connection. Undefined where it does not say. */
export async function readBattery(
  connection: GattConnection,
  context: TalkContext,
): Promise<BatteryState | undefined> {
  const measured = findCharacteristic(connection, MEASUREMENT);
  if (measured?.canNotify === true) return readMeasurement(connection, context);
  if (findCharacteristic(connection, LEVEL)?.canRead !== true) return undefined;
  try {
    const level = (await connection.read(LEVEL))[0];
    return level == null ? undefined : { percent: Math.min(level, 100) };
  } catch (error) {
    if (isBenchError(error, 'BLE_NO_ANSWER')) return undefined;
    throw error;
  }
}

async function readMeasurement(
  connection: GattConnection,
  { clock, signal }: TalkContext,
): Promise<BatteryState | undefined> {
  const inbox = new Inbox<Uint8Array>(clock, signal);
  const stopListening = connection.onLost((error) => inbox.fail(error));
  const unsubscribe = await connection.subscribe(MEASUREMENT, (bytes) => {
    if (bytes.length >= MEASUREMENT_BYTES) inbox.push(bytes);
  });
  try {
    const bytes = await inbox.next(MEASUREMENT_LIMIT_MS);
    if (bytes == null) return undefined;
    const mv = new DataView(bytes.buffer, bytes.byteOffset, bytes.length).getUint16(3, true);
    return { percent: percentOfMv(mv), mv };
  } finally {
    stopListening();
    await unsubscribe();
  }
}
