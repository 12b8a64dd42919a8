import { fieldText, hexBytes, u32, u8 } from './bytes.ts';
import type { EspImage } from './esp-image.ts';
import type { AppDescriptor } from './firmware-file.ts';

const APP_MAGIC = 0xabcd_5432;
const APP_DESCRIPTOR_BYTES = 256;
const BOOTLOADER_MAGIC = 0x50;
const BOOTLOADER_DESCRIPTOR_BYTES = 80;

/** The descriptor (esp_app_desc_t) at the head of an application's first flash segment, if the build has one. */
export function readAppDescriptor(bytes: Uint8Array, image: EspImage): AppDescriptor | undefined {
  for (const { dataOffset, length } of image.segments.slice(0, 4)) {
    if (length < APP_DESCRIPTOR_BYTES || u32(bytes, dataOffset) !== APP_MAGIC) continue;
    const field = (offset: number, size: number) =>
      fieldText(bytes.subarray(dataOffset + offset, dataOffset + offset + size));
    return {
      version: field(16, 32),
      project: field(48, 32),
      time: field(80, 16),
      date: field(96, 16),
      idfVersion: field(112, 32),
      elfSha256: hexBytes(bytes.subarray(dataOffset + 144, dataOffset + 176)),
    };
  }
  return undefined;
}

export interface BootloaderDescriptor {
  readonly version: number;
  readonly idfVersion: string;
  readonly dateTime: string;
}

/** The descriptor (esp_bootloader_desc_t) at the head of the first segment of newer boot loaders. */
export function readBootloaderDescriptor(
  bytes: Uint8Array,
  image: EspImage,
): BootloaderDescriptor | undefined {
  for (const { dataOffset, length } of image.segments.slice(0, 2)) {
    if (length < BOOTLOADER_DESCRIPTOR_BYTES || u8(bytes, dataOffset) !== BOOTLOADER_MAGIC) continue;
    const idfVersion = fieldText(bytes.subarray(dataOffset + 8, dataOffset + 40));
    const dateTime = fieldText(bytes.subarray(dataOffset + 40, dataOffset + 64));
    // A single magic byte proves little: both texts of a real descriptor are filled.
    if (/^[\w.\-+/]+$/.test(idfVersion) && /^[\w :]+$/.test(dateTime))
      return { version: u32(bytes, dataOffset + 4), idfVersion, dateTime };
  }
  return undefined;
}
