import { concatUint8Arrays } from 'uint8array-extras';
import { ccmOpen } from '../ble/ccm.ts';
import { macBytes } from '../ble/mac.ts';
import { percent, viewOf, type AdvertFrame, type DecodeContext } from './frame.ts';

/** The services of the old version, plain and encrypted. */
export const BTHOME_V1_SERVICE = '181c';
export const BTHOME_V1_ENCRYPTED_SERVICE = '181e';

const AAD = Uint8Array.of(0x11);
const TAIL_BYTES = 8;
const COUNTER_BYTES = 4;
/** In the byte before each object: its length, id included, and above it the kind of number. */
const LENGTH_MASK = 0x1f;
const SIGNED = 1;

export function decodeBthomeV1(data: Uint8Array): AdvertFrame | undefined {
  const values = objects(data);
  return values == null ? undefined : { format: 'bthome-v1', encrypted: false, locked: false, ...values };
}

export function decodeBthomeV1Encrypted(
  data: Uint8Array,
  { mac, bindKey: key }: DecodeContext = {},
): AdvertFrame | undefined {
  if (data.length <= TAIL_BYTES) return undefined;
  const address = macBytes(mac);
  const text = data.subarray(0, data.length - TAIL_BYTES);
  const counter = data.subarray(text.length, text.length + COUNTER_BYTES);
  const tag = data.subarray(text.length + COUNTER_BYTES);
  const plain =
    address == null || key == null
      ? undefined
      : ccmOpen(concatUint8Arrays([text, tag]), {
          key,
          nonce: concatUint8Arrays([address, Uint8Array.of(0x1e, 0x18), counter]),
          aad: AAD,
        });
  return {
    format: 'bthome-v1',
    encrypted: true,
    locked: plain == null,
    ...(plain == null ? {} : objects(plain)),
  };
}

function objects(bytes: Uint8Array): Partial<AdvertFrame> | undefined {
  let values: Partial<AdvertFrame> = {};
  let at = 0;
  while (at < bytes.length) {
    const length = bytes[at]! & LENGTH_MASK;
    const end = at + 1 + length;
    if (length < 2 || end > bytes.length) return undefined;
    const value = numberOf(bytes.subarray(at + 2, end), bytes[at]! >> 5 === SIGNED);
    values = { ...values, ...valueOf(bytes[at + 1]!, value) };
    at = end;
  }
  return at === 0 ? undefined : values;
}

function valueOf(id: number, value: number | undefined): Partial<AdvertFrame> {
  if (value == null) return {};
  switch (id) {
    case 0x00:
      return { counter: value };
    case 0x01:
      return { batteryPercent: percent(value) };
    case 0x02:
      return { temperatureC: value / 100 };
    case 0x03:
      return { humidityPercent: value / 100 };
    case 0x0c:
      return { batteryMv: value };
    default:
      return {};
  }
}

function numberOf(bytes: Uint8Array, signed: boolean): number | undefined {
  const view = viewOf(bytes);
  if (bytes.length === 1) return signed ? view.getInt8(0) : view.getUint8(0);
  if (bytes.length === 2) return signed ? view.getInt16(0, true) : view.getUint16(0, true);
  if (bytes.length === 4) return signed ? view.getInt32(0, true) : view.getUint32(0, true);
  return undefined;
}
