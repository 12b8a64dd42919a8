import { BenchError, type ErrorCode } from '../../core/errors.ts';
import type { UploadResult } from './upload-page.ts';

const BY_REASON: Readonly<Record<number, ErrorCode>> = {
  1: 'TASMOTA_NO_FILE',
  2: 'TASMOTA_NO_SPACE',
  3: 'TASMOTA_MAGIC',
  4: 'TASMOTA_FLASH_SIZE',
  5: 'TASMOTA_MISCOMPARE',
  6: 'TASMOTA_UPLOAD_FAILED',
  7: 'TASMOTA_UPLOAD_ABORTED',
  8: 'TASMOTA_FILE_INVALID',
  9: 'TASMOTA_FILE_TOO_LARGE',
  10: 'TASMOTA_SECOND_CHIP',
  11: 'TASMOTA_SECOND_CHIP',
  12: 'TASMOTA_SECOND_CHIP',
  13: 'TASMOTA_SECOND_CHIP',
  14: 'TASMOTA_NOT_COMPATIBLE',
};

/** What failed of the second chip, by reason. */
const SECOND_CHIP: Readonly<Record<number, string>> = {
  10: 'it could not be started',
  11: 'it could not be erased',
  12: 'it could not be written',
  13: 'the file is no firmware for it',
};

/** What a refusal of the upload page stands for. */
export function uploadError({ reason, text }: Extract<UploadResult, { kind: 'refused' }>): BenchError {
  const code = (reason == null ? undefined : BY_REASON[reason]) ?? 'TASMOTA_REFUSED';
  const detail = { said: text, ...(reason != null && { reason }) };
  if (code === 'TASMOTA_REFUSED')
    return new BenchError(code, { message: `The unit refused the upload and said: ${text}`, detail });
  const chip = SECOND_CHIP[reason ?? 0];
  if (chip != null)
    return new BenchError(code, {
      message: `The unit took the file for firmware of its second chip: ${chip} (error ${reason}).`,
      detail,
    });
  return new BenchError(code, { detail });
}
