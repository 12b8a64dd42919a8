import { concatUint8Arrays } from 'uint8array-extras';
import { CodecError } from '../../core/codec-error.ts';
import type { GattCharacteristic, GattConnection } from '../../drivers/ble/radio.ts';
import { requireCharacteristic, send } from '../ble/characteristics.ts';
import type { TalkContext } from '../ble/context.ts';
import { Inbox } from '../ble/inbox.ts';
import { framesLost, miBadMessage, miSilent, needsCloudKeys, transferRefused } from './errors.ts';
import { CLOUD_PARCELS, decodeAnswer, encodeRequest, parcelName } from './opcodes.ts';
import {
  ACK,
  decodeFrame,
  encodeAck,
  encodeAnnounce,
  encodeLost,
  encodeSingleAck,
  FRAME_PAYLOAD_BYTES,
  MAX_FRAMES,
  splitParcel,
  type ParcelFrame,
} from './parcel.ts';
import { MI_TIMEOUT, RESEND_ROUNDS } from './timeouts.ts';

const SERVICE = 'fe95';
const CONTROL_POINT = { service: SERVICE, characteristic: '0010' };
const DATA = { service: SERVICE, characteristic: '0019' };
const WHAT = 'the Mi login service';

/** The unit said something on the control point while a message was under way. */
export class ControlAnswer extends Error {
  override readonly name = 'ControlAnswer';
  readonly answer: number;

  constructor(answer: number) {
    super(`control point: ${answer.toString(16)}`);
    this.answer = answer;
  }
}

export interface Parcel {
  readonly payload: Uint8Array;
  /** It came as one packet, which newer firmware does: it wants ours in one frame too. */
  readonly single: boolean;
}

type Event =
  | { readonly kind: 'answer'; readonly answer: number }
  | { readonly kind: 'frame'; readonly frame: ParcelFrame };

/** Messages with a unit over Xiaomi's service: announced, acknowledged, lost frames sent again. */
export class MiChannel {
  readonly context: TalkContext;
  readonly #connection: GattConnection;
  readonly #control: GattCharacteristic;
  readonly #data: GattCharacteristic;
  readonly #inbox: Inbox<Event>;
  readonly #closing: (() => unknown)[] = [];

  private constructor(connection: GattConnection, context: TalkContext) {
    this.context = context;
    this.#connection = connection;
    this.#control = requireCharacteristic(connection, CONTROL_POINT, WHAT);
    this.#data = requireCharacteristic(connection, DATA, WHAT);
    this.#inbox = new Inbox(context.clock, context.signal);
  }

