import { joinBytes } from '../../bytes.ts';
import { reversed } from './mi-beacon.ts';
import { sealCcm } from './mi-crypto.ts';
import { be16, le16, le32, type Reading } from './sensor.ts';

/** `mac` first byte first everywhere; what is returned is what follows the UUID in the service data. */

/** 0x181A, 15 bytes: format "custom" of pvvx, low byte first. */
export const customBeacon = (mac: Uint8Array, reading: Reading, count: number): Uint8Array =>
  joinBytes(
    reversed(mac),
    Uint8Array.of(
      ...le16(reading.centiCelsius),
      ...le16(reading.centiHumidity),
      ...le16(reading.batteryMv),
      reading.batteryPercent,
      count & 0xff,
      0,
    ),
  );

/** 0x181A, 13 bytes: format of atc1441, high byte first. */
export const atcBeacon = (mac: Uint8Array, reading: Reading, count: number): Uint8Array =>
  joinBytes(
    mac,
    Uint8Array.of(
      ...be16(Math.round(reading.centiCelsius / 10)),
      Math.round(reading.centiHumidity / 100),
      reading.batteryPercent,
      ...be16(reading.batteryMv),
      count & 0xff,
    ),
  );

/** 0x181A, 11 bytes. */
export const sealedCustomBeacon = (
  mac: Uint8Array,
  reading: Reading,
  count: number,
  key: Uint8Array,
): Uint8Array =>
  sealedEnvironment(
    mac,
    count,
    key,
    Uint8Array.of(...le16(reading.centiCelsius), ...le16(reading.centiHumidity), reading.batteryPercent, 0),
  );

/** 0x181A, 8 bytes: half degrees from -40, half percents, battery. */
export const sealedAtcBeacon = (
  mac: Uint8Array,
  reading: Reading,
  count: number,
  key: Uint8Array,
): Uint8Array =>
  sealedEnvironment(
    mac,
    count,
    key,
    Uint8Array.of(
      Math.floor((reading.centiCelsius + 25) / 50) + 80,
      Math.floor((reading.centiHumidity + 25) / 50),
      reading.batteryPercent,
    ),
  );

function sealedEnvironment(mac: Uint8Array, count: number, key: Uint8Array, plain: Uint8Array): Uint8Array {
  // The structure's length byte is part of the nonce: type, UUID, counter, cipher text and tag.
  const length = 1 + 2 + 1 + plain.length + 4;
  const nonce = joinBytes(reversed(mac), Uint8Array.of(length, 0x16, 0x1a, 0x18, count & 0xff));
  const { text, tag } = sealCcm(key, nonce, Uint8Array.of(0x11), plain);
  return joinBytes(Uint8Array.of(count & 0xff), text, tag);
}

const BTHOME = {
  plain: 0x40,
  sealed: 0x41,
  packetId: 0x00,
  battery: 0x01,
  temperature: 0x02,
  humidity: 0x03,
};
const BTHOME_SWITCH = 0x10;
const BTHOME_OPEN = 0x11;
const BTHOME_VOLTAGE = 0x0c;

/** 0xFCD2: BTHome v2. pvvx sends two packets in turn: the values, and voltage with its switches. */
export function bthomeBeacon(
  mac: Uint8Array,
  reading: Reading,
  count: number,
  part: 'values' | 'voltage',
  key: Uint8Array | undefined,
): Uint8Array {
  const objects =
    part === 'values'
      ? Uint8Array.of(
          BTHOME.battery,
          reading.batteryPercent,
          BTHOME.temperature,
          ...le16(reading.centiCelsius),
          BTHOME.humidity,
          ...le16(reading.centiHumidity),
        )
      : Uint8Array.of(BTHOME_VOLTAGE, ...le16(reading.batteryMv), BTHOME_SWITCH, 0, BTHOME_OPEN, 0);
  if (key == null) return joinBytes(Uint8Array.of(BTHOME.plain, BTHOME.packetId, count & 0xff), objects);
  const counter = Uint8Array.of(...le32(count));
  const nonce = joinBytes(mac, Uint8Array.of(0xd2, 0xfc, BTHOME.sealed), counter);
  const { text, tag } = sealCcm(key, nonce, new Uint8Array(0), objects);
  return joinBytes(Uint8Array.of(BTHOME.sealed), text, counter, tag);
}
