import { areUint8ArraysEqual } from 'uint8array-extras';
import { isBenchError } from '../../src/core/errors.ts';
import type { GattConnection } from '../../src/drivers/ble/radio.ts';
import type { TalkContext } from '../../src/protocols/ble/context.ts';
import {
  applyProfile,
  PvvxClient,
  type MiKeyDump,
  type PvvxProfile,
} from '../../src/protocols/pvvx/index.ts';
import type { ProfileOptions } from './profile-settings.ts';
import { fillName } from '../fill-name.ts';

export interface PvvxSetUp {
  readonly profile: ProfileOptions;
  readonly mac: string;
  /** Of the run: what the name may hold. */
  readonly number: number;
  /** Of the Mi keys, where they are known. */
  readonly miBindKey: Uint8Array | undefined;
}

/** What a unit with pvvx firmware holds after it was set up. */
export interface PvvxState {
  /** In the operator's words: `settings`, `clock`. */
  readonly applied: readonly string[];
  readonly name: string;
  /** That of its own encryption. */
  readonly bindKey: Uint8Array | undefined;
  readonly keys: MiKeyDump;
}

/** Applies the profile over an open connection, then reads what the record is to know of the unit. */
export async function setUpPvvx(
  connection: GattConnection,
  context: TalkContext,
  { profile, mac, number, miBindKey }: PvvxSetUp,
): Promise<PvvxState> {
  const client = await PvvxClient.open(connection, context);
  try {
    const keys = await client.dumpMiKeys();
    const bindKeyOfMi = profile.miBindKey ? (keys.bindKey ?? miBindKey) : undefined;
    const wanted: PvvxProfile = {
      config: profile.config,
      ...(profile.comfort != null && { comfort: profile.comfort }),
      ...(bindKeyOfMi != null && { bindKey: bindKeyOfMi }),
      ...(profile.clock && { localEpochSeconds: () => localEpochSeconds(context.clock.now()) }),
      ...(profile.name != null && { name: fillName(profile.name, { number, mac }) }),
    };
    const applied = await applyProfile(client, wanted);
    const bindKey = await client.bindKey();
    return { applied, name: await client.name(), bindKey, keys };
  } finally {
    await client.close();
  }
}

/** Errors of a set-up that a fresh connection may cure. */
export const isSetUpError = (error: unknown): error is Error =>
  isBenchError(
    error,
    'BLE_LINK_LOST',
    'BLE_NO_ANSWER',
    'BLE_CONNECT_FAILED',
    'PVVX_NO_ANSWER',
    'PVVX_NOT_TAKEN',
    'PVVX_PACKET_TOO_LONG',
    'GATT_SERVICE_MISSING',
  );

export const isSameKey = (one: Uint8Array | undefined, other: Uint8Array | undefined): boolean =>
  one != null && other != null && areUint8ArraysEqual(one, other);

/** The firmware shows what it is given: the time of the place this computer is in. */
const localEpochSeconds = (nowMs: number): number =>
  Math.floor(nowMs / 1000) - new Date(nowMs).getTimezoneOffset() * 60;
