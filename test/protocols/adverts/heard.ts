import type { Advertisement } from '../../../src/drivers/ble/radio.ts';
import { bytes } from '../../harness/hex.ts';

export interface HeardParts {
  readonly address?: string;
  readonly addressIsMac?: boolean;
  readonly name?: string;
  readonly rssi?: number;
  readonly at?: number;
  /** Hex by service. */
  readonly data?: Readonly<Record<string, string>>;
}

export const heard = ({
  address = 'a4:c1:38:b4:94:4c',
  addressIsMac = true,
  name,
  rssi = -58,
  at = 0,
  data = {},
}: HeardParts = {}): Advertisement => ({
  address,
  addressIsMac,
  rssiDbm: rssi,
  connectable: true,
  ...(name == null ? {} : { localName: name }),
  serviceUuids: [],
  serviceData: Object.entries(data).map(([uuid, hex]) => ({ uuid, data: bytes(hex) })),
  heardAtMs: at,
});
