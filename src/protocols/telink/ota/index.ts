/** Telink's update over the air. */
export {
  BANK_BYTES,
  EXTENDED_BANK_BYTES,
  OTA_CHARACTERISTIC,
  uploadImage,
  type UploadOptions,
} from './upload.ts';
