import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Real images stay outside of the repository; where they are missing, tests on them say so and are skipped. */
export const dataFile = (name: string): string =>
  fileURLToPath(new URL(`../../../shared/data/${name}`, import.meta.url));

export const REAL_FILES = [
  'esp/esp8266-tasmota-lite-9.2.0.bin',
  'esp/esp32-bootset/bootloader_dout_40m_2MB.bin',
  'esp/esp32-bootset/bootloader_dio_40m_2MB.bin',
  'esp/esp32-bootset/partitions.bin',
  'esp/esp32-bootset/boot_app0.bin',
  'esp/esp32-app-hello-world-signed.bin',
  'plugs/athom-esp8266-mini-updater.bin',
  'plugs/espurna-base-1.13.5.bin',
  'plugs/haa-fullhaaboot-12.18.0.bin',
  'plugs/haa-tasmota2haa-12.18.0.bin.gz',
  'plugs/haa-otamain-12.18.0.bin.sec',
  'plugs/mgos512k-0x7000.bin',
  'plugs/synthetic-mg2x-ShellyPlugS.zip',
  'plugs/tasmota-minimal-9.2.0.bin',
  'plugs/tuya-convert-upgrade-1.5.ug.bin',
] as const;

const TELINK = [
  '1141-020a-99993001-ATC_v58.zigbee',
  'ATC_Thermometer.bin',
  'ATC_v58.bin',
  'BTH_v58.bin',
  'CGG1_v58.bin',
  'FullFlash_MHO-C401_v1.0.0_0010.bin.gz',
  'MHO_C401_v58.bin',
  'MJWSD05MMC_ff.bin.gz',
  'Original_OTA_Xiaomi_LYWSD03MMC_v1.0.0_0109.bin',
  'Original_OTA_Xiaomi_LYWSD03MMC_v1.0.0_0130.bin',
  'Original_OTA_Xiaomi_LYWSD03MMC_v2.1.1_0159_B1.6.bin',
  'Original_OTA_Xiaomi_LYWSD03MMC_v2.1.1_0159c.bin',
  'Original_OTA_Xiaomi_MHO_C401_v1.0.0_0016.bin',
  'Original_OTA_Xiaomi_MJWSD05MMC_v2.0.0_0026.bin',
  'Original_full_flash_Xiaomi_LYWSD03MMC.bin.gz',
  'Z03MMC_v0139.bin',
  'ff_cgg1_1.0.1_0093.bin.gz',
] as const;
export const TELINK_FILES = TELINK.map((name) => `telink/firmware/${name}` as const);

export const hasTelinkFiles = TELINK_FILES.every((name) => existsSync(dataFile(name)));
export const hasRealFiles = REAL_FILES.every((name) => existsSync(dataFile(name)));
