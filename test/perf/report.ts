import { wakesOfRead } from './bare-wakes.ts';
import type { DashboardMeasurement } from './dashboard.ts';
import type { FirstFrame, Pair } from './first-frame.ts';
import type { ManySlotsResult } from './many-slots.ts';
import type { NetworkPlugsMeasurement } from './network-plugs.ts';
import type { Table } from './table.ts';
import { judge, operationNames, percent, targetTable, type Measurements } from './targets.ts';
import type { ProcessUsage } from './process-usage.ts';
import type { ThermometerRadioRow } from './thermometer-radio.ts';
import type { ThermometerWireRow } from './thermometer-wire.ts';
import type { ThroughputRow } from './throughput.ts';

const kbits = (value: number) => value.toFixed(1);
const seconds = (value: number) => value.toFixed(2);
const ms = (value: number) => value.toFixed(1);
const size = (bytes: number) =>
  bytes >= 2 ** 20 ? `${bytes / 2 ** 20} MiB` : `${Math.round(bytes / 1_024)} KiB`;

/** Every table of what was measured, the targets last. */
export function tablesOf(measured: Measurements): Table[] {
  const { throughput, thermometerWire, thermometerRadio, manySlots, networkPlugs, dashboard, firstFrame } =
    measured;
  return [
    ...(throughput ? [throughputTable(throughput, measured.bareWakeSeconds)] : []),
    ...(thermometerWire ? [thermometerWireTable(thermometerWire)] : []),
    ...(thermometerRadio ? [thermometerRadioTable(thermometerRadio)] : []),
    ...(manySlots ? [manySlotsTable(manySlots)] : []),
    ...(networkPlugs ? [networkPlugsTable(networkPlugs)] : []),
    ...(dashboard ? [dashboardTable(dashboard)] : []),
    ...(firstFrame ? [firstFrameTable(firstFrame)] : []),
    targetTable(judge(measured)),
  ];
}

function throughputTable(rows: readonly ThroughputRow[], bareWakeSeconds: number | undefined): Table {
  const floor = bareWakeSeconds == null ? '' : bareWakeText(bareWakeSeconds);
  return {
    title: 'One unit on a paced virtual link, kbit/s of flash content',
    note:
      'ESP32 with stub. Limit: the slower of the wire (10 bits a byte, no framing) and the modelled flash (erase 45 ms a ' +
      'sector, program 0.7 ms a page); compressed writes may pass the wire. Stub at best: it takes in one block while it ' +
      'writes the one before, and compressed data only in windows of 32 KiB; compressed or raw, whichever is faster. CPU: of the client process during the ' +
      'operation, seconds. Both clients at the same time, each against its own device in another process.' +
      floor,
    head: [
      'baud, operation',
      'size',
      'wire',
      'flash',
      'limit',
      'stub at best',
      'benchflash',
      'of limit',
      'CPU s',
      'esptool-js',
      'of limit',
      'CPU s',
    ],
    rows: rows.map((row) => [
      `${row.baudRate} ${operationNames[row.operation]}`,
      size(row.bytes),
      kbits(row.wireKbits),
      row.flashKbits == null ? '-' : kbits(row.flashKbits),
      kbits(row.limitKbits),
      row.pipelineKbits == null ? '-' : kbits(row.pipelineKbits),
      ...[row.benchflash, row.esptoolJs].flatMap((client) => [
        kbits(client.kbits),
        percent(client.ofLimit),
        seconds(client.cpuSeconds),
      ]),
    ]),
  };
}

const bareWakeText = (wakeSeconds: number) =>
  ` Node alone takes ${(wakeSeconds * 1e6).toFixed(0)} us of CPU each time bytes wake it here, which makes ` +
  `${(wakesOfRead(4 * 2 ** 20) * wakeSeconds).toFixed(2)} s of a 4 MiB read at 115200 baud.`;

function thermometerWireTable(rows: readonly ThermometerWireRow[]): Table {
  return {
    title: 'One thermometer on a paced single wire',
    note:
      'Seconds of the write, without activation. Least: every character of the encoding on the wire, and the flash (typical ' +
      'times in full mode, the most the data sheet allows where nothing is heard). Public page: its own waits and ' +
      'characters, computed. All rows at the same time, each unit and each client in a process of its own.',
    head: ['ability, bytes, baud', 'least', 'benchflash', 'x least', 'CPU s', 'public page'],
    rows: rows.map(({ ability, bytes, baudRate, leastSeconds, seconds: took, cpuSeconds, pageSeconds }) => [
      `${ability}, ${bytes}, ${baudRate}`,
      leastSeconds.toFixed(1),
      took.toFixed(1),
      (took / leastSeconds).toFixed(2),
      seconds(cpuSeconds),
      pageSeconds.toFixed(1),
    ]),
  };
}

