import { latin1, textOf } from '../../bytes.ts';
import type { RunningPlug } from '../plug-firmware.ts';
import { SECTOR_BYTES, SETTINGS_OFFSET } from './layout.ts';

/** What a DIY unit is set to. */
export interface DiySettings {
  readonly switch: 'on' | 'off';
  readonly startup: 'on' | 'off' | 'stay';
  readonly pulse: 'on' | 'off';
  /** Ms. */
  readonly pulseWidth: number;
  readonly otaUnlock: boolean;
  /** Undefined: its own access point is open. */
  readonly ssid?: string | undefined;
  readonly password?: string | undefined;
  /** Whether the vendor can be reached from where it is. The practice LAN has no internet of its own. */
  readonly hasInternet: boolean;
}

export const NEW_SETTINGS: DiySettings = {
  switch: 'off',
  startup: 'off',
  pulse: 'off',
  pulseWidth: 500,
  otaUnlock: false,
  hasInternet: true,
};

export function readSettings(flash: Uint8Array): DiySettings {
  const text = textOf(flash.subarray(SETTINGS_OFFSET, SETTINGS_OFFSET + SECTOR_BYTES));
  try {
    return { ...NEW_SETTINGS, ...(JSON.parse(text) as Partial<DiySettings>) };
  } catch {
    return NEW_SETTINGS;
  }
}

export const settingsSector = (settings: DiySettings): Uint8Array => {
  const sector = new Uint8Array(SECTOR_BYTES);
  sector.set(latin1(JSON.stringify(settings)));
  return sector;
};

export const storeSettings = (plug: RunningPlug, settings: DiySettings): Promise<void> =>
  plug.write(SETTINGS_OFFSET, settingsSector(settings));
