import { dafangSlots } from '../dafang-spi/firmware-slots.ts';
import type { FirmwareSlot } from '../flow.ts';

/** What the console may write: never `boot`, and identity only from a backup. */
const WRITTEN = ['demo', 'kernel', 'root', 'driver', 'appfs'];

export const consoleSlots: readonly FirmwareSlot[] = dafangSlots.filter(({ id }) => WRITTEN.includes(id));
