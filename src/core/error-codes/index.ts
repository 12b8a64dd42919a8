import { BENCH_CODES } from './bench.ts';
import { BLUETOOTH_CODES } from './bluetooth.ts';
import { DAFANG_CODES } from './dafang.ts';
import { ESP_CONTACT_CODES } from './esp-contact.ts';
import { ESP_LOADER_CODES } from './esp-loader.ts';
import { ESPHOME_CODES } from './esphome.ts';
import { FILE_CODES } from './files.ts';
import { FIRMWARE_SERVER_CODES } from './firmware-server.ts';
import { FLASHROM_CODES } from './flashrom.ts';
import { HAA_CODES } from './haa.ts';
import { PLUG_CODES } from './plugs.ts';
import { NETWORK_CODES } from './network.ts';
import { PROOF_CODES } from './proof.ts';
import { SERIAL_CODES } from './serial.ts';
import { SHELLY_CODES } from './shelly.ts';
import { SONOFF_CODES } from './sonoff.ts';
import { TASMOTA_CODES } from './tasmota.ts';
import { TELINK_CODES } from './telink.ts';
import { UBOOT_CODES } from './uboot.ts';
import { XIAOMI_CODES } from './xiaomi.ts';

/**
 * Every code a person can meet, with the default sentence, fault and advice. Faults that are alike on the wire
 * share a code whose message names all causes. A more specific sentence may replace message and advice, never
 * the outcome.
 */
export const ERROR_CODES = {
  ...BENCH_CODES,
  ...FILE_CODES,
  ...SERIAL_CODES,
  ...BLUETOOTH_CODES,
  ...XIAOMI_CODES,
  ...ESP_CONTACT_CODES,
  ...ESP_LOADER_CODES,
  ...TELINK_CODES,
  ...FIRMWARE_SERVER_CODES,
  ...FLASHROM_CODES,
  ...DAFANG_CODES,
  ...UBOOT_CODES,
  ...PLUG_CODES,
  ...SHELLY_CODES,
  ...TASMOTA_CODES,
  ...HAA_CODES,
  ...SONOFF_CODES,
  ...ESPHOME_CODES,
  ...NETWORK_CODES,
  ...PROOF_CODES,
} as const;
