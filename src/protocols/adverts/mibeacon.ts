import { concatUint8Arrays } from 'uint8array-extras';
import { ccmOpen } from '../ble/ccm.ts';
import { macBytes, macFromAir } from '../ble/mac.ts';
import { percent, viewOf, type AdvertFrame, type DecodeContext, type Readings } from './frame.ts';

/** Xiaomi's service. */
export const MIBEACON_SERVICE = 'fe95';

const HEADER_BYTES = 5;
const AAD = Uint8Array.of(0x11);
/** Extension of the frame counter and tag, behind the cipher text (versions 4 and 5). */
const COUNTER_EXTENSION_BYTES = 3;
const TAIL_BYTES = COUNTER_EXTENSION_BYTES + 4;
/** Older versions encrypt in another way, with a 12-byte key; they are recognised only. */
const FIRST_CCM_VERSION = 4;

const BIT = { encrypted: 3, mac: 4, capability: 5, object: 6, registered: 8 } as const;
/** In the capability byte: two more bytes follow. */
const HAS_IO_CAPABILITY = 0x20;

/**
 * Reads a MiBeacon frame, versions 2 to 5. Undefined for bytes that are none.
 *
 * `bound`: bit 8 alone does not tell, a bound LYWSD03MMC sends 0x5858 without it. What is encrypted has a bind key and
 * so is bound; a plain frame with the whole capability field (0x28 and two bytes) is what an unbound unit was seen to
 * send (pvvx/ATC_MiThermometer#393); bound ones send 0x08 there.
 */
export function decodeMiBeacon(data: Uint8Array, context: DecodeContext = {}): AdvertFrame | undefined {
  if (data.length < HEADER_BYTES) return undefined;
  const view = viewOf(data);
  const control = view.getUint16(0, true);
  const has = (bit: number) => ((control >> bit) & 1) === 1;
  const version = control >> 12;
  if (version < 2 || version > 5) return undefined;

  let at = HEADER_BYTES;
  let mac: string | undefined;
  if (has(BIT.mac)) {
    if (data.length < at + 6) return undefined;
    mac = macFromAir(data.subarray(at, at + 6));
    at += 6;
  }
  let offersBinding = false;
  if (has(BIT.capability)) {
    if (data.length < at + 1) return undefined;
    offersBinding = (data[at]! & HAS_IO_CAPABILITY) !== 0;
    at += offersBinding ? 3 : 1;
  }
  const encrypted = has(BIT.encrypted);
  const body = has(BIT.object) ? data.subarray(Math.min(at, data.length)) : new Uint8Array(0);
  const plain = encrypted ? open(data, body, version, mac ?? context.mac, context.bindKey) : body;
  const bound = encrypted || has(BIT.registered) ? true : offersBinding ? false : undefined;
  return {
    format: 'mibeacon',
    encrypted,
    locked: encrypted && plain == null && body.length > 0,
    productId: view.getUint16(2, true),
    counter: data[4]!,
    ...(mac == null ? {} : { mac }),
    ...(bound == null ? {} : { bound }),
    ...(plain == null ? {} : objects(plain)),
  };
}

function open(
  frame: Uint8Array,
  body: Uint8Array,
  version: number,
  mac: string | undefined,
  key: Uint8Array | undefined,
): Uint8Array | undefined {
  const address = macBytes(mac);
  if (address == null || key == null || version < FIRST_CCM_VERSION || body.length <= TAIL_BYTES)
    return undefined;
  const text = body.subarray(0, body.length - TAIL_BYTES);
  const extension = body.subarray(text.length, text.length + COUNTER_EXTENSION_BYTES);
  const tag = body.subarray(text.length + COUNTER_EXTENSION_BYTES);
  const nonce = concatUint8Arrays([address.slice().reverse(), frame.subarray(2, 5), extension]);
  return ccmOpen(concatUint8Arrays([text, tag]), { key, nonce, aad: AAD });
}

/** `id u16, length u8, data`, one after another. */
function objects(bytes: Uint8Array): Readings {
  const view = viewOf(bytes);
  let readings: Readings = {};
  for (let at = 0; at + 3 <= bytes.length;) {
    const id = view.getUint16(at, true);
    const length = bytes[at + 2]!;
    at += 3;
    if (at + length > bytes.length) break;
    if (id === 0x1004 && length === 2) readings = { ...readings, temperatureC: view.getInt16(at, true) / 10 };
    else if (id === 0x1006 && length === 2)
      readings = { ...readings, humidityPercent: view.getUint16(at, true) / 10 };
    else if (id === 0x100a && length === 1) readings = { ...readings, batteryPercent: percent(bytes[at]!) };
    else if (id === 0x100d && length === 4)
      readings = {
        ...readings,
        temperatureC: view.getInt16(at, true) / 10,
        humidityPercent: view.getUint16(at + 2, true) / 10,
      };
    at += length;
  }
  return readings;
}
