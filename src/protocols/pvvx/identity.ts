import { CodecError } from '../../core/codec-error.ts';
import { macFromAir } from '../ble/mac.ts';

/** Answer to command 00. */
export interface PvvxIdentity {
  /** Of the command set. */
  readonly revision: number;
  /** Hardware number of the firmware: 0 is B1.4, 14 a board of 2025. */
  readonly hardwareId: number;
  /** `5.8` */
  readonly version: string;
  readonly sensorId: number;
  /** Bits by `SERVICE`. */
  readonly services: number;
}

export const SERVICE = {
  ota: 1 << 0,
  extendedOta: 1 << 1,
  pin: 1 << 2,
  bindKey: 1 << 3,
  history: 1 << 4,
} as const;

export const offers = (identity: PvvxIdentity, service: number): boolean =>
  (identity.services & service) !== 0;

/** `revision u8, hardware u16, version u16 (BCD), sensor u16, services u32`. Throws CodecError. */
export function decodeIdentity(data: Uint8Array): PvvxIdentity {
  if (data.length < 7) throw new CodecError(`identity of ${data.length} bytes`);
  const view = new DataView(data.buffer, data.byteOffset, data.length);
  const version = view.getUint16(3, true);
  return {
    revision: data[0]!,
    hardwareId: view.getUint16(1, true),
    version: `${(version >> 4).toString(16)}.${(version & 0xf).toString(16)}`,
    sensorId: view.getUint16(5, true),
    services: data.length >= 11 ? view.getUint32(7, true) : 0,
  };
}

/** From the six bytes of a MAC record; two random bytes may follow. */
export const macFromReply = (data: Uint8Array): string | undefined =>
  data.length < 6 ? undefined : macFromAir(data.subarray(0, 6));
