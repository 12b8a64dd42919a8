import * as z from 'zod';
import { CodecError } from '../../core/codec-error.ts';
import { sanitize } from '../../core/text.ts';
import { plainMac } from '../plugs/mac.ts';
import { deviceName } from '../plugs/talk.ts';

/** Where the calls go, unless the unit announces another port (DIY protocol, 2.0). */
export const SONOFF_PORT = 8081;

export type SonoffCall = 'info' | 'signal_strength' | 'ota_unlock' | 'ota_flash';

export interface SonoffReply {
  /** 0: done. The others see errors.ts. */
  readonly error: number;
  /** What the unit says besides; empty where it says nothing. */
  readonly data: Readonly<Record<string, unknown>>;
}

export const callPath = (call: SonoffCall): string => `/zeroconf/${call}`;

/** A missing device id stands for the unit that is asked. */
export const encodeCall = (data: Readonly<Record<string, unknown>>): string =>
  JSON.stringify({ deviceid: '', data });

const reply = z.looseObject({ error: z.int(), data: z.unknown().optional() });

/** Version 1.4 sends `data` as a text that holds JSON, 2.0 as an object. Throws CodecError. */
export function decodeReply(text: string): SonoffReply {
  const found = reply.safeParse(parsed(text));
  if (!found.success) throw new CodecError('no reply of the DIY protocol');
  const { error, data } = found.data;
  return { error, data: objectOf(typeof data === 'string' ? parsed(data) : data) };
}

/** Where it posts how its download ended. */
export const RESULT_PATH = '/api/device/otaFlash';

const result = z.looseObject({ error: z.int() });

/** The error that the unit posts once its download is over, 0 for none; undefined where the text is no such result. */
export function decodeResult(text: string): number | undefined {
  const found = result.safeParse(parsed(text));
  return found.success ? found.data.error : undefined;
}

/** What a unit says of itself. Of 1.4 most is missing. */
export interface SonoffInfo {
  readonly deviceId?: string;
  readonly firmware?: string;
  readonly ssid?: string;
  /** Of the access point that it is joined to: never of the unit itself. Lower case with colons. */
  readonly bssid?: string;
  /** How it hears that, dBm. */
  readonly signalDbm?: number;
  /** Undefined where it does not say it. */
  readonly otaUnlock?: boolean;
}

const info = z.looseObject({
  deviceid: deviceName.optional().catch(undefined),
  fwVersion: deviceName.optional().catch(undefined),
  ssid: deviceName.optional().catch(undefined),
  bssid: z.string().optional().catch(undefined),
  signalStrength: z.number().min(-120).max(0).optional().catch(undefined),
  rssi: z.number().min(-120).max(0).optional().catch(undefined),
  otaUnlock: z.boolean().optional().catch(undefined),
});

/** Out of the reply to `info`, or what was announced. */
export function decodeInfo(data: Readonly<Record<string, unknown>>): SonoffInfo {
  const { deviceid, fwVersion, ssid, bssid, signalStrength, rssi, otaUnlock } = info.parse(data);
  const router = plainMac(bssid ?? '');
  const signalDbm = signalStrength ?? rssi;
  return {
    ...(deviceid !== undefined && deviceid !== '' && { deviceId: deviceid }),
    ...(fwVersion !== undefined && fwVersion !== '' && { firmware: fwVersion }),
    ...(ssid !== undefined && { ssid }),
    ...(router !== undefined && { bssid: router }),
    ...(signalDbm !== undefined && signalDbm !== 0 && { signalDbm }),
    ...(otaUnlock !== undefined && { otaUnlock }),
  };
}

/** What a unit announces as `_ewelink._tcp`. */
export interface SonoffAnnouncement {
  readonly deviceId: string;
  /** `diy_plug`, …; without `diy` at its beginning it is on its maker's cloud. */
  readonly type: string;
  readonly isDiy: boolean;
  readonly info: SonoffInfo;
}

/** The JSON of an announcement is cut into texts of 249 bytes, `data1` to `data4`. */
export function readAnnouncement(txt: Readonly<Record<string, string>>): SonoffAnnouncement {
  const joined = ['data1', 'data2', 'data3', 'data4'].map((key) => txt[key] ?? '').join('');
  const type = sanitize(txt['type'] ?? '').slice(0, 40);
  return {
    deviceId: sanitize(txt['id'] ?? '').slice(0, 40),
    type,
    isDiy: type.startsWith('diy'),
    info: decodeInfo(objectOf(parsed(joined))),
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

const objectOf = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {};
