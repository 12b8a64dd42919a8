import { esp32 } from './chip/esp32.ts';
import { esp8266 } from './chip/esp8266.ts';
import { espDevice, norFlash } from './esp-device.ts';
import {
  doutApp,
  doutBootloader,
  doutOtadata,
  doutPartitions,
  esphomeApp,
  esphomeFactory,
  LAMP_FLASH_BYTES,
  lampEsphomeFlash,
  lampFactoryFlash,
  lampHalfWrittenFlash,
} from './images/lamp-images.ts';
import { plugFactoryFlash } from './images/plug-images.ts';
import { unitMac } from './images/unit-secrets.ts';

const XIAOMI_OUI = [0x04, 0xcf, 0x8c] as const;
const MIB = 1_048_576;
const GIGADEVICE = [0xc8, 0x40] as const;
/** QIO and QOUT want two wires more than lie between chip and flash. */
const DIO_AND_DOUT = [2, 3];

/** Mijia Bedside Lamp 2: single-core ESP32, 4 MB, an invalid MAC CRC. Every fourth unit has the later chip revision. */
export const lamp = espDevice({
  name: 'lamp',
  title: 'Mijia Bedside Lamp 2 (ESP32, 4 MB)',
  flashSizes: [LAMP_FLASH_BYTES],
  flashMaker: GIGADEVICE,
  states: [
    {
      name: 'factory',
      text: 'as it comes from the shop, with Wi-Fi credentials of its owner',
      flash: lampFactoryFlash,
    },
    { name: 'blank', text: 'erased flash', flash: () => new Uint8Array(LAMP_FLASH_BYTES).fill(0xff) },
    { name: 'esphome', text: 'runs the practice ESPHome image already', flash: lampEsphomeFlash },
    { name: 'half-written', text: 'an earlier flash broke off in the middle', flash: lampHalfWrittenFlash },
  ],
  images: [
    { file: 'lamp-esphome.bin', title: 'practice ESPHome, application only', make: esphomeApp },
    {
      file: 'lamp-esphome-factory.bin',
      title: 'practice ESPHome with boot loader and partition table',
      flashOffset: 0x0,
      make: esphomeFactory,
    },
    {
      file: 'lamp-dout-bootloader.bin',
      title: 'DOUT boot loader',
      flashOffset: 0x1000,
      make: doutBootloader,
    },
    {
      file: 'lamp-dout-partitions.bin',
      title: 'partition table for the DOUT set',
      flashOffset: 0x8000,
      make: doutPartitions,
    },
    {
      file: 'lamp-dout-boot_app0.bin',
      title: 'otadata for the DOUT set',
      flashOffset: 0xe000,
      make: doutOtadata,
    },
    { file: 'lamp-dout-app.bin', title: 'DOUT application', flashOffset: 0x10000, make: doutApp },
  ],
  chip: (flash, unit, faults) =>
    esp32(
      {
        mac: unitMac(XIAOMI_OUI, unit),
        macCrcValid: false,
        revision: unit % 4 === 0 ? 3 : 1,
        flashEncrypted: faults.strikes('flash-encrypted'),
        secureBoot: faults.strikes('secure-boot'),
        workingFlashModes: DIO_AND_DOUT,
      },
      flash,
    ),
  otherChip: (unit) =>
    esp8266(
      { mac: unitMac([0xa0, 0x20, 0xa6], unit), embeddedFlash: false },
      norFlash(plugFactoryFlash(unit, 2 * MIB), GIGADEVICE),
    ),
});
