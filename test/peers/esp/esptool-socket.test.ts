import { describe } from 'vitest';
import { missing, WITH_OLD_STUB, WITH_STUB, WITHOUT_STUB } from './esptool.ts';
import { esptoolOperations } from './operations.ts';

describe.skipIf(missing).concurrent(`esptool by socket://${missing ? ` (${missing})` : ''}`, () => {
  for (const device of ['lamp', 'plug-esp8266'] as const)
    for (const way of [WITH_STUB, WITH_OLD_STUB, WITHOUT_STUB])
      esptoolOperations(device, 'socket', way, { longestSlowRead: 5000 });
});
