import type { Advertisement } from '../../drivers/ble/radio.ts';
import { BTHOME_SERVICE, decodeBthome } from './bthome.ts';
import {
  BTHOME_V1_ENCRYPTED_SERVICE,
  BTHOME_V1_SERVICE,
  decodeBthomeV1,
  decodeBthomeV1Encrypted,
} from './bthome-v1.ts';
import { decodeEnvironmental, ENVIRONMENTAL_SERVICE } from './environmental.ts';
import type { AdvertFrame, DecodeContext } from './frame.ts';
import { decodeMiBeacon, MIBEACON_SERVICE } from './mibeacon.ts';
import { decodeQingping, QINGPING_SERVICES } from './qingping.ts';

type Decoder = (data: Uint8Array, context: DecodeContext) => AdvertFrame | undefined;

const DECODERS: ReadonlyMap<string, Decoder> = new Map<string, Decoder>([
  [MIBEACON_SERVICE, decodeMiBeacon],
  [ENVIRONMENTAL_SERVICE, decodeEnvironmental],
  [BTHOME_SERVICE, decodeBthome],
  [BTHOME_V1_SERVICE, decodeBthomeV1],
  [BTHOME_V1_ENCRYPTED_SERVICE, decodeBthomeV1Encrypted],
  ...QINGPING_SERVICES.map((service): [string, Decoder] => [service, decodeQingping]),
]);

/** What of an advertisement is in a format of these devices; nothing of it throws, whatever is on the air. */
export function decodeAdvertisement(heard: Advertisement, bindKey?: Uint8Array): readonly AdvertFrame[] {
  const context: DecodeContext = {
    ...(heard.addressIsMac ? { mac: heard.address } : {}),
    ...(bindKey == null ? {} : { bindKey }),
  };
  return heard.serviceData.flatMap(({ uuid, data }) => DECODERS.get(uuid)?.(data, context) ?? []);
}
