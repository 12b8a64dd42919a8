export type AdvertFormat = 'mibeacon' | 'atc1441' | 'pvvx' | 'bthome-v2' | 'bthome-v1' | 'qingping';

/** What one piece of service data said. Values are absent where it did not hold them or could not be opened. */
export interface AdvertFrame extends Readings {
  readonly format: AdvertFormat;
  readonly encrypted: boolean;
  /** Encrypted, and not opened: no key, or not the key of this unit. */
  readonly locked: boolean;
  /** Lower case with colons, where the payload holds it. */
  readonly mac?: string;
  /** Xiaomi product id. */
  readonly productId?: number;
  readonly counter?: number;
  /** True: an account holds it. Undefined where the frame cannot tell. */
  readonly bound?: boolean;
  /** The firmware's own version, where the format carries one. */
  readonly firmwareVersion?: string;
}

export interface Readings {
  /** 0 to 100. */
  readonly batteryPercent?: number;
  readonly batteryMv?: number;
  readonly temperatureC?: number;
  readonly humidityPercent?: number;
}

/** What a decoder may know beside the bytes. */
export interface DecodeContext {
  /** MAC of the sender, where the operating system tells it: the key of encrypted formats that hold none. */
  readonly mac?: string;
  /** 16 bytes. */
  readonly bindKey?: Uint8Array;
}

export const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.length);

/** A cell cannot be fuller than full; what says more is a damaged or hostile frame. */
export const percent = (value: number): number => Math.min(Math.max(value, 0), 100);
