import { BenchError } from '../../src/core/errors.ts';
import type { InspectedFile } from '../../src/firmware/inspect.ts';
import type { EspHomeAnnouncement } from '../../src/protocols/esphome/index.ts';
import type { EspHomeRun } from './session.ts';

/** ESPHome names the family only: which of it, its board may tell (`esp32-c3-devkitm-1`, `esp32-s3-devkitc-1`). */
const VARIANT = /(?:^|[^a-z0-9])(?:esp32[-_]?)?([sch]\d)(?![0-9])/i;

/** Throws ESPHOME_CHIP_DIFFERS; warns where the unit does not tell its chip. */
export function fitsChip(
  { chip, title }: Pick<InspectedFile, 'chip' | 'title'>,
  announced: EspHomeAnnouncement | undefined,
  run: Pick<EspHomeRun, 'warn'>,
): void {
  const platform = announced?.platform;
  if (platform === undefined || chip === undefined) {
    run.warn('The unit does not say which chip it has: that the image is for it, nobody has checked.');
    return;
  }
  const isOtherFamily = (chip === 'ESP8266') !== /^ESP8266/i.test(platform) || !/^ESP/i.test(platform);
  if (isOtherFamily)
    throw new BenchError('ESPHOME_CHIP_DIFFERS', {
      message: `The unit is an ${platform}; the image is ${title}.`,
    });
  const variant = VARIANT.exec(announced?.board ?? '')?.[1]?.toUpperCase();
  const built = /^ESP32-(.+)$/.exec(chip)?.[1];
  if (chip === 'ESP8266' || variant === undefined || variant === built) return;
  throw new BenchError('ESPHOME_CHIP_DIFFERS', {
    message: `The board of the unit is ${announced?.board}, with an ESP32-${variant}; the image is for ${chip}.`,
  });
}
