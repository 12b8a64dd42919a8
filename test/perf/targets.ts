import type { DashboardMeasurement } from './dashboard.ts';
import type { FirstFrame } from './first-frame.ts';
import type { ManySlotsResult } from './many-slots.ts';
import type { NetworkPlugsMeasurement } from './network-plugs.ts';
import type { Table } from './table.ts';
import type { ThermometerRadioRow } from './thermometer-radio.ts';
import type { ThermometerWireRow } from './thermometer-wire.ts';
import type { ThroughputRow } from './throughput.ts';

/** Whatever was measured in this run. */
export interface Measurements {
  readonly throughput?: readonly ThroughputRow[];
  /** CPU seconds that Node alone takes each time bytes wake it; measured with the throughput. */
  readonly bareWakeSeconds?: number;
  readonly thermometerWire?: readonly ThermometerWireRow[];
  readonly thermometerRadio?: readonly ThermometerRadioRow[];
  readonly manySlots?: ManySlotsResult;
  readonly networkPlugs?: NetworkPlugsMeasurement;
  readonly dashboard?: DashboardMeasurement;
  readonly firstFrame?: FirstFrame;
}

/** What the program is held to, and what it did. */
export interface Target {
  readonly name: string;
  readonly wanted: string;
  readonly measured: string;
  readonly reached: boolean;
}

const OF_LIMIT = 0.95;
/** "Never slower" of two clients that fill the same wire: what one acknowledgement more or less makes, and noise. */
const SAME_SPEED = 0.99;
/** "A small fraction" of the CPU that esptool-js takes. */
const CPU_FRACTION = 1 / 3;
const READ_CPU_SECONDS = 1;
const READ_BYTES = 4 * 2 ** 20;
/** Of a thermometer's write: against its characters on the wire and its flash. */
const TIMES_LEAST = 1.15;
/** Of the time that as many thermometers take one after another. */
const AT_ONCE_SHARE = 1 / 3;
const MANY_SLOTS_CPU = 0.5;
/** Bench and firmware server together. */
const NETWORK_CPU = 1;
const NETWORK_BYTES = 300e6;
const NETWORK_LOOP_MS = 50;
const DASHBOARD_CPU = 0.2;
const TIMES_BARE_NODE = 4;

export const percent = (ratio: number, digits = 1) => `${(ratio * 100).toFixed(digits)} %`;
export const operationNames = {
  'write-raw': 'write, raw',
  'write-compressed': 'write, compressed',
  read: 'read',
} as const;

/** One line for each target that this run could judge. */
export function judge(measured: Measurements): Target[] {
  const { throughput, thermometerWire, thermometerRadio, manySlots, networkPlugs, dashboard, firstFrame } =
    measured;
  const targets: Target[] = [];
  if (throughput) targets.push(...judgeThroughput(throughput));
  for (const { ability, bytes, seconds, leastSeconds } of thermometerWire ?? [])
    targets.push({
      name: `thermometer by wire, ${ability}, ${bytes} bytes`,
      wanted: `<= ${TIMES_LEAST} x wire and flash`,
      measured: `${(seconds / leastSeconds).toFixed(2)} x`,
      reached: seconds / leastSeconds <= TIMES_LEAST,
    });
  const [oneByOne, atOnce] = thermometerRadio ?? [];
  if (oneByOne && atOnce) {
    const share = oneByOne.unitsPerMinute / atOnce.unitsPerMinute;
    const failed = oneByOne.units + atOnce.units - oneByOne.passed - atOnce.passed;
    targets.push({
      name: `${atOnce.units} thermometers by Bluetooth at once, against one after another`,
      wanted: `<= ${percent(AT_ONCE_SHARE, 0)} of the time, every unit PASS`,
      measured: `${percent(share)}${failed > 0 ? `, ${failed} not PASS` : ''}`,
      reached: share <= AT_ONCE_SHARE && failed === 0,
    });
  }
  for (const phase of manySlots?.phases ?? []) {
    const load = phase.cpuSeconds / phase.seconds;
    const failed = phase.problems.length;
    targets.push({
      name: `${manySlots!.slots} slots, ${phase.task}`,
      wanted: `<= ${percent(MANY_SLOTS_CPU, 0)} of a core, every unit PASS`,
      measured: `${percent(load)}${failed > 0 ? `, ${failed} not PASS` : ''}`,
      reached: load <= MANY_SLOTS_CPU && failed === 0,
    });
  }
  if (networkPlugs) targets.push(...judgeNetworkPlugs(networkPlugs));
  if (dashboard) {
    const load = dashboard.result.cpuSeconds / dashboard.result.seconds;
    targets.push({
      name: `${dashboard.slots} slots on the screen`,
      wanted: `<= ${percent(DASHBOARD_CPU, 0)} of a core`,
      measured: percent(load),
      reached: load <= DASHBOARD_CPU,
    });
  }
  if (firstFrame) {
    const times = firstFrame.plain.benchflash.ms / firstFrame.plain.bareNode.ms;
    targets.push({
      name: 'start to first frame',
      wanted: `<= ${TIMES_BARE_NODE} x bare node`,
      measured: `${times.toFixed(2)} x`,
      reached: times <= TIMES_BARE_NODE,
    });
  }
  return targets;
}

