import CRC32 from 'crc-32';
import { includes, indexOf, latin1, u16, u32, u8 } from './bytes.ts';
import { modelOfHardwareId, MODEL_TEXTS, type TelinkModel } from './telink-models.ts';

/** Whose firmware an image is. */
export type TelinkFirmware = 'stock' | 'pvvx' | 'atc1441' | 'zigbee' | 'unknown';

/** One Telink image, from the first byte of a bank or file. */
export interface TelinkImage {
  /** With the checksum at its end, as the header says; may be more than there is. */
  readonly sizeBytes: number;
  readonly isCut: boolean;
  /** Undefined when it is cut. */
  readonly isCrcRight: boolean | undefined;
  /** False where an update over the air has switched this bank off. */
  readonly isBootable: boolean;
  /** Zigbee's numbers; zero in most stock images. */
  readonly manufacturer: number;
  readonly imageType: number;
  readonly fileVersion: number;
  readonly firmware: TelinkFirmware;
  readonly version: string | undefined;
  readonly model: TelinkModel | undefined;
  /** A signature of the maker follows the image. */
  readonly isSigned: boolean;
}

const HEADER_BYTES = 0x20;
const BOOT_FLAG = 0x4b;
/** `NLT`: what follows the boot flag. */
const MAGIC_REST = 0x54_4c_4e;
const MANUFACTURER_TELINK = 0x1141;
const PVVX_TYPE = 0x0200;
/** The largest flash of these chips; a header that says more is no header. */
const MAX_IMAGE_BYTES = 0x10_0000;
/** Zero word, then `MI.T FOTA` with its second byte pair EF 54. */
const SIGNATURE_MARK = [0, 0, 0, 0, 0x4d, 0x49, 0xef, 0x54, 0x46, 0x4f, 0x54, 0x41];

/** The image at the start of `bytes`; undefined when there is none. */
export function parseTelinkImage(bytes: Uint8Array): TelinkImage | undefined {
  if (bytes.length < HEADER_BYTES || u32(bytes, 8) >>> 8 !== MAGIC_REST) return undefined;
  const sizeBytes = u32(bytes, 0x18);
  if (sizeBytes <= HEADER_BYTES || sizeBytes > MAX_IMAGE_BYTES) return undefined;
  const isCut = sizeBytes > bytes.length;
  const image = bytes.subarray(0, sizeBytes);
  const manufacturer = u16(bytes, 0x12);
  const imageType = u16(bytes, 0x14);
  const fileVersion = u32(bytes, 2);
  const firmware = firmwareOf(image, manufacturer);
  return {
    sizeBytes,
    isCut,
    isCrcRight: isCut ? undefined : telinkCrc(bootable(image).subarray(0, -4)) === u32(image, sizeBytes - 4),
    isBootable: u8(bytes, 8) === BOOT_FLAG,
    manufacturer,
    imageType,
    fileVersion,
    firmware,
    version: versionOf(image, firmware, fileVersion),
    model: modelOf(image, firmware, imageType),
    isSigned: SIGNATURE_MARK.every((byte, index) => bytes[sizeBytes + index] === byte),
  };
}

/** CRC-32 (reflected EDB88320, starting at FFFFFFFF) without the final inversion. */
export const telinkCrc = (bytes: Uint8Array): number => ~CRC32.buf(bytes, 0) >>> 0;

/** An update over the air switches the old bank off by clearing the boot flag alone; the CRC is of the bootable form. */
function bootable(image: Uint8Array): Uint8Array {
  if (image[8] === BOOT_FLAG) return image;
  const copy = image.slice();
  copy[8] = BOOT_FLAG;
  return copy;
}

function firmwareOf(image: Uint8Array, manufacturer: number): TelinkFirmware {
  if (includes(image, 'ZigBeeAlliance09')) return 'zigbee';
  if (includes(image, 'github.com/pvvx')) return manufacturer === MANUFACTURER_TELINK ? 'pvvx' : 'unknown';
  if (/ATC_[0-9A-F]{6}/.test(latin1(image)) && manufacturer === 0) return 'atc1441';
  return manufacturer === 0 && stockModel(image) != null ? 'stock' : 'unknown';
}

const stockModel = (image: Uint8Array): TelinkModel | undefined =>
  MODEL_TEXTS.find(([text]) => includes(image, text))?.[1];

function modelOf(image: Uint8Array, firmware: TelinkFirmware, imageType: number): TelinkModel | undefined {
  switch (firmware) {
    case 'pvvx':
      return (imageType & 0xff00) === PVVX_TYPE ? modelOfHardwareId(imageType & 0xff) : undefined;
    case 'atc1441':
      // Built for this one model only, and says so nowhere.
      return 'LYWSD03MMC';
    default:
      return stockModel(image);
  }
}

function versionOf(image: Uint8Array, firmware: TelinkFirmware, fileVersion: number): string | undefined {
  switch (firmware) {
    case 'pvvx':
      return /V(\d{1,2}\.\d{1,2})/.exec(textFrom(image, 'github.com/pvvx', 0x200))?.[1];
    case 'zigbee':
      return (fileVersion >>> 16).toString(16).padStart(4, '0');
    case 'stock':
      return stockVersion(image);
    default:
      return undefined;
  }
}

const textFrom = (image: Uint8Array, mark: string, length: number): string => {
  const at = indexOf(image, mark);
  return at < 0 ? '' : latin1(image.subarray(at, at + length));
};

/** `1.0.0_0130`; some hold a `1.0.0_0001` beside it, and some keep the two halves apart, the second before the model. */
function stockVersion(image: Uint8Array): string | undefined {
  const text = latin1(image);
  const whole = [...text.matchAll(/(\d\.\d\.\d_\d{4})(?!\d)/g)].map(([, version]) => version ?? '').sort();
  if (whole.length > 0) return whole.at(-1);
  const first = /(\d\.\d\.\d_)\0/.exec(text)?.[1];
  const second = /\0(\d{4})\0{1,8}[A-Z]{3,6}\d\dMMC/.exec(text)?.[1];
  return first != null && second != null ? first + second : undefined;
}

/** `stock 1.0.0_0130`, `pvvx 5.8`, `Zigbee 0139`. */
export function telinkFirmwareText({ firmware, version }: Pick<TelinkImage, 'firmware' | 'version'>): string {
  const name = firmware === 'zigbee' ? 'Zigbee' : firmware === 'unknown' ? 'unknown firmware' : firmware;
  return version == null ? name : `${name} ${version}`;
}
