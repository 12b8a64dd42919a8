/** What thermometers say on the air. */
export type { AirFirmware, AirFirmwareFamily } from './air-firmware.ts';
export { awaitUnit, type AwaitUnitOptions } from './await-unit.ts';
export { decodeAdvertisement } from './decode.ts';
export { describeAdvertisement, describeUnit } from './describe.ts';
export type { AdvertFormat, AdvertFrame, Readings } from './frame.ts';
export { ageMs, Sightings, type HeardUnit, type SightingsOptions } from './sightings.ts';
