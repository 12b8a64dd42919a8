import fc from 'fast-check';
import { hexToUint8Array, uint8ArrayToHex } from 'uint8array-extras';
import { describe, expect, it } from 'vitest';
import { decodeFrame, encodeFrame, FrameDecoder } from '../../../src/protocols/esp/slip.ts';

const bytes = (hex: string) => hexToUint8Array(hex.replaceAll(' ', ''));

function decodeAll(chunks: readonly Uint8Array[], maxFrameBytes?: number) {
  const frames: string[] = [];
  const noise: string[] = [];
  const decoder = new FrameDecoder(
    {
      frame: (payload) => frames.push(uint8ArrayToHex(payload)),
      noise: (run) => noise.push(uint8ArrayToHex(run)),
    },
    maxFrameBytes == null ? {} : { maxFrameBytes },
  );
  for (const chunk of chunks) decoder.push(chunk);
  return { frames, noise: noise.join('') };
}

describe('SLIP framing', () => {
  it('frames the 12-byte SYNC reply of the ESP32 ROM', () => {
    expect(uint8ArrayToHex(encodeFrame(bytes('01 08 04 00 07 07 12 20 00 00 00 00')))).toBe(
      'c0010804000707122000000000c0',
    );
  });

  it('escapes C0 as DB DC and DB as DB DD', () => {
    expect(uint8ArrayToHex(encodeFrame(bytes('c0 db dc dd')))).toBe('c0dbdcdbdddcddc0');
    expect(uint8ArrayToHex(decodeFrame(bytes('c0 db dc db dd dc dd c0')))).toBe('c0dbdcdd');
  });

  it('gives back any frames however the wire cuts them', () => {
    const tricky = fc
      .uint8Array({ minLength: 1, maxLength: 80 })
      .map((payload) => payload.map((byte) => (byte < 60 ? 0xc0 : byte < 120 ? 0xdb : byte)));
    fc.assert(
      fc.property(
        fc.array(tricky, { maxLength: 6 }),
        fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }),
        (payloads, cuts) => {
          const wire = Uint8Array.from(payloads.flatMap((payload) => [...encodeFrame(payload)]));
          const chunks: Uint8Array[] = [];
          for (let at = 0, cut = 0; at < wire.length; cut++) {
            const length = cuts[cut % cuts.length]!;
            chunks.push(wire.subarray(at, at + length));
            at += length;
          }
          expect(decodeAll(chunks)).toEqual({
            frames: payloads.map((payload) => uint8ArrayToHex(payload)),
            noise: '',
          });
        },
      ),
    );
  });

  it('never throws and never invents a frame longer than allowed, whatever comes', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 200 })), (chunks) => {
        for (const frame of decodeAll(chunks, 64).frames) expect(frame.length / 2).toBeLessThanOrEqual(64);
      }),
    );
  });

  it('keeps what lies outside frames, such as boot text, for diagnosis', () => {
    const text = new TextEncoder().encode('waiting for download\r\n');
    const { frames, noise } = decodeAll([text, bytes('c0 01 02 c0'), text]);
    expect(frames).toEqual(['0102']);
    expect(noise).toBe(uint8ArrayToHex(text).repeat(2));
  });

  it('loses one frame only when a delimiter is lost', () => {
    // The closing C0 of the first frame is missing: the second is outside, the third whole again.
    expect(decodeAll([bytes('c0 01 c0 02 c0 c0 03 c0')]).frames).toEqual(['01', '03']);
  });

  it('drops a frame with a bad escape and goes on with the next', () => {
    expect(decodeAll([bytes('c0 01 db 02 c0 c0 05 c0')])).toEqual({
      frames: ['05'],
      noise: expect.any(String) as string,
    });
    expect(decodeAll([bytes('c0 01 db c0 c0 05 c0')]).frames).toEqual(['05']);
  });

  it('drops a frame that never ends instead of growing with it', () => {
    const flood = new Uint8Array(100).fill(0x55);
    const { frames } = decodeAll([bytes('c0'), flood, flood, bytes('c0 c0 07 c0')], 64);
    expect(frames).toEqual(['07']);
  });

  it('forgets a half frame on reset', () => {
    const frames: Uint8Array[] = [];
    const decoder = new FrameDecoder({ frame: (payload) => frames.push(payload) });
    decoder.push(bytes('c0 01 02'));
    decoder.reset();
    decoder.push(bytes('c0 03 c0'));
    expect(frames.map((frame) => uint8ArrayToHex(frame))).toEqual(['03']);
  });

  it('refuses to decode bytes without a whole frame', () => {
    expect(() => decodeFrame(bytes('c0 01 02'))).toThrow('no whole SLIP frame');
  });
});
