import { describe, expect, it } from 'vitest';
import type { SerialPortInfo } from '../../../src/drivers/serial/adapter.ts';
import { type PortChanges, watchPorts } from '../../../src/drivers/serial/discovery.ts';
import { ManualClock } from '../../harness/manual-clock.ts';
import { until } from '../until.ts';

const chip = {
  id: 'ch340',
  title: 'CH340',
  dependableBaudRate: 460_800,
  notes: [],
  sws: { write: 'good', read: 'good' },
} as const;
const port = (path: string, location: string): SerialPortInfo => ({
  path,
  key: `usb:${location}`,
  label: location,
  chip,
  usb: { vendorId: '1a86', productId: '7523', location },
});
const A = port('/dev/ttyUSB0', '1-1');
const B = port('/dev/ttyUSB1', '1-2');

describe('watching ports', () => {
  const watch = () => {
    const clock = new ManualClock();
    const bench = { ports: [A] as SerialPortInfo[], failing: false, asked: 0 };
    const changes: PortChanges[] = [];
    const lister = {
      async list() {
        bench.asked++;
        if (bench.failing) throw new Error('no list');
        return bench.ports;
      },
    };
    const stop = watchPorts(lister, clock, (change) => changes.push(change));
    const look = async () => {
      await until(() => expect(clock.pendingTimers).toBe(1));
      clock.pass(1000);
      await until(() => expect(clock.pendingTimers).toBe(1));
    };
    return { clock, bench, changes, stop, look };
  };

  it('tells what is there at first, then only what changes', async () => {
    const { bench, changes, look, stop } = watch();
    await look();
    expect(changes).toEqual([{ added: [A], removed: [], ports: [A] }]);
    bench.ports = [A, B];
    await look();
    await look();
    bench.ports = [B];
    await look();
    expect(changes.slice(1)).toEqual([
      { added: [B], removed: [], ports: [A, B] },
      { added: [], removed: [A], ports: [B] },
    ]);
    stop();
  });

  it('takes another adapter under the same name for another port', async () => {
    const { bench, changes, look, stop } = watch();
    await look();
    const other = port('/dev/ttyUSB0', '1-7');
    bench.ports = [other];
    await look();
    expect(changes[1]).toEqual({ added: [other], removed: [A], ports: [other] });
    stop();
  });

  it('says so when there is nothing at first', async () => {
    const { bench, changes, look, stop } = watch();
    bench.ports = [];
    await look();
    expect(changes[0]).toMatchObject({ ports: [A] });
    stop();
    const empty: PortChanges[] = [];
    const clock = new ManualClock();
    const end = watchPorts({ list: async () => [] }, clock, (change) => empty.push(change));
    await until(() => expect(clock.pendingTimers).toBe(1));
    expect(empty).toEqual([{ added: [], removed: [], ports: [] }]);
    end();
  });

  it('takes a list that cannot be read for unchanged', async () => {
    const { bench, changes, look, stop } = watch();
    await look();
    bench.failing = true;
    await look();
    bench.failing = false;
    await look();
    expect(changes).toHaveLength(1);
    stop();
  });

  it('asks no more once it is stopped', async () => {
    const { clock, bench, look, stop, changes } = watch();
    await look();
    stop();
    const { asked } = bench;
    bench.ports = [];
    clock.pass(10_000);
    expect(bench.asked).toBe(asked);
    expect(clock.pendingTimers).toBe(0);
    expect(changes).toHaveLength(1);
  });
});
