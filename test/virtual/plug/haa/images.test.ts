import { createPublicKey, verify } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { chosenApp, haaApp, hasRboot } from '../../../../src/virtual/plug/haa/app-image.ts';
import { haaFirmware } from '../../../../src/virtual/plug/haa/firmware.ts';
import {
  haaPracticeImages,
  mirrorFiles,
  practiceFullHaaboot,
  practiceInstalledHaa,
  practiceOldFullHaaboot,
} from '../../../../src/virtual/plug/haa/images.ts';
import {
  isSigned,
  keysIn,
  practicePublicKey,
  practiceSignature,
} from '../../../../src/virtual/plug/haa/signatures.ts';

const REAL = '../shared/data/plugs/haa-fullhaaboot-12.18.0.bin';
const chip = { mac: '84:cc:a8:a1:b2:c3', flashBytes: 1_048_576, onlyDout: true, model: 'practice' };

const flashOf = (image: Uint8Array): Uint8Array => {
  const flash = new Uint8Array(1_048_576).fill(0xff);
  flash.set(image);
  return flash;
};
const mirrored = (file: string): Uint8Array => mirrorFiles.find((each) => each.file === file)!.make();

describe('HAA in flash', () => {
  it('is known by what stands there', () => {
    for (const [image, part, version, hasOldForm] of [
      [practiceFullHaaboot(), 'haaboot', '7.14.0', false],
      [practiceOldFullHaaboot(), 'haaboot', '4.7.4', true],
      [practiceInstalledHaa(), 'haamain', '12.18.0', false],
    ] as const) {
      const flash = flashOf(image);
      expect(hasRboot(flash)).toBe(true);
      expect(haaApp(flash, 0)).toMatchObject({ part, version, hasOldForm });
      expect(haaFirmware.recognizes(flash, chip)).toBe(true);
    }
  });

  it('starts slot 1 when asked for once, or when slot 0 is not whole', () => {
    const flash = flashOf(practiceFullHaaboot());
    flash.set(mirrored('otamain.bin'), 0x9_1000);
    expect(chosenApp(flash, undefined)?.part).toBe('haaboot');
    expect(chosenApp(flash, 1)?.part).toBe('otamain');
    flash[0x2000] = 0xff;
    expect(chosenApp(flash, undefined)?.part).toBe('otamain');
    flash[0x9_1000] = 0xff;
    expect(haaFirmware.recognizes(flash, chip)).toBe(false);
  });

  it('does not start in another flash mode on a chip that knows DOUT only', () => {
    const flash = flashOf(practiceFullHaaboot());
    flash[2] = 2;
    expect(haaFirmware.recognizes(flash, chip)).toBe(false);
    expect(haaFirmware.recognizes(flash, { ...chip, onlyDout: false })).toBe(true);
  });

  it.skipIf(!existsSync(REAL))('the real installer is known too, with its own key', () => {
    const flash = flashOf(readFileSync(REAL));
    const app = haaApp(flash, 0);
    if (typeof app === 'string') throw new Error(app);
    expect(app).toMatchObject({ part: 'haaboot', version: '7.14.0', hasOldForm: false });
    expect(keysIn(app.bytes).map((key) => Buffer.from(key.subarray(24, 32)).toString('hex'))).toEqual([
      '98e054c49b8a4194',
    ]);
    expect(haaFirmware.recognizes(flash, chip)).toBe(true);
  });
});

describe('practice signatures', () => {
  it('are real ones, the same each time, and of this image only', () => {
    const image = mirrored('otamain.bin');
    const signature = practiceSignature(image);
    expect(signature).toHaveLength(104);
    expect(practiceSignature(image)).toEqual(signature);
    const key = createPublicKey({ key: Buffer.from(practicePublicKey), format: 'der', type: 'spki' });
    expect(verify('sha384', image, key, signature.subarray(0, 2 + signature[1]!))).toBe(true);
    const changed = image.slice();
    changed[5000]! ^= 1;
    expect(isSigned(changed, signature, [practicePublicKey])).toBe(false);
    expect(isSigned(image, new Uint8Array(104), [practicePublicKey])).toBe(false);
  });

  it('stand beside each image of the mirror', () => {
    const names = haaPracticeImages.map(({ file }) => file);
    expect(names).toEqual([
      'haa-fullhaaboot.bin',
      ...['otamain', 'haaboot', 'haamain'].flatMap((name) => [
        `haa-mirror/${name}.bin`,
        `haa-mirror/${name}.bin.sec`,
      ]),
      'haa-mirror/otaversion',
      'haa-mirror/haaversion',
      'haa-mirror-key.pem',
    ]);
    for (const name of ['otamain', 'haaboot', 'haamain'])
      expect(isSigned(mirrored(`${name}.bin`), mirrored(`${name}.bin.sec`), [practicePublicKey])).toBe(true);
  });
});
