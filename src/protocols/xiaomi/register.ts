import { randomBytes } from 'node:crypto';
import { BenchError, isBenchError } from '../../core/errors.ts';
import type { GattConnection } from '../../drivers/ble/radio.ts';
import type { TalkContext } from '../ble/context.ts';
import { ControlAnswer, MiChannel } from './channel.ts';
import { miBadMessage, needsCloudKeys } from './errors.ts';
import {
  ID_BYTES,
  inventId,
  keyPair,
  PUBLIC_KEY_BYTES,
  setupKeys,
  type KeyPair,
  type MiKeys,
  type RandomSource,
  type SetupKeys,
} from './keys.ts';
import { ANSWER, PARCEL, REQUEST } from './opcodes.ts';
import { MI_TIMEOUT } from './timeouts.ts';

export interface RegisterOptions {
  /**
   * Called with the new keys before the unit is told to use them. They must be on disk when it resolves: from then on
   * the old ones may be void, and nothing but these opens the unit again.
   */
  readonly beforeVerify: (keys: MiKeys) => Promise<void>;
  /** The operator accepted by name that whoever holds the unit now loses it. Otherwise MI_ALREADY_BOUND. */
  readonly rebind?: boolean;
  /** Firmware of the unit where it is known: one that needs cloud keys then is named when it falls silent. */
  readonly firmware?: string;
  readonly random?: RandomSource;
  readonly keyPair?: KeyPair;
}

export interface DeviceInfo {
  /** Undefined for a unit that was never bound. */
  readonly id: Uint8Array | undefined;
  /** It says of itself that it has been bound. */
  readonly bound: boolean;
}

const INFO_HEADER_BYTES = 4;
const HAS_BEEN_BOUND = 2;
/** Firmware that takes signed keys from the cloud only. */
const CLOUD_FIRMWARE = /^2\./;

/**
 * Registers ("activates") a unit: it gets new keys and forgets its old ones. The connection may be used for an update
 * afterwards. Throws MI_ALREADY_BOUND, MI_NEEDS_CLOUD_KEYS, MI_REGISTER_REFUSED, and
 * MI_VERIFY_UNANSWERED when it is not known whether the new keys are in force: login with them tells.
 */
export async function register(
  connection: GattConnection,
  context: TalkContext,
  options: RegisterOptions,
): Promise<MiKeys> {
  const channel = await MiChannel.open(connection, context);
  try {
    return await exchange(channel, context, options);
  } catch (error) {
    throw explained(error, options.firmware);
  } finally {
    await channel.close();
  }
}

async function exchange(channel: MiChannel, context: TalkContext, options: RegisterOptions): Promise<MiKeys> {
  const random = options.random ?? randomBytes;
  const ours = options.keyPair ?? keyPair();
  const info = await readDeviceInfo(channel);
  if (info.bound && options.rebind !== true) throw new BenchError('MI_ALREADY_BOUND');

  await context.clock.sleep(MI_TIMEOUT.beforeRegistration, context.signal);
  await channel.request(REQUEST.register);
  await channel.sendParcel(PARCEL.publicKey, ours.publicKey);
  const theirs = await channel.receiveParcel(PARCEL.publicKey, MI_TIMEOUT.computed);
  const id = info.id ?? inventId(random);
  const made = deriveKeys(ours, theirs.payload, id);
  await channel.sendParcel(PARCEL.deviceId, made.sealedId);

  const keys: MiKeys = { id, token: made.token, bindKey: made.bindKey };
  await options.beforeVerify(keys);
  await verify(channel);
  return keys;
}

async function readDeviceInfo(channel: MiChannel): Promise<DeviceInfo> {
  await channel.request(REQUEST.deviceInfo);
  const { payload } = await channel.receiveParcel(PARCEL.deviceId);
  if (payload.length < INFO_HEADER_BYTES) throw miBadMessage(`device info of ${payload.length} bytes`);
  const id = payload.slice(INFO_HEADER_BYTES, INFO_HEADER_BYTES + ID_BYTES);
  const hasId = id.length === ID_BYTES && id.some((byte) => byte !== 0 && byte !== 0xff);
  return { id: hasId ? id : undefined, bound: payload[0] === HAS_BEEN_BOUND };
}

function deriveKeys(ours: KeyPair, theirPublicKey: Uint8Array, id: Uint8Array): SetupKeys {
  if (theirPublicKey.length !== PUBLIC_KEY_BYTES)
    throw miBadMessage(`a public key of ${theirPublicKey.length} bytes`);
  try {
    return setupKeys(ours.sharedSecret(theirPublicKey), id);
  } catch (error) {
    throw miBadMessage('a public key that is no point of the curve', error);
  }
}

async function verify(channel: MiChannel): Promise<void> {
  let answer: number;
  try {
    await channel.request(REQUEST.verify);
    answer = await channel.answer('the end of the registration', MI_TIMEOUT.computed);
  } catch (error) {
    throw isBenchError(error, 'ABORTED') ? error : new BenchError('MI_VERIFY_UNANSWERED', { cause: error });
  }
  // 13 is the answer of firmware that confirms the key rather than the registration.
  if (answer === ANSWER.registered || answer === ANSWER.verified) return;
  throw refused(answer);
}

function refused(answer: number): BenchError {
  if (answer === ANSWER.alreadyRegistered) return new BenchError('MI_ALREADY_BOUND');
  const code = answer.toString(16);
  return new BenchError('MI_REGISTER_REFUSED', {
    message: `The unit refused the activation (answer ${code}).`,
    detail: { answer: code },
  });
}

function explained(error: unknown, firmware: string | undefined): unknown {
  if (error instanceof ControlAnswer) return refused(error.answer);
  if (isBenchError(error, 'MI_NO_ANSWER') && CLOUD_FIRMWARE.test(firmware ?? ''))
    return needsCloudKeys(`keys that were signed for it (firmware ${firmware})`, error);
  return error;
}