function judgeNetworkPlugs({ plugs, result }: NetworkPlugsMeasurement): Target[] {
  const { bench, server, loop, seconds, problems } = result;
  const load = (bench.cpuSeconds + (server?.cpuSeconds ?? 0)) / seconds;
  const bytes = bench.peakBytes + (server?.peakBytes ?? 0);
  const unknown = server === undefined ? ', the server not counted' : '';
  const failed = problems.length > 0 ? `, ${problems.length} not PASS` : '';
  return [
    {
      name: `${plugs} plugs over the network, bench and firmware server`,
      wanted: `<= ${percent(NETWORK_CPU, 0)} of a core, every unit PASS`,
      measured: `${percent(load)}${unknown}${failed}`,
      reached: load <= NETWORK_CPU && problems.length === 0,
    },
    {
      name: `${plugs} plugs over the network, memory of both`,
      wanted: `<= ${NETWORK_BYTES / 1e6} MB`,
      measured: `${(bytes / 1e6).toFixed(0)} MB${unknown}`,
      reached: bytes <= NETWORK_BYTES,
    },
    {
      name: `${plugs} plugs over the network, loop delay p99`,
      wanted: `<= ${NETWORK_LOOP_MS} ms`,
      measured: `${loop.p99Ms.toFixed(1)} ms`,
      reached: loop.p99Ms <= NETWORK_LOOP_MS,
    },
  ];
}

function judgeThroughput(rows: readonly ThroughputRow[]): Target[] {
  const operations = Object.keys(operationNames) as ThroughputRow['operation'][];
  return operations.flatMap((operation): Target[] => {
    const of = rows.filter((row) => row.operation === operation);
    if (of.length === 0) return [];
    const name = operationNames[operation];
    const slowest = of.toSorted((a, b) => a.benchflash.ofLimit - b.benchflash.ofLimit)[0]!;
    // Where the flash is slower than the wire nothing passes the wire.
    const mayPass = of.filter(
      ({ wireKbits, limitKbits }) => operation === 'write-compressed' && wireKbits === limitKbits,
    );
    const pastWire = Math.min(...mayPass.map((row) => row.benchflash.kbits / row.wireKbits));
    const againstOther = Math.min(...of.map((row) => row.benchflash.kbits / row.esptoolJs.kbits));
    const cpu = Math.max(...of.map((row) => row.benchflash.cpuSeconds / row.esptoolJs.cpuSeconds));
    const whole = of.filter(({ bytes }) => operation === 'read' && bytes === READ_BYTES);
    return [
      {
        name: `${name}, every rate`,
        wanted: `>= ${percent(OF_LIMIT, 0)} of the limit`,
        measured: `at least ${percent(slowest.benchflash.ofLimit)} (${slowest.baudRate})`,
        reached: slowest.benchflash.ofLimit >= OF_LIMIT,
      },
      ...(mayPass.length === 0
        ? []
        : [
            {
              name: `${name}, where the flash is faster than the wire`,
              wanted: 'beyond the wire',
              measured: `at least ${percent(pastWire)} of the wire`,
              reached: pastWire > 1,
            },
          ]),
      {
        name: `${name}, against esptool-js`,
        wanted: 'never slower',
        measured: `at least ${againstOther.toFixed(2)} x its speed`,
        reached: againstOther >= SAME_SPEED,
      },
      {
        name: `${name}, CPU against esptool-js`,
        wanted: `<= ${percent(CPU_FRACTION, 0)} of its`,
        measured: `at most ${percent(cpu)}`,
        reached: cpu <= CPU_FRACTION,
      },
      ...(whole.length === 0
        ? []
        : [
            {
              name: 'CPU for reading 4 MB',
              wanted: `< ${READ_CPU_SECONDS} s`,
              measured: whole
                .map(({ baudRate, benchflash }) => `${benchflash.cpuSeconds.toFixed(2)} s at ${baudRate}`)
                .join(', '),
              reached: whole.every(({ benchflash }) => benchflash.cpuSeconds < READ_CPU_SECONDS),
            },
          ]),
    ];
  });
}

export function targetTable(targets: readonly Target[]): Table {
  return {
    title: 'Targets',
    note: 'BELOW: the target was missed in this run.',
    head: ['target', 'wanted', 'measured', 'result'],
    rows: targets.map(({ name, wanted, measured, reached }) => [
      name,
      wanted,
      measured,
      reached ? 'PASS' : 'BELOW',
    ]),
  };
}
