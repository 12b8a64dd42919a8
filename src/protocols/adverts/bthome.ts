import { concatUint8Arrays } from 'uint8array-extras';
import { ccmOpen } from '../ble/ccm.ts';
import { macBytes, macFromAir } from '../ble/mac.ts';
import { bthomeObjects } from './bthome-objects.ts';
import { percent, viewOf, type AdvertFrame, type DecodeContext } from './frame.ts';

export const BTHOME_SERVICE = 'fcd2';
const VERSION = 2;
/** Packet counter and tag behind the cipher text. */
const TAIL_BYTES = 8;
const COUNTER_BYTES = 4;

/**
 * Reads a BTHome v2 packet. Undefined for other versions. pvvx firmware alternates two packets, one with temperature,
 * humidity and battery, one with the voltage: a unit is known from both.
 */
export function decodeBthome(data: Uint8Array, context: DecodeContext = {}): AdvertFrame | undefined {
  const info = data[0];
  if (info == null || info >> 5 !== VERSION) return undefined;
  const encrypted = (info & 1) !== 0;
  const holdsMac = (info & 2) !== 0;
  if (holdsMac && data.length < 7) return undefined;
  const mac = holdsMac ? macFromAir(data.subarray(1, 7)) : undefined;
  const body = data.subarray(holdsMac ? 7 : 1);
  const plain = encrypted ? open(info, body, mac ?? context.mac, context.bindKey) : body;
  return {
    format: 'bthome-v2',
    encrypted,
    locked: plain == null,
    ...(mac == null ? {} : { mac }),
    ...(plain == null ? {} : objects(plain)),
  };
}

function open(
  info: number,
  body: Uint8Array,
  mac: string | undefined,
  key: Uint8Array | undefined,
): Uint8Array | undefined {
  const address = macBytes(mac);
  if (address == null || key == null || body.length < TAIL_BYTES) return undefined;
  const text = body.subarray(0, body.length - TAIL_BYTES);
  const counter = body.subarray(text.length, text.length + COUNTER_BYTES);
  const tag = body.subarray(text.length + COUNTER_BYTES);
  const nonce = concatUint8Arrays([address, Uint8Array.of(0xd2, 0xfc, info), counter]);
  return ccmOpen(concatUint8Arrays([text, tag]), { key, nonce });
}

type Values = Partial<
  Pick<
    AdvertFrame,
    'batteryPercent' | 'batteryMv' | 'temperatureC' | 'humidityPercent' | 'counter' | 'firmwareVersion'
  >
>;

function objects(bytes: Uint8Array): Values {
  let values: Values = {};
  for (const { id, data } of bthomeObjects(bytes)) values = { ...values, ...valueOf(id, data) };
  return values;
}

function valueOf(id: number, data: Uint8Array): Values {
  const view = viewOf(data);
  switch (id) {
    case 0x00:
      return { counter: data[0]! };
    case 0x01:
      return { batteryPercent: percent(data[0]!) };
    case 0x02:
      return { temperatureC: view.getInt16(0, true) / 100 };
    case 0x03:
      return { humidityPercent: view.getUint16(0, true) / 100 };
    case 0x0c:
      return { batteryMv: view.getUint16(0, true) };
    case 0x2e:
      return { humidityPercent: data[0]! };
    case 0x45:
      return { temperatureC: view.getInt16(0, true) / 10 };
    case 0xf1:
    case 0xf2:
      return { firmwareVersion: Array.from(data).reverse().join('.') };
    default:
      return {};
  }
}
