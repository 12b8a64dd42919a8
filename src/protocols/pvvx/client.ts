import { areUint8ArraysEqual, stringToUint8Array } from 'uint8array-extras';
import { CodecError } from '../../core/codec-error.ts';
import { BenchError } from '../../core/errors.ts';
import { deviceText } from '../../core/text.ts';
import type { GattConnection } from '../../drivers/ble/radio.ts';
import type { TalkContext } from '../ble/context.ts';
import type { MiKeys } from '../xiaomi/keys.ts';
import { PvvxChannel } from './channel.ts';
import {
  configDifferences,
  decodeConfigReply,
  withConfig,
  type ConfigBytes,
  type PvvxConfig,
} from './config.ts';
import { decodeIdentity, macFromReply, type PvvxIdentity } from './identity.ts';
import { dumpMiKeys, restoreMiKeys, type MiKeyDump } from './mi-keys.ts';
import { makeRoom, type MakeRoomOptions } from './make-room.ts';
import { COMMAND } from './opcodes.ts';

/** Limits of the display's smiley. Degrees and percent, in hundredths at the unit. */
export interface ComfortLimits {
  readonly temperatureC: readonly [low: number, high: number];
  readonly humidityPercent: readonly [low: number, high: number];
}

/** Bytes of a name: one command at the smallest MTU. */
export const MAX_NAME_BYTES = 19;
const DEFAULT_NAME = Uint8Array.of(0);
const PRINTABLE = /^[\x20-\x7e]+$/;

/** A unit that runs pvvx firmware. Everything throws PVVX_NO_ANSWER and what the connection throws. */
export class PvvxClient {
  readonly #channel: PvvxChannel;

  private constructor(channel: PvvxChannel) {
    this.#channel = channel;
  }

  static async open(connection: GattConnection, context: TalkContext): Promise<PvvxClient> {
    return new PvvxClient(await PvvxChannel.open(connection, context));
  }

  /** Never throws. */
  close(): Promise<void> {
    return this.#channel.close();
  }

  async identity(): Promise<PvvxIdentity> {
    return understood(decodeIdentity, await this.#channel.ask(COMMAND.version));
  }

  /** Lower case with colons. */
  async mac(): Promise<string> {
    const data = await this.#channel.ask(COMMAND.mac);
    const mac = macFromReply(data.subarray(1));
    if (mac == null) throw notUnderstood(data);
    return mac;
  }

  async config(): Promise<ConfigBytes> {
    return understood(decodeConfigReply, await this.#channel.ask(COMMAND.config));
  }

  /** Changes what is named and proves it by the answer. Throws PVVX_NOT_TAKEN, RangeError for impossible values. */
  async setConfig(wanted: PvvxConfig): Promise<ConfigBytes> {
    const bytes = withConfig(await this.config(), wanted);
    const held = understood(decodeConfigReply, await this.#channel.ask(COMMAND.config, bytes));
    const differing = configDifferences(held, wanted);
    if (differing.length > 0)
      throw new BenchError('PVVX_NOT_TAKEN', {
        message: `The firmware kept its own value of: ${differing.join(', ')}.`,
        detail: { settings: differing.join(' ') },
      });
    return held;
  }

  async name(): Promise<string> {
    return deviceText(await this.#channel.ask(COMMAND.name));
  }

  /** Undefined: `ATC_` and six digits again. The unit restarts when the connection ends. */
  async setName(name: string | undefined): Promise<void> {
    if (name == null) {
      await this.#channel.ask(COMMAND.name, DEFAULT_NAME);
      return;
    }
    if (!PRINTABLE.test(name) || name.length > MAX_NAME_BYTES)
      throw new RangeError(`a name has 1 to ${MAX_NAME_BYTES} printable ASCII characters`);
    await this.#set(COMMAND.name, stringToUint8Array(name), 'name');
  }

  /** 16 bytes; undefined where none is stored. */
  async bindKey(): Promise<Uint8Array | undefined> {
    const data = await this.#channel.ask(COMMAND.bindKey);
    return data.length === 16 ? data : undefined;
  }

  async setBindKey(key: Uint8Array): Promise<void> {
    if (key.length !== 16) throw new RangeError('a bind key has 16 bytes');
    await this.#set(COMMAND.bindKey, key, 'bind key');
  }

  async setComfort({ temperatureC, humidityPercent }: ComfortLimits): Promise<void> {
    const data = new Uint8Array(8);
    const view = new DataView(data.buffer);
    temperatureC.forEach((value, index) => view.setInt16(index * 2, Math.round(value * 100), true));
    humidityPercent.forEach((value, index) => view.setUint16(4 + index * 2, Math.round(value * 100), true));
    await this.#set(COMMAND.comfort, data, 'comfort limits');
  }

  /** The display shows local time: seconds since 1970 in the zone of the place. */
  async setClock(localEpochSeconds: number): Promise<void> {
    const data = new Uint8Array(4);
    new DataView(data.buffer).setUint32(0, localEpochSeconds, true);
    await this.#set(COMMAND.clock, data, 'clock');
  }

  dumpMiKeys(): Promise<MiKeyDump> {
    return dumpMiKeys(this.#channel);
  }

  restoreMiKeys(keys: MiKeys): Promise<void> {
    return restoreMiKeys(this.#channel, keys);
  }

  /** All of the vendor's keys; what the vendor's app needs to take the unit with its own again. */
  async eraseMiKeys(): Promise<void> {
    await this.#channel.ask(COMMAND.eraseMiKeys);
  }

  async rebootOnDisconnect(): Promise<void> {
    await this.#channel.tell(COMMAND.rebootOnDisconnect);
  }

  /** See `makeRoom`. */
  makeRoom(options: MakeRoomOptions): Promise<void> {
    return makeRoom(this.#channel, options);
  }

  /** The answer starts with what the unit holds now. */
  async #set(command: number, data: Uint8Array, what: string): Promise<void> {
    const held = await this.#channel.ask(command, data);
    if (areUint8ArraysEqual(held.slice(0, data.length), data)) return;
    throw new BenchError('PVVX_NOT_TAKEN', { message: `The unit did not take the ${what}.` });
  }
}

function understood<T>(decode: (data: Uint8Array) => T, data: Uint8Array): T {
  try {
    return decode(data);
  } catch (error) {
    if (error instanceof CodecError) throw notUnderstood(data, error);
    throw error;
  }
}

const notUnderstood = (data: Uint8Array, cause?: unknown): BenchError =>
  new BenchError('PVVX_NO_ANSWER', {
    message: `The firmware answered ${data.length} bytes that say nothing: it is older or newer than what is known.`,
    cause,
  });
