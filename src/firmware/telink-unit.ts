import { formatMac } from '../core/identity.ts';
import { fieldText, isFilled } from './bytes.ts';
import { miKeyRecords, readMiKeys } from './mi-keys.ts';
import { type TelinkModel, traitsOf } from './telink-models.ts';

/** What a unit's flash says of the unit; no secrets. */
export interface TelinkUnit {
  /** Lower case with colons; undefined where the area is erased. */
  readonly mac: string | undefined;
  /** Hardware and serial text, `B1.4F1.0-CFMK-LB-ZCXTJ--`. */
  readonly hardware: string | undefined;
  /** `B1.4`; the first letters of the hardware text. */
  readonly revision: string | undefined;
  /** Crystal trim; undefined where it is erased. */
  readonly trim: number | undefined;
  /** `unknown`: this model keeps its keys in another form. */
  readonly keys: 'found' | 'none' | 'unknown';
  /** Registered at a Xiaomi account, as far as the keys tell. */
  readonly isBound: boolean | undefined;
}

const TRIM_OFFSET = 0x7_7000;
const KEYS = { offset: 0x7_8000, length: 0x1000 };
const HARDWARE_BYTES = 24;

/** Reads bytes of a flash: out of a dump, or of the few areas that were read from a unit. */
export type FlashBytes = (offset: number, length: number) => Uint8Array;

/** `model` says where to look. */
export function readTelinkUnit(bytes: FlashBytes, model: TelinkModel): TelinkUnit {
  const { mac, hardwareOffset, knownKeys } = traitsOf(model);
  const hardware = hardwareOffset == null ? undefined : textOf(bytes(hardwareOffset, HARDWARE_BYTES));
  const trim = bytes(TRIM_OFFSET, 1)[0];
  const keyArea = bytes(KEYS.offset, KEYS.length);
  const isBound = isFilled(keyArea, 0xff) ? false : knownKeys ? readMiKeys(keyArea).token != null : undefined;
  return {
    mac: macOf(bytes(mac.offset, 6), mac.order),
    hardware,
    revision: hardware == null ? undefined : /^[A-Z]\d\.\d/.exec(hardware)?.[0],
    trim: trim === 0xff ? undefined : trim,
    keys:
      isBound == null ? 'unknown' : isBound || miKeyRecords(keyArea).some(holdsSomething) ? 'found' : 'none',
    isBound,
  };
}

const holdsSomething = ({ id, data }: { id: number; data: Uint8Array }): boolean =>
  id !== 0 && !isFilled(data, 0);

function macOf(bytes: Uint8Array, order: 'little-endian' | 'big-endian'): string | undefined {
  if (bytes.length < 6 || isFilled(bytes, 0xff) || isFilled(bytes, 0)) return undefined;
  return formatMac(order === 'little-endian' ? bytes.slice().reverse() : bytes);
}

function textOf(bytes: Uint8Array): string | undefined {
  const end = bytes.indexOf(0xff);
  return fieldText(end < 0 ? bytes : bytes.subarray(0, end)) || undefined;
}
