import { createRequire } from 'node:module';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openRadioOver } from '../../../src/drivers/ble/noble/open-noble.ts';
import { Air } from '../../../src/virtual/air/air.ts';
import { VirtualNobleBindings } from '../../../src/virtual/air/noble-bindings.ts';
import { ManualClock } from '../../harness/manual-clock.ts';
import { AirUnit, VERSION } from './air-unit.ts';

const missing = nobleIsInstalled() ? '' : ' (skipped: @abandonware/noble is not installed here)';

async function bench({ units = 1, believed = 8, holds = 8 } = {}) {
  const air = new Air();
  const clock = new ManualClock();
  const bindings = new VirtualNobleBindings(air, clock, { mostLinks: holds });
  const opening = openRadioOver(bindings, { clock, name: 'practice bench', maxConnections: believed });
  const radio = (await clock.run(opening))!;
  onTestFinished(() => clock.run(radio.close()));
  const made = Array.from({ length: units }, (_, index) => new AirUnit(index + 1));
  for (const unit of made) air.add(unit);
  const connect = (unit: AirUnit) => radio.connect(unit.address, { signal: new AbortController().signal });
  return { clock, bindings, radio, units: made, unit: made[0]!, connect };
}

describe.skipIf(missing !== '')(`what noble and adapters do${missing}`, () => {
  it('an adapter that holds fewer links than was thought is believed, and the rest waits', async () => {
    const { radio, clock, units, connect } = await bench({ units: 4, believed: 4, holds: 2 });
    const opened = await clock.run(Promise.all([connect(units[0]!), connect(units[1]!)]));
    const third = connect(units[2]!);
    await clock.advance(3000);
    expect(radio.maxConnections).toBe(2);
    expect(units[2]!.accepted).toBe(0);
    await clock.run(opened[0].disconnect());
    await (await clock.run(third)).disconnect();
  });

  it('a scan that another program took away is taken up again', async () => {
    const { radio, clock, bindings } = await bench();
    let heard = 0;
    radio.listen(() => heard++);
    await clock.advance(1000);
    bindings.stealScan();
    const before = heard;
    await clock.advance(900);
    expect(heard).toBe(before);
    await clock.advance(2000);
    expect(heard).toBeGreaterThan(before);
  });

  it('an adapter that goes off in the middle ends everything, and comes back by itself', async () => {
    const { radio, clock, bindings, units, unit, connect } = await bench({ units: 2 });
    let [heard, changes] = [0, 0];
    radio.listen(() => heard++);
    radio.onOffChange(() => changes++);
    const connection = await clock.run(connect(unit));
    unit.mute = true;
    const reading = connection.read(VERSION);
    reading.catch(() => {});
    units[1]!.unanswered = Infinity;
    const connecting = connect(units[1]!);
    connecting.catch(() => {});
    await clock.advance(500);
    bindings.power(false);
    await expect(clock.run(reading)).rejects.toMatchObject({ code: 'BLE_LINK_LOST' });
    await expect(clock.run(connecting)).rejects.toMatchObject({ code: 'BLUETOOTH_OFF' });
    expect(radio.offBecause).toMatchObject({ code: 'BLUETOOTH_OFF' });
    await expect(connect(unit)).rejects.toMatchObject({ code: 'BLUETOOTH_OFF' });
    const before = heard;
    await clock.advance(3000);
    expect(heard).toBe(before);
    bindings.power(true);
    await clock.advance(3000);
    expect(heard).toBeGreaterThan(before);
    expect(changes).toBe(2);
    unit.mute = false;
    units[1]!.unanswered = 0;
    for (const each of units) await (await clock.run(connect(each))).disconnect();
  });
});

function nobleIsInstalled(): boolean {
  try {
    createRequire(import.meta.url).resolve('@abandonware/noble/with-bindings.js');
    return true;
  } catch {
    return false;
  }
}
