import { isBenchError } from '../../core/errors.ts';
import { deviceText } from '../../core/text.ts';
import { findCharacteristic, type GattConnection } from '../../drivers/ble/radio.ts';
import { OTA_CHARACTERISTIC } from '../telink/ota/upload.ts';

/**
 * Who is at the other end, by the services it shows. `needs-login`: Xiaomi's service alone, the update service comes
 * after a login (LYWSD02MMC, pvvx#805).
 */
export type PeerKind = 'stock' | 'pvvx' | 'atc1441' | 'zigbee-build' | 'qingping' | 'needs-login' | 'unknown';

const SERVICE = {
  stockMeasurement: 'ebe0ccb07a0a4b0c8a1a6ff2997da3a6',
  commands: '1f10',
  environmental: '181a',
  zigbeeBuild: 'fcd2',
  mi: 'fe95',
  qingping: '22210000554a4546554246534450464d',
} as const;

/** pvvx firmware lists an empty Xiaomi service too: what only it has decides first. */
export function peerKind(connection: GattConnection): PeerKind {
  const services = new Set(connection.characteristics.map(({ service }) => service));
  const takesUpdates = services.has(OTA_CHARACTERISTIC.service);
  if (takesUpdates && services.has(SERVICE.commands))
    return services.has(SERVICE.environmental) ? 'pvvx' : 'atc1441';
  if (takesUpdates && services.has(SERVICE.stockMeasurement)) return 'stock';
  if (takesUpdates && services.has(SERVICE.zigbeeBuild)) return 'zigbee-build';
  if (services.has(SERVICE.qingping)) return 'qingping';
  if (!takesUpdates && services.has(SERVICE.mi)) return 'needs-login';
  return 'unknown';
}

export interface PeerStrings {
  /** As sent (2A26), sanitised. */
  readonly firmware?: string;
  /** `B1.4` (2A27) */
  readonly hardware?: string;
  /** As sent (2A28). */
  readonly software?: string;
}

export interface PeerIdentity extends PeerStrings {
  readonly kind: PeerKind;
  /** Version of the firmware that runs: `1.0.0_0130`, `5.8`. Undefined where the strings hold none. */
  readonly version?: string;
}

const DEVICE_INFORMATION = '180a';
const STRINGS = { firmware: '2a26', hardware: '2a27', software: '2a28' } as const;
/** Longest string that is believed, characters. */
const MAX_STRING = 64;

/** Reads what the unit says of itself. A string it does not have, or does not give without a PIN, is missing. */
export async function readPeer(connection: GattConnection): Promise<PeerIdentity> {
  const strings: { -readonly [K in keyof PeerStrings]: PeerStrings[K] } = {};
  for (const name of ['firmware', 'hardware', 'software'] as const) {
    const text = await readString(connection, STRINGS[name]);
    if (text != null) strings[name] = text;
  }
  const kind = peerKind(connection);
  const version = versionOf(kind, strings);
  return { kind, ...strings, ...(version == null ? {} : { version }) };
}

async function readString(connection: GattConnection, characteristic: string): Promise<string | undefined> {
  const ref = { service: DEVICE_INFORMATION, characteristic };
  if (findCharacteristic(connection, ref)?.canRead !== true) return undefined;
  try {
    const bytes = await connection.read(ref);
    const end = bytes.indexOf(0);
    const text = deviceText(end < 0 ? bytes : bytes.subarray(0, end))
      .replaceAll(/\s+/g, ' ')
      .trim();
    return text === '' ? undefined : text.slice(0, MAX_STRING);
  } catch (error) {
    if (isBenchError(error, 'BLE_NO_ANSWER')) return undefined;
    throw error;
  }
}

/** Stock: `1.0.0_0130` in either string. pvvx: `V5.8` in 2A28, its own address in 2A26. */
function versionOf(kind: PeerKind, { firmware = '', software = '' }: PeerStrings): string | undefined {
  const texts = [software, firmware];
  const pattern = kind === 'stock' || kind === 'needs-login' ? /\d+\.\d+\.\d+_\d{4}/ : /(?<=V)\d+\.\d+\w*/i;
  return texts.map((text) => pattern.exec(text)?.[0]).find((found) => found != null);
}
