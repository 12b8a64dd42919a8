import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CodecError } from '../../../src/core/codec-error.ts';
import {
  decodeFrame,
  encodeAck,
  encodeAnnounce,
  encodeLost,
  encodeSingleAck,
  splitParcel,
} from '../../../src/protocols/xiaomi/parcel.ts';
import { bytes, hex } from '../../harness/hex.ts';
import { hasVectors, vectorSets } from './vectors.ts';

describe('frames', () => {
  it.each([
    ['000000030400', { kind: 'announce', type: 3, frames: 4 }],
    ['000000000100', { kind: 'announce', type: 0, frames: 1 }],
    ['00000101', { kind: 'ack', status: 1, lost: [] }],
    ['00000100', { kind: 'ack', status: 0, lost: [] }],
    // Public flashers call this a timeout; it asks for frame 1 again.
    ['000001050100', { kind: 'ack', status: 5, lost: [1] }],
    ['00000105010003000401', { kind: 'ack', status: 5, lost: [1, 3, 0x104] }],
    ['00000300', { kind: 'single-ack', status: 0 }],
  ])('reads %s', (text, frame) => {
    expect(decodeFrame(bytes(text))).toEqual(frame);
  });

  it('reads messages in one packet, data, and probes with the answer they want', () => {
    expect(decodeFrame(bytes('0000020d0102'))).toEqual({
      kind: 'single',
      type: 0x0d,
      payload: bytes('0102'),
    });
    expect(decodeFrame(bytes('0100aabb'))).toEqual({ kind: 'data', number: 1, payload: bytes('aabb') });
    expect(decodeFrame(bytes('000004002300'))).toEqual({ kind: 'probe', answer: bytes('000005002300') });
    expect(decodeFrame(bytes('00000401ffee'))).toEqual({ kind: 'probe', answer: bytes('00000501ffee') });
  });

  it.each(['', '00', '0000', '000000', '0000000301', '000001', '000002', '00000900'])(
    'refuses %o',
    (text) => {
      expect(() => decodeFrame(bytes(text))).toThrow(CodecError);
    },
  );

  it('writes what the notes show', () => {
    expect(hex(encodeAnnounce(0x0b, 1))).toBe('0000000b0100');
    expect(hex(encodeAck(1))).toBe('00000101');
    expect(hex(encodeAck(0))).toBe('00000100');
    expect(hex(encodeSingleAck())).toBe('00000300');
    expect(hex(encodeLost([1, 0x102]))).toBe('0000010501000201');
  });

  it('splits a message into numbered frames of 18 bytes and back', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 400 }), (payload) => {
        const frames = splitParcel(payload).map(decodeFrame);
        expect(frames.map((frame) => frame.kind === 'data' && frame.number)).toEqual(
          frames.map((_, index) => index + 1),
        );
        const whole = frames.map((frame) => (frame.kind === 'data' ? hex(frame.payload) : '')).join('');
        expect(whole).toBe(hex(payload));
      }),
    );
  });

  it('throws CodecErrors only, whatever comes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 30 }), (data) => {
        try {
          decodeFrame(data);
        } catch (error) {
          expect(error).toBeInstanceOf(CodecError);
        }
      }),
    );
  });

  it.skipIf(!hasVectors)('are those of ../shared/data (skipped where that is missing)', () => {
    for (const { registration, login } of vectorSets()) {
      const frames = (text: string) => splitParcel(bytes(text)).map(hex);
      expect(frames(registration.hostPublicXY)).toEqual(registration.hostPublicParcels);
      expect(frames(registration.didCiphertextAndTag)).toEqual(registration.didParcels);
      expect(frames(login.hostRandom)).toEqual(login.hostRandomParcel);
      expect(frames(login.hostProof)).toEqual(login.hostProofParcels);
    }
  });
});
