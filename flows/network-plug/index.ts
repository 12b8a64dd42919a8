export { atAccessPoint, hearAccessPoint, type HeardAccessPoint } from './air.ts';
export { awaitUnit, type Appearance, type AwaitOptions } from './appear.ts';
export { doNotUnplug, mayUnplug, SETTLING_MS } from './do-not-unplug.ts';
export { isThatFirmware, namesAccessPoint, newFirmwareOf, type NewFirmware } from './new-firmware.ts';
export { accessPointPage } from './pages.ts';
export { lookOnNetwork, proveOnNetwork, type ProofOptions } from './prove.ts';
export { devicePassword, loginOf, wifiOf, wifiSettings } from './settings.ts';
export { decodeSettings, encodeSettings, keepSettings, PLUG_SETTINGS } from './settings-backup.ts';
export { UnitFinder, type WantedUnit } from './unit-finder.ts';
