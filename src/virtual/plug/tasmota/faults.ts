import type { NamedChoice } from '../../virtual-device.ts';
import { UPDATE_FAULTS } from '../arduino/update-faults.ts';

/** Faults of a plug that runs Tasmota. Each is also known with the suffix `-once`. */
export const TASMOTA_FAULTS = [
  { name: 'upload-error-1', text: 'the upload page says: no file selected' },
  { name: 'upload-error-2', text: 'the upload page says: not enough space' },
  { name: 'upload-error-3', text: 'the upload page says: wrong magic byte' },
  { name: 'upload-error-4', text: 'the upload page says: flash size of the image larger than the chip' },
  { name: 'upload-error-5', text: 'the upload page says: buffer miscompare' },
  { name: 'upload-error-6', text: 'the upload page says: upload failed' },
  { name: 'upload-error-7', text: 'the upload page says: upload aborted' },
  { name: 'upload-error-8', text: 'the upload page says: file invalid' },
  { name: 'upload-error-9', text: 'the upload page says: file too large' },
  { name: 'upload-error-10', text: 'the upload page says: error code 10, of a second chip' },
  { name: 'upload-error-11', text: 'the upload page says: error code 11, of a second chip' },
  { name: 'upload-error-12', text: 'the upload page says: error code 12, of a second chip' },
  { name: 'upload-error-13', text: 'the upload page says: error code 13, of a second chip' },
  { name: 'upload-error-14', text: 'the upload page says: not compatible' },
  {
    name: 'referer-silent-after-staging',
    text: 'the result page is refused without an answer, though the image is staged: it runs after the next restart',
  },
  { name: 'wrong-password', text: 'has a web password that nobody knows' },
  { name: 'comes-back-minimal', text: 'a minimal build runs after an update' },
  {
    name: 'reset-at-last-byte',
    text: 'resets the connection at the last byte of an upload, and restarts into it',
  },
  { name: 'short-of-space', text: 'room for a minimal image only' },
  { name: 'never-fetches', text: 'says that an upgrade has started, and fetches nothing' },
  ...UPDATE_FAULTS,
] as const satisfies readonly NamedChoice[];

export type TasmotaFault = (typeof TASMOTA_FAULTS)[number]['name'];
