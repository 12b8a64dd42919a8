import { randomBytes } from 'node:crypto';
import { areUint8ArraysEqual } from 'uint8array-extras';
import { BenchError } from '../../core/errors.ts';
import type { GattConnection } from '../../drivers/ble/radio.ts';
import type { TalkContext } from '../ble/context.ts';
import { ControlAnswer, MiChannel, type Parcel } from './channel.ts';
import { miBadMessage } from './errors.ts';
import { loginProofs, PROOF_BYTES, RANDOM_BYTES, TOKEN_BYTES, type RandomSource } from './keys.ts';
import { ANSWER, PARCEL, parcelName, REQUEST } from './opcodes.ts';
import { MI_TIMEOUT } from './timeouts.ts';

export interface LoginOptions {
  readonly random?: RandomSource;
}

/**
 * Logs in to a registered unit with its 12-byte token; after it the unit takes an update over this connection. The
 * unit proves first that it has the token too. Throws MI_TOKEN_WRONG, MI_NOT_REGISTERED.
 */
export async function login(
  connection: GattConnection,
  context: TalkContext,
  token: Uint8Array,
  options: LoginOptions = {},
): Promise<void> {
  if (token.length !== TOKEN_BYTES) throw new RangeError(`a token has ${TOKEN_BYTES} bytes`);
  const channel = await MiChannel.open(connection, context);
  try {
    await exchange(channel, token, options.random ?? randomBytes);
  } catch (error) {
    if (!(error instanceof ControlAnswer)) throw error;
    // "Repeat login" lets in whoever was in already; "logged in" before the unit proved its token is no login.
    if (error.answer === ANSWER.loggedIn) throw miBadMessage('logged in, before it proved its token');
    judge(error.answer);
  } finally {
    await channel.close();
  }
}

async function exchange(channel: MiChannel, token: Uint8Array, random: RandomSource): Promise<void> {
  const ours = random(RANDOM_BYTES);
  await channel.request(REQUEST.login);
  await channel.sendParcel(PARCEL.appRandom, ours);
  const theirs = await receive(channel, PARCEL.deviceRandom, RANDOM_BYTES);
  const proof = await receive(channel, PARCEL.deviceConfirmation, PROOF_BYTES);
  const expected = loginProofs(token, ours, theirs.payload);
  if (!areUint8ArraysEqual(proof.payload, expected.expected))
    throw new BenchError('MI_TOKEN_WRONG', {
      message:
        'The unit proved another token than this one: it was activated again since, or this is another unit.',
    });
  await channel.sendParcel(PARCEL.appConfirmation, expected.ours, proof.single);
  judge(await channel.answer('the end of the login', MI_TIMEOUT.computed));
}

async function receive(channel: MiChannel, type: number, length: number): Promise<Parcel> {
  const parcel = await channel.receiveParcel(type, MI_TIMEOUT.computed);
  if (parcel.payload.length !== length)
    throw miBadMessage(`"${parcelName(type)}" of ${parcel.payload.length} bytes`);
  return parcel;
}

function judge(answer: number): void {
  switch (answer) {
    case ANSWER.loggedIn:
    case ANSWER.repeatedLogin:
      return;
    case ANSWER.notRegistered:
      throw new BenchError('MI_NOT_REGISTERED');
    case ANSWER.keyInvalid:
    case ANSWER.loginFailed:
      throw new BenchError('MI_TOKEN_WRONG', { detail: { answer: answer.toString(16) } });
    default:
      throw miBadMessage(`answer ${answer.toString(16)} to a login`);
  }
}
