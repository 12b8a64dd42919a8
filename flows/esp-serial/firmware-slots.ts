import type { EspChipName, FirmwareKind, InspectedFile } from '../../src/firmware/inspect.ts';
import type { FirmwareSlot } from '../flow.ts';

/** Files that only a unit that runs can take. */
const NETWORK_ONLY: Partial<Record<FirmwareKind, string>> = {
  'mongoose-zip':
    'A Mongoose OS update archive goes over the network to a unit that runs Mongoose OS (Shelly).',
  'tasmota-settings': 'A settings backup of Tasmota goes back over the page of a unit that runs Tasmota.',
  'haa-signature': 'This is only the signature of a firmware file, not the firmware.',
};

function slot(
  id: string,
  title: string,
  required: boolean,
  chip: EspChipName,
  kinds: readonly FirmwareKind[],
  otherwise: Partial<Record<FirmwareKind, string>> = {},
): FirmwareSlot {
  return {
    id,
    title,
    required,
    refuses: (file) => {
      // A factory image padded to the size of the flash: whole, but the dump of no unit.
      const padded = file.kind.endsWith('-full-flash') && file.backup?.blankData === true && required;
      if (file.kind.startsWith('telink-'))
        return `${file.title} is for thermometers with a Telink chip (TLSR825x). It is not for an ${chip}.`;
      const network = NETWORK_ONLY[file.kind];
      if (network != null) return `${network} It cannot be written by wire.`;
      const broken = file.problems.find(({ severity }) => severity === 'error');
      if (!padded && !kinds.includes(file.kind))
        return otherwise[file.kind] ?? broken?.text ?? `${file.title} is no ${title}.`;
      if (broken) return broken.text;
      return wrongChip(file, chip);
    },
  };
}

function wrongChip(file: InspectedFile, chip: EspChipName): string | undefined {
  return file.chip !== undefined && file.chip !== chip
    ? `${file.title} is built for ${file.chip}, this device has an ${chip}.`
    : undefined;
}

const FULL_FLASH_REFUSED =
  'This is a backup of a whole flash, with the identity of its unit. Write it with benchflash restore.';

/** Slots of a device with an ESP32 or later: the application alone, or with the boot set it needs. */
export function esp32Slots(chip: EspChipName): FirmwareSlot[] {
  return [
    slot(
      'firmware',
      `${chip} application or merged factory image`,
      true,
      chip,
      ['esp32-app', 'esp32-merged'],
      {
        'esp32-full-flash': FULL_FLASH_REFUSED,
        'esp32-bootloader': 'This is a boot loader alone; the application is missing.',
        'esp32-partition-table': 'This is a partition table alone; the application is missing.',
        'esp32-otadata': 'This is boot_app0 (otadata) alone; the application is missing.',
      },
    ),
    slot('bootloader', `${chip} boot loader`, false, chip, ['esp32-bootloader']),
    slot('partitions', 'partition table', false, chip, ['esp32-partition-table']),
    slot('otadata', 'boot_app0 (otadata)', false, chip, ['esp32-otadata']),
  ];
}

/** The one slot of an ESP8266: everything lies in one image from 0x0. */
export function esp8266Slots(): FirmwareSlot[] {
  return [
    slot('firmware', 'ESP8266 image', true, 'ESP8266', ['esp8266-image'], {
      'esp8266-full-flash': FULL_FLASH_REFUSED,
    }),
  ];
}
