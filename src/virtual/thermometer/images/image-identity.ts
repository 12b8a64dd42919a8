import { u16, u32 } from '../../bytes.ts';

export type FirmwareFamily = 'stock' | 'pvvx' | 'atc1441' | 'zigbee' | 'unknown';

/** What an image in flash says about itself; works on published images and on the practice images alike. */
export interface ImageIdentity {
  readonly family: FirmwareFamily;
  /** `1.0.0_0130`, `5.8`; undefined where the image does not say. */
  readonly version: string | undefined;
  /** `LYWSD03MMC`, also for pvvx; another model, or undefined, where the image is for something else. */
  readonly model: string | undefined;
  /** Size in the header, with the CRC. */
  readonly sizeBytes: number;
  /** The boot ROM starts it: byte 8 is 4B. */
  readonly bootable: boolean;
  readonly crcValid: boolean;
  /** Something signed follows the image, `MI.TFOTA`. */
  readonly signed: boolean;
}

export const HEADER_BYTES = 0x20;
export const KNLT = [0x4b, 0x4e, 0x4c, 0x54] as const;
/** Manufacturer of pvvx and of the Zigbee images, u16 at 0x12 of the header. */
export const PVVX_MANUFACTURER = 0x1141;
/** 0x0200 and the hardware id, u16 at 0x14; 0x020A is LYWSD03MMC of every revision. */
export const IMAGE_TYPE = { lywsd03mmc: 0x020a, cgg1: 0x0202, mhoC401: 0x0201, mjwsd05mmc: 0x0209 } as const;
/** Lower half of the file version at 2..5 of a BLE image of pvvx; Zigbee images have a number there. */
const BLE_FILE_VERSION = 0x9999;
/** At the end of the image, in front of a trailer: 00000000, `MI` EF `TFOTA` (as the bytes lie there). */
export const SIGNED_TRAILER_MAGIC = [
  0x00, 0x00, 0x00, 0x00, 0x4d, 0x49, 0xef, 0x54, 0x46, 0x4f, 0x54, 0x41,
] as const;
/** Every practice image holds this, so that nobody takes it for a vendor's. */
export const PRACTICE_MARK = 'benchflash practice image, no vendor code';

const MODELS_BY_TYPE: Readonly<Record<number, string>> = {
  [IMAGE_TYPE.lywsd03mmc]: 'LYWSD03MMC',
  [IMAGE_TYPE.cgg1]: 'CGG1',
  [IMAGE_TYPE.mhoC401]: 'MHO-C401',
  [IMAGE_TYPE.mjwsd05mmc]: 'MJWSD05MMC',
};
const SMALLEST_BYTES = 0x100;

/**
 * Reads what lies at `offset`, the start of a bank (or of a file). Undefined where there is no Telink image: no
 * `KNLT`, but for its first byte, or a size that cannot be. What an image is:
 *
 * - manufacturer 1141: pvvx (file version xxxx9999) or Zigbee; version from the last text like `V5.8`
 * - the text `ATC_` with zeros after it, manufacturer 0: atc1441
 * - the text `1.0.0_0130` (the last such text counts): stock; model from the text `LYWSD03MMC`
 *
 * The practice images have these texts where the published ones have them.
 */
export function imageIdentity(content: Uint8Array, offset = 0): ImageIdentity | undefined {
  const at = content.subarray(offset);
  if (at.length < HEADER_BYTES || !KNLT.every((byte, index) => index === 0 || at[8 + index] === byte))
    return undefined;
  const sizeBytes = u32(at, 0x18);
  if (sizeBytes < SMALLEST_BYTES || sizeBytes > at.length || (sizeBytes & 0x0f) !== 4) return undefined;
  const image = at.subarray(0, sizeBytes);
  const text = Buffer.from(image.buffer, image.byteOffset, image.length).toString('latin1');
  return {
    ...whatItIs(image, text),
    sizeBytes,
    bootable: at[8] === KNLT[0],
    crcValid: u32(image, sizeBytes - 4) === telinkCrc(image),
    signed: SIGNED_TRAILER_MAGIC.every((byte, index) => at[sizeBytes + index] === byte),
  };
}

function whatItIs(image: Uint8Array, text: string): Pick<ImageIdentity, 'family' | 'version' | 'model'> {
  if (u16(image, 0x12) === PVVX_MANUFACTURER) {
    const family = u16(image, 4) === BLE_FILE_VERSION ? 'pvvx' : 'zigbee';
    return {
      family,
      version: family === 'pvvx' ? [...text.matchAll(/V(\d\.\d)(?![\d.])/g)].at(-1)?.[1] : undefined,
      model: MODELS_BY_TYPE[u16(image, 0x14)],
    };
  }
  const stock = [...text.matchAll(/\d\.\d\.\d_\d{4}/g)].at(-1)?.[0];
  const model = /LYWSD03MMC|MHO-C401|CGG1|MJWSD05MMC/.exec(text)?.[0];
  if (stock != null) return { family: 'stock', version: stock, model };
  if (text.includes('ATC_000000')) return { family: 'atc1441', version: undefined, model: 'LYWSD03MMC' };
  return { family: 'unknown', version: undefined, model };
}

/** CRC-32 as Telink ends its images: reflected EDB88320 from FFFFFFFF, not inverted; without the last 4 bytes. */
export function telinkCrc(image: Uint8Array): number {
  let crc = 0xffff_ffff;
  const end = image.length - 4;
  for (let at = 0; at < end; at++) crc = (crc >>> 8) ^ CRC_TABLE[(crc ^ image[at]!) & 0xff]!;
  return crc >>> 0;
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, index) => {
  let crc = index;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb8_8320 : crc >>> 1;
  return crc;
});
