import type { GattUuid } from './radio.ts';

/** What stands behind the first eight digits of a short UUID that is written out in full. */
const BLUETOOTH_BASE = '00001000800000805f9b34fb';

/**
 * Any spelling of a UUID in the form of `GattUuid`. Noble writes short ones without leading zeros on Linux
 * (characteristic 0x0004 is `4` there), and systems differ in whether they write short ones out.
 */
export function gattUuid(text: string): GattUuid {
  const digits = text.toLowerCase().replaceAll('-', '');
  if (digits.length <= 4) return digits.padStart(4, '0');
  if (digits.length === 32 && digits.startsWith('0000') && digits.endsWith(BLUETOOTH_BASE))
    return digits.slice(4, 8);
  return digits;
}