  /** Turns the notifications on. Throws GATT_SERVICE_MISSING, BLE_LINK_LOST, BLE_NO_ANSWER. */
  static async open(connection: GattConnection, context: TalkContext): Promise<MiChannel> {
    const channel = new MiChannel(connection, context);
    channel.#closing.push(connection.onLost((error) => channel.#inbox.fail(error)));
    try {
      channel.#closing.push(
        await connection.subscribe(channel.#control, (bytes) => channel.#onControl(bytes)),
        await connection.subscribe(channel.#data, (bytes) => channel.#onData(bytes)),
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

  async request(opcode: number): Promise<void> {
    await send(this.#connection, this.#control, encodeRequest(opcode));
  }

  /** The next answer on the control point. Throws MI_NO_ANSWER. */
  async answer(waitedFor: string, limitMs: number = MI_TIMEOUT.answer): Promise<number> {
    const event = await this.#next(waitedFor, limitMs);
    if (event.kind === 'answer') return event.answer;
    if (event.frame.kind === 'announce' || event.frame.kind === 'single') refuseCloud(event.frame.type);
    throw miBadMessage(`a ${event.frame.kind} frame in place of ${waitedFor}`);
  }

  /** Sends a message. `inOneFrame` where the peer itself speaks in single packets and the MTU allows it. */
  async sendParcel(type: number, payload: Uint8Array, inOneFrame = false): Promise<void> {
    const fits = payload.length + 2 <= this.#connection.payloadBytes;
    const frames = splitParcel(payload, inOneFrame && fits ? payload.length : FRAME_PAYLOAD_BYTES);
    await this.#write(encodeAnnounce(type, frames.length));
    await this.#acknowledged(type, ACK.ready, `READY for "${parcelName(type)}"`);
    for (const frame of frames) await this.#write(frame);
    for (let round = 0; ; round++) {
      const ack = await this.#acknowledged(type, ACK.success, `SUCCESS for "${parcelName(type)}"`);
      if (ack.status === ACK.success) return;
      if (round === RESEND_ROUNDS) throw framesLost(type, ack.lost);
      const again = ack.lost.filter((number) => number >= 1 && number <= frames.length);
      if (again.length === 0) throw miBadMessage('it misses frames that this message does not have');
      this.context.log('info', `The unit misses frames ${again.join(', ')}: sent again`);
      for (const number of again) await this.#write(frames[number - 1]!);
    }
  }

  /** The message of this type, whole. Throws MI_NEEDS_CLOUD_KEYS where the unit asks for what only a cloud has. */
  async receiveParcel(type: number, limitMs: number = MI_TIMEOUT.answer): Promise<Parcel> {
    const frame = await this.#frame(`"${parcelName(type)}"`, limitMs);
    if (frame.kind !== 'announce' && frame.kind !== 'single')
      throw miBadMessage(`a ${frame.kind} frame in place of "${parcelName(type)}"`);
    if (frame.type !== type) {
      refuseCloud(frame.type);
      throw miBadMessage(`"${parcelName(frame.type)}" in place of "${parcelName(type)}"`);
    }
    if (frame.kind === 'single') {
      await this.#write(encodeSingleAck());
      return { payload: frame.payload, single: true };
    }
    if (frame.frames < 1 || frame.frames > MAX_FRAMES)
      throw miBadMessage(`"${parcelName(type)}" of ${frame.frames} frames`);
    await this.#write(encodeAck(ACK.ready));
    const payload = await this.#collect(type, frame.frames);
    await this.#write(encodeAck(ACK.success));
    return { payload, single: false };
  }

  async #collect(type: number, count: number): Promise<Uint8Array> {
    const frames = new Map<number, Uint8Array>();
    const missing = () =>
      Array.from({ length: count }, (_, index) => index + 1).filter((n) => !frames.has(n));
    for (let round = 0; ; round++) {
      await this.#fill(frames, count);
      if (frames.size === count) break;
      if (round === RESEND_ROUNDS) throw framesLost(type, missing());
      this.context.log(
        'info',
        `Frames ${missing().join(', ')} of "${parcelName(type)}" are missing: asked again`,
      );
      await this.#write(encodeLost(missing()));
    }
    return concatUint8Arrays(Array.from({ length: count }, (_, index) => frames.get(index + 1)!));
  }

  /** Takes data frames until all are there or nothing more comes. */
  async #fill(frames: Map<number, Uint8Array>, count: number): Promise<void> {
    while (frames.size < count) {
      const event = await this.#inbox.next(MI_TIMEOUT.frameGap);
      if (event == null) return;
      if (event.kind === 'answer') throw new ControlAnswer(event.answer);
      const { frame } = event;
      if (frame.kind === 'data' && frame.number <= count) frames.set(frame.number, frame.payload);
      // The unit did not hear our READY and announces again.
      else if (frame.kind === 'announce') await this.#write(encodeAck(ACK.ready));
      else throw miBadMessage(`a ${frame.kind} frame inside a message`);
    }
  }

  /** The acknowledgement that is wanted, or LOST. */
  async #acknowledged(type: number, wanted: number, waitedFor: string) {
    const frame = await this.#frame(waitedFor, MI_TIMEOUT.computed);
    if (frame.kind === 'announce' || frame.kind === 'single') refuseCloud(frame.type);
    if (frame.kind !== 'ack') throw miBadMessage(`a ${frame.kind} frame in place of ${waitedFor}`);
    if (frame.status === wanted || (frame.status === ACK.lost && wanted === ACK.success)) return frame;
    throw transferRefused(type, frame.status);
  }

  async #frame(waitedFor: string, limitMs: number): Promise<ParcelFrame> {
    const event = await this.#next(waitedFor, limitMs);
    if (event.kind === 'answer') throw new ControlAnswer(event.answer);
    return event.frame;
  }

  async #next(waitedFor: string, limitMs: number): Promise<Event> {
    for (let patience = MAX_FRAMES; patience > 0; patience--) {
      const event = await this.#inbox.next(limitMs);
      if (event == null) break;
      // Frames that were sent twice come after their message is complete.
      if (event.kind === 'answer' || event.frame.kind !== 'data') return event;
    }
    throw miSilent(waitedFor, limitMs);
  }

  async #write(bytes: Uint8Array): Promise<void> {
    await send(this.#connection, this.#data, bytes);
  }

  #onControl(bytes: Uint8Array): void {
    const answer = decodeAnswer(bytes);
    if (answer != null) this.#inbox.push({ kind: 'answer', answer });
  }

  #onData(bytes: Uint8Array): void {
    let frame: ParcelFrame;
    try {
      frame = decodeFrame(bytes);
    } catch (error) {
      if (!(error instanceof CodecError)) throw error;
      this.context.log('warn', `The unit sent bytes that are no frame: ${error.message}`);
      return;
    }
    // Probes of the MTU come between all else and want their echo at once.
    if (frame.kind === 'probe')
      this.#write(frame.answer).catch((error: unknown) => {
        this.context.log('warn', `MTU probe not answered: ${String(error)}`);
      });
    else this.#inbox.push({ kind: 'frame', frame });
  }
}

function refuseCloud(type: number): void {
  if (CLOUD_PARCELS.has(type)) throw needsCloudKeys(`a "${parcelName(type)}"`);
}
