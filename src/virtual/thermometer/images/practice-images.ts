import { joinBytes, latin1, putU32 } from '../../bytes.ts';
import { codeLike, Random } from '../../esp/images/random.ts';
import type { PracticeImage } from '../../virtual-device.ts';
import {
  HEADER_BYTES,
  IMAGE_TYPE,
  KNLT,
  PRACTICE_MARK,
  PVVX_MANUFACTURER,
  SIGNED_TRAILER_MAGIC,
  telinkCrc,
} from './image-identity.ts';

interface TelinkImageSpec {
  /** With header and CRC; the published image it stands for has the same. */
  readonly sizeBytes: number;
  readonly seed: number;
  /** Bytes 2..5 of the header. */
  readonly fileVersion?: number;
  readonly imageType?: number;
  /** Texts by their place, which is that of the published image. */
  readonly texts: Readonly<Record<number, string>>;
}

/** Compiled code jumps over the header; at 6 the wish to have the CRC checked. */
const CODE_START = [0x26, 0x80] as const;
const CRC_WANTED = [0x5d, 0x02] as const;
const MARK_AT = 0x400;
/** Two pages of nothing, which a writer may leave out. */
const BLANK_AT = 0x8000;
const BLANK_BYTES = 0x200;
const ZIGBEE_HEADER_BYTES = 62;
/** Certificate chain and signature of the published 2.1.1_0159c, bytes. */
const TRAILER_BYTES = 105_760 - 104_404;

function telinkImage({ sizeBytes, seed, fileVersion = 0, imageType, texts }: TelinkImageSpec): Uint8Array {
  const image = codeLike(new Random(seed), sizeBytes);
  image.fill(0, 0, HEADER_BYTES);
  image.set(CODE_START);
  putU32(image, 2, fileVersion);
  image.set(CRC_WANTED, 6);
  image.set(KNLT, 8);
  image.set([0x88, 0x00], 0x0e);
  if (imageType != null) {
    image.set([PVVX_MANUFACTURER & 0xff, PVVX_MANUFACTURER >> 8], 0x12);
    image.set([imageType & 0xff, imageType >> 8], 0x14);
  }
  putU32(image, 0x18, sizeBytes);
  image.fill(0xff, BLANK_AT, BLANK_AT + BLANK_BYTES);
  for (const [at, text] of [...Object.entries(texts), [MARK_AT, PRACTICE_MARK] as const])
    image.set(latin1(`${text}\0`), Number(at));
  putU32(image, sizeBytes - 4, telinkCrc(image));
  return image;
}

export const stock0130 = (): Uint8Array =>
  telinkImage({
    sizeBytes: 92_868,
    seed: 0x0130,
    texts: {
      0x1_4840: '1.0.0_0130',
      0x1_6a2c: 'LYWSD03MMC',
      0x1_6a48: 'miaomiaoce.com',
      0x1_6a60: '1.0.0_0130',
    },
  });

/** With something behind it that looks like the vendor's signature and is none. */
export const stock0159 = (): Uint8Array => {
  const image = telinkImage({
    sizeBytes: 104_404,
    seed: 0x0159,
    texts: { 0x1_96cc: 'LYWSD03MMC', 0x1_96e0: '2.1.1_0159', 0x1_96f4: 'miaomiaoce.com' },
  });
  const trailer = new Random(0x5160).bytes(TRAILER_BYTES);
  trailer.set(SIGNED_TRAILER_MAGIC);
  trailer.set(latin1(PRACTICE_MARK), 0x40);
  return joinBytes(image, trailer);
};

const PVVX_FILE_VERSION = 0x9999_3001;

export const pvvx58 = (): Uint8Array =>
  telinkImage({
    sizeBytes: 86_340,
    seed: 0x58,
    fileVersion: PVVX_FILE_VERSION,
    imageType: IMAGE_TYPE.lywsd03mmc,
    texts: {
      0x1_4bd0: 'miaomiaoce.com',
      0x1_4be4: 'github.com/pvvx',
      0x1_4c6c: 'V5.8',
      0x1_4c80: 'LYWSD03MMC',
    },
  });

/** For another model: a client must refuse it. */
const cgg1Pvvx58 = (): Uint8Array =>
  telinkImage({
    sizeBytes: 83_748,
    seed: 0xc661,
    fileVersion: PVVX_FILE_VERSION,
    imageType: IMAGE_TYPE.cgg1,
    texts: { 0x1_4270: 'github.com/pvvx', 0x1_42fc: 'V5.8' },
  });

export const atc1441 = (): Uint8Array =>
  telinkImage({ sizeBytes: 64_324, seed: 0xa7c, texts: { 0x2b95: 'ATC_000000' } });

/** The pvvx image behind the header of a Zigbee update. */
const pvvxZigbeeFile = (): Uint8Array => {
  const image = pvvx58();
  const header = new Uint8Array(ZIGBEE_HEADER_BYTES);
  putU32(header, 0, 0x0bee_f11e);
  header.set([0x00, 0x01, 0x38, 0x00], 4);
  header.set([PVVX_MANUFACTURER & 0xff, PVVX_MANUFACTURER >> 8], 10);
  header.set([IMAGE_TYPE.lywsd03mmc & 0xff, IMAGE_TYPE.lywsd03mmc >> 8], 12);
  putU32(header, 14, PVVX_FILE_VERSION);
  header.set([0x02, 0x00], 18);
  header.set(latin1('practice file'), 20);
  putU32(header, 52, ZIGBEE_HEADER_BYTES + image.length);
  putU32(header, 58, image.length);
  return joinBytes(header, image);
};

export const THERMOMETER_IMAGES: readonly PracticeImage[] = [
  { file: 'thermometer-pvvx.bin', title: 'practice pvvx 5.8', flashOffset: 0, make: pvvx58 },
  {
    file: 'thermometer-stock-1.0.0_0130.bin',
    title: 'practice stock 1.0.0_0130, to go back to',
    flashOffset: 0,
    make: stock0130,
  },
  {
    file: 'thermometer-stock-2.1.1_0159.bin',
    title: 'practice stock 2.1.1_0159 with something behind it in place of a signature',
    flashOffset: 0,
    make: stock0159,
  },
  { file: 'thermometer-atc1441.bin', title: 'practice atc1441', flashOffset: 0, make: atc1441 },
  {
    file: 'thermometer-cgg1-pvvx.bin',
    title: 'practice pvvx for another model (CGG1): to be refused',
    flashOffset: 0,
    make: cgg1Pvvx58,
  },
  {
    file: 'thermometer-pvvx.zigbee',
    title: 'practice pvvx in a Zigbee update file: its header must not be flashed',
    make: pvvxZigbeeFile,
  },
];
