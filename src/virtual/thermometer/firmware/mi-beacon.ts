import { joinBytes } from '../../bytes.ts';
import { sealCcm } from './mi-crypto.ts';
import { le16, type Reading } from './sensor.ts';

/** Bits of the frame control word (reference "Mi BLE", section 1). */
const CONTROL = { encrypted: 0x0008, mac: 0x0010, capability: 0x0020, object: 0x0040, bound: 0x0100 };
/** Version 5, standard authentication. */
const VERSION_AND_AUTH = 0x5800;
const AAD = Uint8Array.of(0x11);

const OBJECT = { temperature: 0x1004, humidity: 0x1006, battery: 0x100a, both: 0x100d };

export interface MiBeaconSender {
  /** First byte first, as people write it. */
  readonly mac: Uint8Array;
  readonly productId: number;
}

/** "I am here": no values; says whether somebody has bound the unit. */
export function idleBeacon(sender: MiBeaconSender, counter: number, bound: boolean): Uint8Array {
  const control = VERSION_AND_AUTH | CONTROL.mac | CONTROL.capability | (bound ? CONTROL.bound : 0);
  // An unbound stock unit was seen with capability 28; its bit 5 announces two bytes more.
  const capability = bound ? Uint8Array.of(0x08) : Uint8Array.of(0x28, 0x00, 0x00);
  return joinBytes(head(control, sender, counter), reversed(sender.mac), capability);
}

export function plainBeacon(sender: MiBeaconSender, counter: number, object: Uint8Array): Uint8Array {
  const control = VERSION_AND_AUTH | CONTROL.mac | CONTROL.object;
  return joinBytes(head(control, sender, counter), reversed(sender.mac), object);
}

/** `counter` counts on over 32 bits: the low byte goes in front, the others behind the cipher text. */
export function sealedBeacon(
  sender: MiBeaconSender,
  counter: number,
  object: Uint8Array,
  bindKey: Uint8Array,
  flags: { readonly bound: boolean },
): Uint8Array {
  const control =
    VERSION_AND_AUTH | CONTROL.encrypted | CONTROL.mac | CONTROL.object | (flags.bound ? CONTROL.bound : 0);
  const high = Uint8Array.of((counter >>> 8) & 0xff, (counter >>> 16) & 0xff, counter >>> 24);
  const mac = reversed(sender.mac);
  const nonce = joinBytes(mac, Uint8Array.of(...le16(sender.productId), counter & 0xff), high);
  const { text, tag } = sealCcm(bindKey, nonce, AAD, object);
  return joinBytes(head(control, sender, counter), mac, text, high, tag);
}

/** One of the three values in turn, as encrypted beacons carry them. */
export function singleObject(reading: Reading, turn: number): Uint8Array {
  switch (turn % 3) {
    case 0:
      return objectOf(OBJECT.temperature, le16(Math.round(reading.centiCelsius / 10)));
    case 1:
      return objectOf(OBJECT.humidity, le16(Math.round(reading.centiHumidity / 10)));
    default:
      return batteryObject(reading);
  }
}

export function climateObject(reading: Reading): Uint8Array {
  return objectOf(OBJECT.both, [
    ...le16(Math.round(reading.centiCelsius / 10)),
    ...le16(Math.round(reading.centiHumidity / 10)),
  ]);
}

export const batteryObject = (reading: Reading): Uint8Array =>
  objectOf(OBJECT.battery, [reading.batteryPercent]);

const objectOf = (id: number, value: readonly number[]): Uint8Array =>
  Uint8Array.of(...le16(id), value.length, ...value);

const head = (control: number, sender: MiBeaconSender, counter: number): Uint8Array =>
  Uint8Array.of(...le16(control), ...le16(sender.productId), counter & 0xff);

export const reversed = (bytes: Uint8Array): Uint8Array => bytes.toReversed();
