import { describe, vi } from 'vitest';
import { missing, WITH_STUB, WITHOUT_STUB } from './esptool.ts';
import { esptoolOperations } from './operations.ts';

// pyserial sleeps 0.1 s over every change of a timeout, so that a run of esptool takes 20 s and hardly any of a
// processor.
vi.setConfig({ maxConcurrency: 24 });

describe.skipIf(missing).concurrent(`esptool by rfc2217://${missing ? ` (${missing})` : ''}`, () => {
  for (const device of ['lamp', 'plug-esp8266'] as const)
    for (const way of [WITH_STUB, WITHOUT_STUB])
      esptoolOperations(device, 'rfc2217', way, { longestSlowRead: 300 });
});
