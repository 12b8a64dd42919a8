import { sanitize } from '../../core/text.ts';
import type { Advertisement } from '../../drivers/ble/radio.ts';
import { Sightings, type HeardUnit } from './sightings.ts';

/**
 * One line on what a single advertisement says, for `benchflash scan`:
 * `LYWSD03MMC  stock, not bound  "LYWSD03MMC"  -58 dBm`. Undefined for what is no thermometer.
 */
export function describeAdvertisement(heard: Advertisement): string | undefined {
  const unit = new Sightings().hear(heard);
  return unit == null ? undefined : describeUnit(unit);
}

/** The same from all packets of a unit. */
export function describeUnit(unit: HeardUnit): string {
  const { firmware, bound, temperatureC, humidityPercent, batteryPercent, batteryMv, name } = unit;
  const states = [
    firmware == null
      ? 'firmware unknown'
      : `${firmware.text}${firmware.certain || firmware.family === 'other' ? '' : ' (by its format)'}`,
    ...(unit.firmwareVersion == null ? [] : [`version ${unit.firmwareVersion}`]),
    ...(bound == null ? [] : [bound ? 'bound' : 'not bound']),
    ...(unit.locked ? ['encrypted'] : []),
  ];
  const values = [
    ...(temperatureC == null ? [] : [`${temperatureC.toFixed(1)} C`]),
    ...(humidityPercent == null ? [] : [`${humidityPercent.toFixed(0)} %RH`]),
    ...(batteryPercent == null ? [] : [`battery ${batteryPercent} %`]),
    ...(batteryMv == null ? [] : [`${batteryMv} mV`]),
  ];
  const parts = [
    unit.model ?? 'thermometer',
    states.join(', '),
    values.join(' '),
    name == null ? '' : `"${sanitize(name)}"`,
    `${unit.rssiDbm} dBm`,
  ];
  return parts.filter((part) => part !== '').join('  ');
}
