import { describe, expect, it } from 'vitest';
import { SharedScan } from '../../../src/drivers/ble/shared-scan.ts';
import type { BleStack } from '../../../src/drivers/ble/stack.ts';
import { ManualClock } from '../../harness/manual-clock.ts';

/** A stack that only scans. */
function scanningStack() {
  const stack = { offBecause: undefined, isScanning: false };
  return Object.assign(stack, {
    startScan: async () => {
      stack.isScanning = true;
    },
    stopScan: async () => {
      stack.isScanning = false;
    },
  });
}

const turns = async (count: number) => {
  for (let turn = 0; turn < count; turn++) await Promise.resolve();
};

describe('the scan that all share', () => {
  const cases = Array.from({ length: 12 }, (_, after) => ({ after }));

  it.each(cases)('is off while it is paused, $after turns after somebody came', async ({ after }) => {
    const stack = scanningStack();
    const scan = new SharedScan(stack as unknown as BleStack, new ManualClock());
    scan.want();
    await turns(after);
    await scan.paused(async () => expect(stack.isScanning).toBe(false));
    await turns(20);
    expect(stack.isScanning).toBe(true);
  });

  it.each(cases)('is on when somebody comes $after turns after the last one left', async ({ after }) => {
    const stack = scanningStack();
    const scan = new SharedScan(stack as unknown as BleStack, new ManualClock());
    const leave = scan.want();
    await turns(20);
    leave();
    await turns(after);
    scan.want();
    await turns(20);
    expect(stack.isScanning).toBe(true);
  });
});
