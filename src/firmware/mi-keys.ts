import { u16, u8 } from './bytes.ts';

/** One record of the Mi key area. */
export interface MiKeyRecord {
  /** 0 marks a deleted record. */
  readonly id: number;
  readonly data: Uint8Array;
}

/** What Xiaomi's registration left in a unit. Token and bind key are secrets: never on a screen or in a log. */
export interface MiKeys {
  /** Name of the device at the cloud, 20 bytes of text. */
  readonly deviceId?: Uint8Array;
  /** 12 bytes; opens the unit to whoever has it. */
  readonly token?: Uint8Array;
  /** 16 bytes; decrypts what the unit advertises. */
  readonly bindKey?: Uint8Array;
}

const ID_ERASED = 0xffff;
const ID_DEVICE = 0x01;
const ID_KEYS = 0x10;
const HEADER_BYTES = 3;
const TOKEN_BYTES = 12;
const BIND_KEY_BYTES = 16;

/**
 * Records `id u16, length u8, data` from the start of the area to the first erased one (LYWSD03MMC at 0x78000). A record
 * that runs over the end of `area` ends the list.
 */
export function miKeyRecords(area: Uint8Array): MiKeyRecord[] {
  const records: MiKeyRecord[] = [];
  for (let at = 0; at + HEADER_BYTES <= area.length;) {
    const id = u16(area, at);
    const end = at + HEADER_BYTES + u8(area, at + 2);
    if (id === ID_ERASED || end > area.length) break;
    records.push({ id, data: area.subarray(at + HEADER_BYTES, end) });
    at = end;
  }
  return records;
}

/** The keys in force: of each kind the last record that was not deleted. Keys of nothing but zero are none. */
export function readMiKeys(area: Uint8Array): MiKeys {
  const last = (id: number) => miKeyRecords(area).findLast((record) => record.id === id)?.data;
  const deviceId = last(ID_DEVICE);
  const keys = last(ID_KEYS);
  const isBound =
    keys != null && keys.length >= TOKEN_BYTES + BIND_KEY_BYTES && keys.some((byte) => byte !== 0);
  return {
    ...(deviceId != null && { deviceId }),
    ...(isBound && {
      token: keys.subarray(0, TOKEN_BYTES),
      bindKey: keys.subarray(TOKEN_BYTES, TOKEN_BYTES + BIND_KEY_BYTES),
    }),
  };
}
