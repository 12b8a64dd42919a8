import type { ScannedPort } from '../cli/services.ts';
import type { SerialPortInfo } from '../drivers/serial/adapter.ts';

export function scannedPort({ path, key, label, chip, usb }: SerialPortInfo): ScannedPort {
  return {
    link: path,
    key,
    label,
    chip: chip.title,
    dependableBaudRate: chip.dependableBaudRate,
    advice: chip.notes,
    ...(usb && { usb }),
  };
}
