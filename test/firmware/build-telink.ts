import { telinkCrc } from '../../src/firmware/telink-image.ts';
import { filled } from './build-images.ts';

/** Stands in token and bind key of built flashes; no fact may hold it. */
export const MI_SECRET = 'geheimesSchluessel+Marke+123';

export interface TelinkImageOptions {
  readonly strings?: string;
  readonly sizeBytes?: number;
  readonly manufacturer?: number;
  readonly imageType?: number;
  readonly fileVersion?: number;
  /** Cleared boot flag, as an update over the air leaves the old bank. */
  readonly switchedOff?: boolean;
}

export function telinkImage({
  strings = '1.0.0_0130\0LYWSD03MMC\0',
  sizeBytes = 0x1004,
  manufacturer = 0,
  imageType = 0,
  fileVersion = 0,
  switchedOff = false,
}: TelinkImageOptions = {}): Uint8Array {
  const bytes = filled(sizeBytes, 0x11);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, 0x8026, true);
  view.setUint32(2, fileVersion, true);
  bytes.set([0x5d, 0x02, ...Buffer.from('KNLT')], 6);
  view.setUint16(0x12, manufacturer, true);
  view.setUint16(0x14, imageType, true);
  view.setUint32(0x18, sizeBytes, true);
  bytes.set(Buffer.from(strings, 'latin1'), 0x100);
  view.setUint32(sizeBytes - 4, telinkCrc(bytes.subarray(0, sizeBytes - 4)), true);
  if (switchedOff) bytes[8] = 0;
  return bytes;
}

export const pvvxImage = (hardwareId = 10, version = '5.8'): Uint8Array =>
  telinkImage({
    strings: `github.com/pvvx\0\0V${version}\0`,
    manufacturer: 0x1141,
    imageType: 0x200 | hardwareId,
    fileVersion: 0x9999_3001,
  });

export function zigbeeOta(image: Uint8Array, manufacturer = 0x1141): Uint8Array {
  const bytes = new Uint8Array(62 + image.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 0x0bee_f11e, true);
  view.setUint16(4, 0x100, true);
  view.setUint16(6, 56, true);
  view.setUint16(10, manufacturer, true);
  view.setUint16(12, 0x20a, true);
  bytes.set(Buffer.from('Test'), 20);
  view.setUint32(52, bytes.length, true);
  view.setUint32(58, image.length, true);
  bytes.set(image, 62);
  return bytes;
}

export interface TelinkFlashOptions {
  readonly banks?: readonly (readonly [offset: number, image: Uint8Array])[];
  readonly keys?: 'bound' | 'deleted' | 'none';
}

/** A unit with the MAC a4:c1:38:01:02:03. */
export function telinkFlash({
  banks = [[0, telinkImage()]],
  keys = 'bound',
}: TelinkFlashOptions = {}): Uint8Array {
  const bytes = filled(0x8_0000, 0xff);
  for (const [offset, image] of banks) bytes.set(image, offset);
  bytes.set(Buffer.from('B1.4F1.0-CFMK-LB-ZCXTJ--'), 0x5_5000);
  bytes.set([3, 2, 1, 0x38, 0xc1, 0xa4, 7, 7], 0x7_6000);
  bytes[0x7_7000] = 0x60;
  const record = [keys === 'deleted' ? 0 : 0x10, 0, 28, ...Buffer.from(MI_SECRET)];
  if (keys !== 'none') bytes.set([1, 0, 4, ...Buffer.from('did1'), ...record], 0x7_8000);
  return bytes;
}
