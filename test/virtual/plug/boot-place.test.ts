import { existsSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { bootPlace, type BootPlace } from '../../../src/virtual/plug/boot/boot-place.ts';
import { findRbootConfig, rbootConfigSector } from '../../../src/virtual/plug/boot/rboot-config.ts';

const DATA = new URL('../../../../shared/data/plugs/', import.meta.url);
const have = existsSync(DATA);

/** Published images, as they lie at 0 of a flash of 2 MiB. */
const IMAGES: readonly { readonly file: string; readonly place: BootPlace }[] = [
  { file: 'tasmota-lite-9.2.0.bin', place: { loader: 'eboot', appOffset: 0x1000 } },
  { file: 'tasmota-minimal-9.2.0.bin', place: { loader: 'eboot', appOffset: 0x1000 } },
  { file: 'espurna-base-1.13.5.bin', place: { loader: 'eboot', appOffset: 0x1000 } },
  { file: 'athom-esp8266-mini-updater.bin', place: { loader: 'eboot', appOffset: 0x1000 } },
  { file: 'haa-fullhaaboot-12.18.0.bin', place: { loader: 'rboot', appOffset: 0x2000, slot: 0 } },
  { file: 'haa-tasmota2haa-12.18.0.bin.gz', place: { loader: 'rboot', appOffset: 0x2000, slot: 0 } },
  { file: 'mgos512k-0x7000.bin', place: { loader: 'rboot', appOffset: 0x8000, slot: 0 } },
];

const read = (file: string): Uint8Array => {
  const bytes = readFileSync(new URL(file, DATA));
  return file.endsWith('.gz') ? gunzipSync(bytes) : bytes;
};

const flashWith = (image: Uint8Array): Uint8Array => {
  const flash = new Uint8Array(2_097_152).fill(0xff);
  flash.set(image);
  return flash;
};

describe.skipIf(!have)('where the boot loader of a published image goes', () => {
  it.each(IMAGES)('$file', ({ file, place }) => {
    expect(bootPlace(flashWith(read(file)), { onlyDout: false })).toEqual(place);
  });

  it('nowhere when the image is cut in half', () => {
    const image = read('tasmota-lite-9.2.0.bin');
    expect(bootPlace(flashWith(image.subarray(0, image.length / 2)), { onlyDout: false })).toHaveProperty(
      'dead',
    );
  });

  it('reads the boot config of Mongoose OS', () => {
    const flash = flashWith(read('mgos512k-0x7000.bin'));
    const found = findRbootConfig(flash)!;
    expect(found.offset).toBe(0x7000);
    expect(found.config.slots).toEqual([
      { firmwareOffset: 0x8000, firmwareBytes: 0x6f000, filesOffset: 0x77000, filesBytes: 0x4000 },
      { firmwareOffset: 0x108000, firmwareBytes: 0x6f000, filesOffset: 0x1db000, filesBytes: 0x4000 },
    ]);
  });
});

describe('the boot config', () => {
  it('is read as it was written', () => {
    const config = {
      current: 1,
      previous: 0,
      isFirstBoot: true,
      isUncommitted: true,
      attempts: 1,
      slots: [
        { firmwareOffset: 0x8000, firmwareBytes: 0xb3000, filesOffset: 0xbb000, filesBytes: 0x40000 },
        { firmwareOffset: 0x108000, firmwareBytes: 0xb3000, filesOffset: 0x1bb000, filesBytes: 0x40000 },
      ],
    };
    const flash = new Uint8Array(2_097_152).fill(0xff);
    flash.set(rbootConfigSector(config), 0x7000);
    expect(findRbootConfig(flash)).toEqual({ offset: 0x7000, config });
  });
});
