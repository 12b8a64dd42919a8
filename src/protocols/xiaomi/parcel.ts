import { CodecError } from '../../core/codec-error.ts';
import { concatUint8Arrays } from 'uint8array-extras';

/** Payload bytes in a data frame at the MTU of 23. */
export const FRAME_PAYLOAD_BYTES = 18;
/** More frames than any message of this protocol needs (397 bytes of certificates are 23). */
export const MAX_FRAMES = 64;

/** Status of an acknowledgement. */
export const ACK = { success: 0, ready: 1, busy: 2, timeout: 3, cancel: 4, lost: 5 } as const;

const KIND = { announce: 0, ack: 1, single: 2, singleAck: 3, probe: 4, probeAnswer: 5 } as const;

/** One frame on the data characteristic. */
export type ParcelFrame =
  | { readonly kind: 'announce'; readonly type: number; readonly frames: number }
  /** `lost` numbers the frames that are to be sent again. */
  | { readonly kind: 'ack'; readonly status: number; readonly lost: readonly number[] }
  | { readonly kind: 'single'; readonly type: number; readonly payload: Uint8Array }
  | { readonly kind: 'single-ack'; readonly status: number }
  /** `answer` is what the peer wants back. */
  | { readonly kind: 'probe'; readonly answer: Uint8Array }
  /** `number` counts from 1. */
  | { readonly kind: 'data'; readonly number: number; readonly payload: Uint8Array };

const u16 = (value: number): number[] => [value & 0xff, (value >> 8) & 0xff];

/** Every frame starts with its number, u16 little-endian; 0 is control. */
export function decodeFrame(bytes: Uint8Array): ParcelFrame {
  if (bytes.length < 3) throw new CodecError(`frame of ${bytes.length} bytes`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const number = view.getUint16(0, true);
  if (number > 0) return { kind: 'data', number, payload: bytes.slice(2) };
  switch (bytes[2]) {
    case KIND.announce:
      if (bytes.length < 6) throw new CodecError('announcement cut off');
      return { kind: 'announce', type: bytes[3]!, frames: view.getUint16(4, true) };
    case KIND.ack: {
      if (bytes.length < 4) throw new CodecError('acknowledgement cut off');
      const lost: number[] = [];
      for (let at = 4; at + 2 <= bytes.length; at += 2) lost.push(view.getUint16(at, true));
      return { kind: 'ack', status: bytes[3]!, lost };
    }
    case KIND.single:
      if (bytes.length < 4) throw new CodecError('message cut off');
      return { kind: 'single', type: bytes[3]!, payload: bytes.slice(4) };
    case KIND.singleAck:
      return { kind: 'single-ack', status: bytes[3] ?? ACK.success };
    case KIND.probe: {
      const answer = bytes.slice();
      answer[2] = KIND.probeAnswer;
      return { kind: 'probe', answer };
    }
    default:
      throw new CodecError(`control frame of kind ${bytes[2]}`);
  }
}

export const encodeAnnounce = (type: number, frames: number): Uint8Array =>
  Uint8Array.of(0, 0, KIND.announce, type, ...u16(frames));

export const encodeAck = (status: number): Uint8Array => Uint8Array.of(0, 0, KIND.ack, status);

export const encodeLost = (numbers: readonly number[]): Uint8Array =>
  Uint8Array.of(0, 0, KIND.ack, ACK.lost, ...numbers.flatMap(u16));

export const encodeSingleAck = (): Uint8Array => Uint8Array.of(0, 0, KIND.singleAck, ACK.success);

/** The data frames of a message, each with its number in front. */
export function splitParcel(
  payload: Uint8Array,
  payloadBytes: number = FRAME_PAYLOAD_BYTES,
): readonly Uint8Array[] {
  const frames: Uint8Array[] = [];
  for (let at = 0; at < payload.length; at += payloadBytes)
    frames.push(
      concatUint8Arrays([Uint8Array.from(u16(frames.length + 1)), payload.subarray(at, at + payloadBytes)]),
    );
  return frames;
}
