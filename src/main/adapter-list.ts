import { accessSync, constants } from 'node:fs';
import type { SerialPortInfo } from '../drivers/serial/adapter.ts';
import type { AdapterList, AdapterView } from '../ui/services.ts';
import type { PortNames } from './port-names.ts';

/** The adapters that are plugged in, followed while somebody listens. */
export function adapterList(ports: PortNames): AdapterList {
  const listeners = new Set<() => void>();
  let seen: readonly SerialPortInfo[] | undefined;
  let views: readonly AdapterView[] = [];
  const changed = () => listeners.forEach((listener) => listener());

  return {
    list() {
      if (seen !== ports.ports) {
        seen = ports.ports;
        views = seen.map(adapterView);
      }
      return views;
    },
    subscribe(listener) {
      if (listeners.size === 0) ports.watch(changed);
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
        if (listeners.size === 0) ports.stop();
      };
    },
    rename(key, label) {
      void ports.rename(key, label).then(changed);
    },
  };
}

function adapterView({ path, key, name, label, chip, usb }: SerialPortInfo): AdapterView {
  const usable = mayOpen(path);
  const advice = usable
    ? chip.notes[0]
    : `This user may not open ${path}: benchflash doctor says how to change that.`;
  return {
    key,
    // By its serial number or USB place, so that a slot outlives replugging.
    link: key.startsWith('usb:') ? key : path,
    label: name ?? label,
    chip: chip.title,
    ...(usb?.location != null && { location: `USB ${usb.location}` }),
    ...(advice != null && { advice }),
    usable,
  };
}

function mayOpen(path: string): boolean {
  if (process.platform === 'win32') return true;
  try {
    accessSync(path, constants.R_OK | constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
