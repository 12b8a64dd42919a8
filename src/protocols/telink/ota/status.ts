import { BenchError, type ErrorCode } from '../../../core/errors.ts';

interface Refusal {
  readonly code: ErrorCode;
  /** What the unit said of itself. */
  readonly message: string;
}

/** Byte 0 of a read of the OTA characteristic. After any of these the unit drops the image and restarts the old one. */
const REFUSALS: ReadonlyMap<number, Refusal> = new Map<number, Refusal>([
  [1, { code: 'OTA_PACKETS_LOST', message: 'The unit missed a packet of the image and dropped it.' }],
  [2, { code: 'OTA_PACKETS_LOST', message: 'A packet of the image reached the unit damaged.' }],
  [3, { code: 'OTA_FLASH_FAILED', message: 'The flash of the unit did not take a packet of the image.' }],
  [4, { code: 'OTA_PACKETS_LOST', message: 'The unit found the image incomplete at the end.' }],
  [5, { code: 'OTA_PACKETS_LOST', message: 'The unit waited too long for the rest of the image.' }],
  [
    6,
    {
      code: 'OTA_IMAGE_REFUSED',
      message: 'The checksum of the whole image was wrong at the unit: it keeps the old firmware.',
    },
  ],
]);

/** Undefined where the update goes on. An empty answer says nothing and counts as going on. */
export function otaRefusal(answer: Uint8Array, at: { readonly block: number }): BenchError | undefined {
  const status = answer[0] ?? 0;
  if (status === 0) return undefined;
  const known = REFUSALS.get(status);
  return new BenchError(known?.code ?? 'OTA_IMAGE_REFUSED', {
    message: known?.message ?? `The unit stopped the update with the unknown status ${status}.`,
    detail: { status, block: at.block },
  });
}