function thermometerRadioTable(rows: readonly ThermometerRadioRow[]): Table {
  return {
    title: 'Thermometers by Bluetooth, whole runs to their proof',
    note:
      'Virtual units with paced connection intervals and flash; registration, settings backup, update, proof. Both rows at ' +
      'the same time, each bench with its units in a process of its own.',
    head: ['batch', 'seconds', 'units per minute', 'CPU of a core', 'PASS'],
    rows: rows.map(({ units, parallel, seconds: took, unitsPerMinute, cpuSeconds, passed }) => [
      `${units} units, ${parallel === undefined ? 'at once' : 'one at a time'}`,
      took.toFixed(0),
      unitsPerMinute.toFixed(2),
      percent(cpuSeconds / took),
      String(passed),
    ]),
  };
}

function manySlotsTable({ slots, baudRate, phases, idle }: ManySlotsResult): Table {
  return {
    title: `${slots} slots at ${baudRate} baud, devices in another process`,
    note:
      `The whole bench with its records. Loop delay: how late the event loop was, ms; an idle process on the same machine at ` +
      `the same time: p99 ${ms(idle.p99Ms)}, at most ${ms(idle.maxMs)}.`,
    head: ['task', 'seconds', 'all slots KB/s', 'CPU of a core', 'loop delay p99', 'at most', 'outcomes'],
    rows: phases.map((phase) => [
      phase.task,
      phase.seconds.toFixed(1),
      (phase.bytes / 1_000 / phase.seconds).toFixed(0),
      percent(phase.cpuSeconds / phase.seconds),
      ms(phase.loop.p99Ms),
      ms(phase.loop.maxMs),
      Object.entries(phase.outcomes)
        .map(([outcome, count]) => `${count} ${outcome}`)
        .join(', '),
    ]),
  };
}

function networkPlugsTable({ plugs, result, servedBytes, idle }: NetworkPlugsMeasurement): Table {
  const { bench, server, loop, outcomes } = result;
  const row = (name: string, usage: ProcessUsage | undefined, rest: readonly string[]) => [
    name,
    result.seconds.toFixed(1),
    usage === undefined ? '-' : percent(usage.cpuSeconds / result.seconds),
    usage === undefined ? '-' : (usage.peakBytes / 1e6).toFixed(0),
    ...rest,
  ];
  return {
    title: `${plugs} plugs over the network in one batch, from stock firmware to Tasmota`,
    note:
      `Virtual Shelly Plugs in another process, at the pace of their flash; both stages fetched from the firmware server. ` +
      `Memory: the most that was resident. Loop delay of an idle process on the same machine at the same time: p99 ` +
      `${ms(idle.p99Ms)}, at most ${ms(idle.maxMs)}.`,
    head: [
      'process',
      'seconds',
      'CPU of a core',
      'memory MB',
      'loop delay p99',
      'at most',
      'served KB/s',
      'outcomes',
    ],
    rows: [
      row('bench', bench, [
        ms(loop.p99Ms),
        ms(loop.maxMs),
        '-',
        Object.entries(outcomes)
          .map(([outcome, count]) => `${count} ${outcome}`)
          .join(', '),
      ]),
      row('firmware server', server, ['-', '-', (servedBytes / 1_000 / result.seconds).toFixed(0), '-']),
    ],
  };
}

function dashboardTable({ slots, columns, rows, result }: DashboardMeasurement): Table {
  return {
    title: `${slots} slots on the dashboard, ${columns}x${rows}, every slot changing ten times a second`,
    note: 'Bytes: what a terminal would be sent.',
    head: ['seconds', 'frames/s', 'CPU of a core', 'bytes/s', 'loop delay p99', 'memory MB'],
    rows: [
      [
        result.seconds.toFixed(1),
        (result.frames / result.seconds).toFixed(1),
        percent(result.cpuSeconds / result.seconds),
        (result.bytes / result.seconds).toFixed(0),
        ms(result.loop.p99Ms),
        (result.rssBytes / 1e6).toFixed(0),
      ],
    ],
  };
}

function firstFrameTable({ runs, plain, asSet }: FirstFrame): Table {
  const rows = ({ benchflash, bareNode, inkAlone }: Pair, where: string) =>
    [
      { name: `benchflash${where}`, start: benchflash },
      { name: `bare node${where}`, start: bareNode },
      { name: `Ink, one word${where}`, start: inkAlone },
    ].map(({ name, start }) => [
      name,
      start.ms.toFixed(0),
      (start.ms / bareNode.ms).toFixed(2),
      start.cpuMs.toFixed(0),
      (start.cpuMs / bareNode.cpuMs).toFixed(2),
    ]);
  return {
    title: 'Start to first text on the terminal',
    note:
      `Medians of ${runs} starts each, in turn, in a pseudo terminal of 80x24. Ink: itself, React and Yoga, nothing else, ` +
      'without a code cache.' +
      (asSet ? ' As set here: with the NODE_EXTRA_CA_CERTS or NODE_OPTIONS of this machine.' : ''),
    head: ['program', 'ms', 'x bare node', 'CPU ms', 'x bare node'],
    rows: [...rows(plain, ''), ...(asSet ? rows(asSet, ', as set here') : [])],
  };
}
