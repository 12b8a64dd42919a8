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
  'telink/firmware/ATC_v58.bin',
] as const;

export const hasRealFiles = REAL_FILES.every((name) => existsSync(dataFile(name)));
