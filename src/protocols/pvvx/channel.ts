import { concatUint8Arrays } from 'uint8array-extras';
import { BenchError } from '../../core/errors.ts';
import {
  findCharacteristic,
  type CharacteristicRef,
  type GattCharacteristic,
  type GattConnection,
} from '../../drivers/ble/radio.ts';
import { requireCharacteristic, send } from '../ble/characteristics.ts';
import type { TalkContext } from '../ble/context.ts';
import { Inbox } from '../ble/inbox.ts';

export const PVVX_CHARACTERISTIC: CharacteristicRef = { service: '1f10', characteristic: '1f1f' };
/** Of the builds for devices that were Zigbee; the same commands. */
export const PVVX_ZIGBEE_CHARACTERISTIC: CharacteristicRef = { service: 'fcd2', characteristic: 'fff4' };

/** Limit of one reply, ms (ours: the firmware answers in the next connection event). */
const REPLY_LIMIT_MS = 5_000;
/** Measurements that come in between. */
const MAX_FOREIGN = 64;

/** Commands and replies; a reply starts with the byte of its command. */
export class PvvxChannel {
  readonly context: TalkContext;
  readonly #connection: GattConnection;
  readonly #characteristic: GattCharacteristic;
  readonly #inbox: Inbox<Uint8Array>;
  readonly #closing: (() => unknown)[] = [];

  private constructor(connection: GattConnection, context: TalkContext) {
    this.context = context;
    this.#connection = connection;
    const zigbee = findCharacteristic(connection, PVVX_CHARACTERISTIC) == null;
    this.#characteristic = requireCharacteristic(
      connection,
      zigbee && findCharacteristic(connection, PVVX_ZIGBEE_CHARACTERISTIC) != null
        ? PVVX_ZIGBEE_CHARACTERISTIC
        : PVVX_CHARACTERISTIC,
      'the command service of pvvx firmware',
    );
    this.#inbox = new Inbox(context.clock, context.signal);
  }

  /** Throws GATT_SERVICE_MISSING, BLE_LINK_LOST, BLE_NO_ANSWER. */
  static async open(connection: GattConnection, context: TalkContext): Promise<PvvxChannel> {
    const channel = new PvvxChannel(connection, context);
    channel.#closing.push(connection.onLost((error) => channel.#inbox.fail(error)));
    try {
      channel.#closing.push(
        await connection.subscribe(channel.#characteristic, (bytes) => channel.#inbox.push(bytes)),
      );
    } catch (error) {
      await channel.close();
      throw error;
    }
    return channel;
  }

  /** Never throws. */
  async close(): Promise<void> {
    for (const close of this.#closing.splice(0).reverse()) await close();
  }

  /** Longest command with its byte. */
  get payloadBytes(): number {
    return this.#connection.payloadBytes;
  }

  /** The data behind the command byte of the reply. Throws PVVX_NO_ANSWER, PVVX_PACKET_TOO_LONG. */
  async ask(command: number, data: Uint8Array = new Uint8Array(0)): Promise<Uint8Array> {
    await this.tell(command, data);
    return this.reply(command);
  }

  async tell(command: number, data: Uint8Array = new Uint8Array(0)): Promise<void> {
    const bytes = concatUint8Arrays([Uint8Array.of(command), data]);
    if (bytes.length > this.payloadBytes)
      throw new BenchError('PVVX_PACKET_TOO_LONG', {
        message: `Command ${hex(command)} has ${bytes.length} bytes; this connection carries ${this.payloadBytes} in one packet.`,
        detail: { commandBytes: bytes.length, payloadBytes: this.payloadBytes },
      });
    this.#inbox.clear();
    await send(this.#connection, this.#characteristic, bytes);
  }

  /** The next notification of one of these commands, with its byte in front taken off. */
  async reply(command: number, limitMs: number = REPLY_LIMIT_MS): Promise<Uint8Array> {
    return (await this.replyOf([command], limitMs)).data;
  }

  async replyOf(
    commands: readonly number[],
    limitMs: number = REPLY_LIMIT_MS,
  ): Promise<{ readonly command: number; readonly data: Uint8Array }> {
    for (let patience = MAX_FOREIGN; patience > 0; patience--) {
      const bytes = await this.#inbox.next(limitMs);
      if (bytes == null) break;
      const command = bytes[0];
      if (command != null && commands.includes(command)) return { command, data: bytes.slice(1) };
    }
    throw new BenchError('PVVX_NO_ANSWER', {
      message: `The firmware did not answer command ${commands.map(hex).join(' or ')} within ${limitMs / 1000} s.`,
      detail: { command: commands.map(hex).join(' '), limitMs },
    });
  }
}

const hex = (command: number): string => command.toString(16).padStart(2, '0').toUpperCase();
