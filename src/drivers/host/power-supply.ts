import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface PowerSupply {
  readonly onBattery: boolean;
  /** 0 to 100; undefined where the battery does not tell. */
  readonly batteryPercent?: number;
}

/**
 * What this computer runs on, as Linux shows it (Documentation/ABI/testing/sysfs-class-power). Undefined where that is
 * not known: another system, or no battery and no mains that tells. Never throws.
 */
export async function powerSupply(sysfs = '/sys'): Promise<PowerSupply | undefined> {
  const folder = join(sysfs, 'class/power_supply');
  const names = await readdir(folder).catch((): string[] => []);
  const supplies = await Promise.all(names.map((name) => readSupply(join(folder, name))));
  // A mouse has a battery too: its scope is the device.
  const own = supplies.filter(({ scope }) => scope !== 'Device');
  const battery = own.find(({ type }) => type === 'Battery');
  const isFed = own.some(({ type, online }) => type !== 'Battery' && online !== '0' && online !== '');
  if (!battery) return isFed ? { onBattery: false } : undefined;
  const percent = Number.parseInt(battery.capacity, 10);
  return {
    onBattery: !isFed && battery.status === 'Discharging',
    ...(Number.isInteger(percent) && { batteryPercent: percent }),
  };
}

async function readSupply(folder: string) {
  const word = (name: string) =>
    readFile(join(folder, name), 'utf8').then(
      (text) => text.trim(),
      () => '',
    );
  const [type, scope, online, status, capacity] = await Promise.all(
    ['type', 'scope', 'online', 'status', 'capacity'].map(word),
  );
  return { type, scope, online: online ?? '', status, capacity: capacity ?? '' };
}
