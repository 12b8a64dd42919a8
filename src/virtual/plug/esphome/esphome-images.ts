import { DOUT, SIZE_1MB, twoPartImage } from '../../esp/images/plug-images.ts';
import { CONFIG_MARK, DEFAULTS, type EspHomeConfig } from './config.ts';

/** Of the states with a password. */
export const PRACTICE_OTA_PASSWORD = 'practice';

/** Practice stand-in for an ESPHome build for an ESP8266 with 1 MB. */
export function practiceEspHome(
  config: Partial<EspHomeConfig> = {},
  build: { readonly version?: string; readonly seed?: number; readonly codeBytes?: number } = {},
): Uint8Array {
  const { version = '2026.9.1', seed = 91, codeBytes = 311_296 } = build;
  return twoPartImage({
    mode: DOUT,
    sizeId: SIZE_1MB,
    seed,
    codeBytes,
    texts: [
      `ESPHome version ${version} compiled on %s`,
      'Sep 18 2026, 10:00:00',
      `${CONFIG_MARK}${JSON.stringify({ ...DEFAULTS, ...config })}`,
    ],
    codeWords: [],
    log: [],
  });
}

/** The one to update to. */
export const newPracticeEspHome = (config: Partial<EspHomeConfig> = {}): Uint8Array =>
  practiceEspHome(config, { version: '2026.10.1', seed: 92, codeBytes: 319_488 });
