import { describe, expect, it } from 'vitest';
import { Air } from '../../../src/virtual/air/air.ts';
import type { VirtualPeripheral } from '../../../src/virtual/air/peripheral.ts';
import { memoryStorage } from '../../../src/virtual/store/storage.ts';
import { startFirmware } from '../../../src/virtual/thermometer/firmware/start-firmware.ts';
import { atc1441, pvvx58 } from '../../../src/virtual/thermometer/images/practice-images.ts';
import { unitIdentity } from '../../../src/virtual/thermometer/images/unit-identity.ts';
import { thermometer } from '../../../src/virtual/thermometer/thermometer.ts';
import type { SerialUnit } from '../../../src/virtual/virtual-device.ts';
import { ManualClock } from '../../harness/manual-clock.ts';
import { login } from './mi-host.ts';
import { upload } from './telink-host.ts';
import { hexOf, TestCentral } from './unit.ts';

/** A whole unit, chip and firmware, on an air of its own. */
class Bench {
  readonly clock = new ManualClock();
  readonly air = new Air();
  readonly unit: SerialUnit;

  constructor(state: string, faults: readonly string[] = []) {
    this.unit = thermometer(startFirmware).createSerialUnit!({
      unit: 1,
      faults,
      state,
      paced: false,
      clock: this.clock,
      storage: memoryStorage(),
      wire: { send: () => 0, dropQueued: () => {}, delivery: 'as-sent' },
      air: this.air,
      struck: new Set(),
      unplug: () => {},
      swap: () => {},
    });
  }

  get peripheral(): VirtualPeripheral | undefined {
    return [...this.air.peripherals].find(({ address }) => address === unitIdentity(1).address);
  }

  get name(): string | undefined {
    return this.peripheral?.advertisement()?.localName;
  }

  connect(): TestCentral {
    const central = new TestCentral(this.clock);
    central.server = this.peripheral!.accept(central)!;
    return central;
  }
}

describe('a thermometer as a whole', () => {
  it('is flashed by radio: the same address comes back on the air with the new name', async () => {
    const bench = new Bench('stock-1.0.0_0130-bound');
    expect(bench.name).toBe('LYWSD03MMC');
    const central = bench.connect();
    expect((await login(central, hexOf(unitIdentity(1).token))).answer).toBe('21000000');
    expect(await upload(central, pvvx58())).toBe('sent');
    await bench.clock.until(() => bench.name?.startsWith('ATC_') === true);
    expect(bench.air.peripherals.size).toBe(1);
    bench.unit.close();
    expect(bench.air.peripherals.size).toBe(0);
    expect(bench.clock.pendingTimers).toBe(0);
  });

  it('stops an update over the air with an empty cell, and carries it with a fresh one', async () => {
    const bench = new Bench('pvvx', ['low-battery']);
    expect(await upload(bench.connect(), atc1441())).toBe('dropped at 15 %');
    bench.unit.perform('change-cell', bench.clock.monotonicMs());
    expect(await upload(bench.connect(), atc1441())).toBe('sent');
  });

  it('that dies in the middle of an update runs its old firmware when it has power again', async () => {
    const bench = new Bench('pvvx', ['dies-at-50%-once']);
    expect(await upload(bench.connect(), atc1441())).toBe('dropped at 50 %');
    expect(bench.peripheral).toBeUndefined();
    bench.unit.perform('cycle-battery', bench.clock.monotonicMs());
    expect(bench.name).toMatch(/^ATC_/);
    expect(await bench.connect().text('2a28')).toBe('V5.8');
  });

  it('with neighbours: they are on the air from the start, and go with the place', () => {
    const bench = new Bench('stock-1.0.0_0130', ['neighbours']);
    const names = [...bench.air.peripherals].map((each) => each.advertisement()!.localName!);
    expect(names.toSorted().at(-1)).toBe('LYWSD03MMC');
    expect(names.filter((name) => name.startsWith('ATC_'))).toHaveLength(2);
    bench.unit.close();
    expect(bench.air.peripherals.size).toBe(0);
  });
});
