/** The command service of pvvx firmware. */
export { PVVX_CHARACTERISTIC, PVVX_ZIGBEE_CHARACTERISTIC } from './channel.ts';
export { MAX_NAME_BYTES, PvvxClient, type ComfortLimits } from './client.ts';
export {
  ADVERTISING_FORMATS,
  readConfig,
  type AdvertisingFormat,
  type ConfigBytes,
  type PvvxConfig,
} from './config.ts';
export { offers, SERVICE, type PvvxIdentity } from './identity.ts';
export type { MiKeyDump } from './mi-keys.ts';
export { applyProfile, type PvvxProfile } from './profile.ts';
