import { describe, vi } from 'vitest';
import { missing, WITH_OLD_STUB, WITH_STUB, WITHOUT_STUB } from './esptool.ts';
import { practiceFirmware } from './firmware.ts';
import { esptoolOperations } from './operations.ts';
import { esptoolOptions } from './options.ts';
import { sameUnit } from './same-unit.ts';

// pyserial sleeps 0.1 s over every change of a timeout on rfc2217://: a run of esptool takes 20 s there, and hardly
// any of a processor.
vi.setConfig({ maxConcurrency: 24 });

describe.skipIf(missing).concurrent(`esptool${missing ? ` (${missing})` : ''}`, () => {
  for (const device of ['lamp', 'plug-esp8266'] as const) {
    for (const way of [WITH_STUB, WITHOUT_STUB])
      esptoolOperations(device, 'rfc2217', way, { longestSlowRead: 300 });
    for (const way of [WITH_STUB, WITH_OLD_STUB, WITHOUT_STUB])
      esptoolOperations(device, 'socket', way, { longestSlowRead: 5000 });
  }
  const firmware = practiceFirmware();
  esptoolOptions(firmware);
  sameUnit(firmware);
});
