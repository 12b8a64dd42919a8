import fc from 'fast-check';
import { concatUint8Arrays } from 'uint8array-extras';
import { describe, expect, it } from 'vitest';
import { parseEspImage, verifies } from '../../src/firmware/esp-image.ts';
import { patchFlashHeader, type FlashHeaderPatch } from '../../src/firmware/patch-flash-header.ts';
import {
  arduinoEsp8266,
  bootloaderAtZero,
  esp32App,
  esp32Bootloader,
  esp8266V2,
  filled,
  noise,
  u32le,
} from './build-images.ts';

const MIB = 0x10_0000;
const refusal = (image: Uint8Array, patch: FlashHeaderPatch = { mode: 'dout' }): string => {
  try {
    patchFlashHeader(image, patch);
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('the patch was not refused');
};

describe('patching a flash header', () => {
  it('keeps checksum and SHA-256 valid and leaves the original alone', () => {
    const image = Buffer.from(esp32Bootloader());
    const before = image.toString('hex');
    const patched = patchFlashHeader(image, { mode: 'dout', freqMHz: 80, sizeBytes: 16 * MIB });
    expect(image.toString('hex')).toBe(before);
    expect([...patched.subarray(0, 4)]).toEqual([0xe9, 2, 3, 0x4f]);
    const parsed = parseEspImage(patched);
    expect(parsed).toMatchObject({ mode: 'dout', freqMHz: 80, sizeBytes: 16 * MIB, sha256: 'valid' });
    expect(parsed != null && verifies(parsed)).toBe(true);
  });

  it('changes nothing that was not asked for', () => {
    const image = esp32Bootloader({ mode: 2, sizeFreq: 0x2f });
    expect(patchFlashHeader(image, {})).toEqual(image);
    expect([...patchFlashHeader(image, { mode: 'qio' }).subarray(2, 4)]).toEqual([0, 0x2f]);
    expect([...patchFlashHeader(image, { sizeBytes: MIB }).subarray(2, 4)]).toEqual([2, 0x0f]);
  });

  it('copies what follows the image', () => {
    const image = concatUint8Arrays([esp32Bootloader(), filled(500, 0xff)]);
    const patched = patchFlashHeader(image, { mode: 'dout' });
    expect(patched).toHaveLength(image.length);
    expect(patched.subarray(-500)).toEqual(filled(500, 0xff));
  });

  it('of an ESP8266 image needs no new hash; the application part stays as it is', () => {
    const image = arduinoEsp8266('', { mode: 0, sizeFreq: 0x40 });
    const patched = patchFlashHeader(image, { mode: 'dout', sizeBytes: MIB });
    expect([...patched.subarray(0, 4)]).toEqual([0xe9, 1, 3, 0x20]);
    expect(patched.subarray(4)).toEqual(image.subarray(4));
  });

  it('of an ESP8266 takes the plain map of a size that has two', () => {
    const patched = patchFlashHeader(arduinoEsp8266(), { sizeBytes: 2 * MIB });
    expect((patched[3] ?? 0) >> 4).toBe(3);
  });

  it('works for any mode, clock and size of any chip, without or with a hash', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('qio', 'qout', 'dio', 'dout'),
        fc.constantFrom(20, 26, 40, 80),
        fc.constantFrom(1, 2, 4, 8, 16),
        fc.constantFrom(esp32Bootloader(), esp32Bootloader({ withHash: false }), bootloaderAtZero(9)),
        (mode, freqMHz, mebibytes, image) => {
          const patched = parseEspImage(
            patchFlashHeader(image, { mode, freqMHz, sizeBytes: mebibytes * MIB }),
          );
          expect(patched).toMatchObject({ mode, freqMHz, sizeBytes: mebibytes * MIB, problems: [] });
        },
      ),
    );
  });

  it('is refused for everything but a sound image that the ROM loads', () => {
    const lead = 'The flash header of this image cannot be changed: ';
    expect(refusal(noise(1000))).toBe(`${lead}it is no image of a chip that benchflash knows.`);
    expect(refusal(esp32App())).toBe(
      `${lead}it is an application; only the boot loader decides how flash is read.`,
    );
    expect(refusal(esp8266V2())).toBe(`${lead}the ROM does not start images of this form (EA).`);
    const hurt = esp32Bootloader();
    hurt[100] = (hurt[100] ?? 0) ^ 1;
    expect(refusal(hurt)).toMatch(/it does not verify: The checksum at/);
    expect(refusal(esp32Bootloader().subarray(0, 1000))).toMatch(
      /it does not verify: The image is cut short/,
    );
    const signed = concatUint8Arrays([esp32Bootloader(), u32le(0), noise(64)]);
    expect(refusal(signed)).toBe(`${lead}it is signed, and another header would break the signature.`);
    expect(refusal(bootloaderAtZero(77))).toMatch(/no image of a chip/);
  });

  it('is refused for sizes and clocks the chip has no value for', () => {
    expect(refusal(esp32Bootloader(), { sizeBytes: 3 * MIB })).toMatch(
      /no header value for a flash of 3 MiB/,
    );
    expect(refusal(esp32Bootloader(), { freqMHz: 48 })).toMatch(/ESP32 has no flash clock of 48 MHz/);
    expect(refusal(arduinoEsp8266(), { sizeBytes: 32 * MIB })).toMatch(/ESP8266 has no header value/);
  });
});
