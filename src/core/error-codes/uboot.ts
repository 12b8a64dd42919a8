import type { ErrorCodeRow } from '../errors.ts';
import { KEEPS_BACKUP, NOTHING_WRITTEN } from './retries.ts';

/** The U-Boot console of a device, what it does for us, and the Linux it starts. */
export const UBOOT_CODES = {
  CONSOLE_SILENT: {
    outcome: 'ERROR',
    blame: 'bench',
    message: 'Nothing at all was heard on the console.',
    advice:
      'Check GND, swap TX and RX, check 115200 and the power. If it stays silent the boot loader is gone: flash boot with the programmer (dafang-spi).',
    retry: NOTHING_WRITTEN,
  },
  CONSOLE_GARBAGE: {
    outcome: 'ERROR',
    blame: 'bench',
    message: 'What is heard on the console cannot be read.',
    advice: 'Check that GND is connected, that the adapter is a 3.3 V one, and that the rate is 115200.',
    retry: NOTHING_WRITTEN,
  },
  UBOOT_SPL_ONLY: {
    outcome: 'FAIL',
    blame: 'device',
    message: 'The SPL starts and U-Boot does not: the boot loader is damaged or made for other RAM.',
    advice: 'The console cannot mend this: flash boot with the programmer (dafang-spi).',
    retry: NOTHING_WRITTEN,
  },
  UBOOT_COUNTDOWN_MISSED: {
    outcome: 'ERROR',
    blame: 'bench',
    message: 'The camera starts, but its countdown was not stopped: it does not hear this computer.',
    advice: 'Check the wire from TX of the adapter to RX of the camera, then power it off and on.',
    retry: NOTHING_WRITTEN,
  },
  UBOOT_SILENT: {
    outcome: 'ERROR',
    blame: 'device',
    message: 'U-Boot did not come back to its prompt after a command.',
    advice: 'Power the camera off and on, then retry: its boot loader was not touched.',
    retry: KEEPS_BACKUP,
  },
  UBOOT_ECHO_DAMAGED: {
    outcome: 'ERROR',
    blame: 'bench',
    message: 'Commands do not arrive at U-Boot as they were sent; none of them was carried out.',
    advice: 'Shorten the wires, check GND and the 3.3 V level of TX, then retry.',
    retry: KEEPS_BACKUP,
  },
  UBOOT_COMMAND_FAILED: {
    outcome: 'ERROR',
    blame: 'device',
    message: 'U-Boot did not do what a command asked for.',
    advice: 'Read its answer in the record, then retry.',
    retry: KEEPS_BACKUP,
  },
  UBOOT_COMMAND_REFUSED: {
    outcome: 'ERROR',
    blame: 'bench',
    message: 'A command that could erase the whole chip or write the boot loader was held back.',
    advice: 'Report this with the log: benchflash must never get this far.',
    retry: KEEPS_BACKUP,
  },
  UBOOT_READ_DAMAGED: {
    outcome: 'ERROR',
    blame: 'bench',
    message: 'What was read over the console is damaged again and again.',
    advice: 'Shorten the wires, check GND, use another adapter; then retry.',
    retry: KEEPS_BACKUP,
  },
  UBOOT_FLASH_UNKNOWN: {
    outcome: 'FAIL',
    blame: 'device',
    message: 'U-Boot does not know the flash chip of this camera.',
    advice: 'Flash with the programmer (dafang-spi), with a boot loader that knows the chip.',
    retry: NOTHING_WRITTEN,
  },
  UBOOT_FLASH_FAILED: {
    outcome: 'ERROR',
    blame: 'device',
    message: 'The flash chip did not take what U-Boot wrote.',
    advice: 'Leave the power on and retry: the boot loader is whole. If it repeats, the chip is worn.',
    retry: KEEPS_BACKUP,
  },
  SD_CARD_UNUSABLE: {
    outcome: 'ERROR',
    blame: 'operator',
    message: 'U-Boot finds no demo.bin on an SD card.',
    advice:
      'Put demo.bin into the root of a FAT32 card (first partition of 512 MB or less), or use --set source=serial.',
    retry: NOTHING_WRITTEN,
  },
  SD_FILE_WRONG: {
    outcome: 'SKIPPED',
    blame: 'operator',
    message: 'The demo.bin on the SD card is not the one that was chosen. Nothing was written.',
    advice: 'Copy the chosen file to the card again, or use --set source=serial.',
    retry: NOTHING_WRITTEN,
  },
  UPLOAD_FAILED: {
    outcome: 'ERROR',
    blame: 'bench',
    message: 'The upload over the console (YMODEM) failed.',
    advice: 'Shorten the wires, check GND, then retry.',
    retry: KEEPS_BACKUP,
  },
  KERNEL_MISSING: {
    outcome: 'FAIL',
    blame: 'device',
    message: 'U-Boot finds no kernel it can start.',
    advice: 'Flash demo.bin, then power the camera off and on.',
    retry: KEEPS_BACKUP,
  },
  MAC_CHANGED: {
    outcome: 'FAIL',
    blame: 'device',
    message: 'Linux runs with another MAC than the one in para: the camera has lost its identity.',
    advice: 'Put para back: benchflash restore dafang-console --backup FILE.',
    retry: KEEPS_BACKUP,
  },
  LINUX_WITHOUT_MAC: {
    outcome: 'FAIL',
    blame: 'device',
    message: 'Linux runs, but para holds no identity: the camera makes up a new MAC at each start.',
    advice:
      'Put para back from an older backup of this camera: benchflash restore dafang-console --backup FILE.',
    retry: KEEPS_BACKUP,
  },
  MAC_NOT_SEEN: {
    outcome: 'UNSURE',
    blame: 'bench',
    message: 'Linux was seen to start, but it did not say its MAC.',
    advice: 'Look again, or compare the MAC in the router with the one in the record.',
    retry: 'Look again listens to the next start and writes nothing.',
  },
} as const satisfies Record<string, ErrorCodeRow>;
