import { concatUint8Arrays } from 'uint8array-extras';
import { formatMac } from '../../core/identity.ts';
import { ccmOpen } from '../ble/ccm.ts';
import { macBytes, macFromAir } from '../ble/mac.ts';
import { percent, viewOf, type AdvertFrame, type DecodeContext } from './frame.ts';

/** Environmental Sensing: what the free firmwares put their own formats under. */
export const ENVIRONMENTAL_SERVICE = '181a';

/** Payload bytes; the format is told by nothing else. */
const LENGTH = { pvvx: 15, atc1441: 13, pvvxEncrypted: 11, atc1441Encrypted: 8 } as const;
const AAD = Uint8Array.of(0x11);
/** Bytes of the AD structure in front of the payload, itself counted in its length: type 16, UUID 1A 18. */
const AD_HEADER_BYTES = 3;

/** Reads the atc1441 and pvvx "custom" formats and their encrypted forms. Undefined for anything else. */
export function decodeEnvironmental(data: Uint8Array, context: DecodeContext = {}): AdvertFrame | undefined {
  const view = viewOf(data);
  switch (data.length) {
    case LENGTH.pvvx:
      return {
        format: 'pvvx',
        encrypted: false,
        locked: false,
        mac: macFromAir(data.subarray(0, 6)),
        temperatureC: view.getInt16(6, true) / 100,
        humidityPercent: view.getUint16(8, true) / 100,
        batteryMv: view.getUint16(10, true),
        batteryPercent: percent(data[12]!),
        counter: data[13]!,
      };
    case LENGTH.atc1441:
      return {
        format: 'atc1441',
        encrypted: false,
        locked: false,
        mac: formatMac(data.subarray(0, 6)),
        temperatureC: view.getInt16(6) / 10,
        humidityPercent: data[8]!,
        batteryPercent: percent(data[9]!),
        batteryMv: view.getUint16(10),
        counter: data[12]!,
      };
    case LENGTH.pvvxEncrypted: {
      const plain = open(data, context);
      return {
        format: 'pvvx',
        encrypted: true,
        locked: plain == null,
        counter: data[0]!,
        ...(plain == null ? {} : pvvxReadings(plain)),
      };
    }
    case LENGTH.atc1441Encrypted: {
      const plain = open(data, context);
      return {
        format: 'atc1441',
        encrypted: true,
        locked: plain == null,
        counter: data[0]!,
        ...(plain == null ? {} : atcReadings(plain)),
      };
    }
    default:
      return undefined;
  }
}

/** `s16 temperature/100, u16 humidity/100, u8 battery, u8 flags`. */
function pvvxReadings(plain: Uint8Array) {
  const view = viewOf(plain);
  return {
    temperatureC: view.getInt16(0, true) / 100,
    humidityPercent: view.getUint16(2, true) / 100,
    batteryPercent: percent(plain[4]!),
  };
}

/** Half degrees from -40, half percents, battery in seven bits (pvvx mi_beacon.c). */
function atcReadings(plain: Uint8Array) {
  return {
    temperatureC: plain[0]! / 2 - 40,
    humidityPercent: plain[1]! / 2,
    batteryPercent: percent(plain[2]! & 0x7f),
  };
}

function open(data: Uint8Array, { mac, bindKey: key }: DecodeContext): Uint8Array | undefined {
  const address = macBytes(mac);
  if (address == null || key == null) return undefined;
  const header = Uint8Array.of(data.length + AD_HEADER_BYTES, 0x16, 0x1a, 0x18, data[0]!);
  const nonce = concatUint8Arrays([address.slice().reverse(), header]);
  return ccmOpen(data.subarray(1), { key, nonce, aad: AAD });
}
