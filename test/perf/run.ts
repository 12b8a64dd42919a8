import { writeFile } from 'node:fs/promises';
import { availableParallelism, cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { measureBareWake } from './bare-wakes.ts';
import { buildChildPrograms } from './child-programs.ts';
import { measureDashboard } from './dashboard.ts';
import { measureFirstFrame } from './first-frame.ts';
import { measureManySlots } from './many-slots.ts';
import { measureNetworkPlugs } from './network-plugs.ts';
import { tablesOf } from './report.ts';
import { markdownTable, plainTable } from './table.ts';
import { judge, operationNames, percent, type Measurements } from './targets.ts';
import { measureThermometerRadio } from './thermometer-radio.ts';
import { measureThermometerWire } from './thermometer-wire.ts';
import { measureThroughput } from './throughput.ts';

const USAGE = `npm run perf -- [options]
  --only NAME       one of: throughput, thermometer-wire, thermometer-radio, many-slots, network-plugs,
                    dashboard, first-frame; may be given again
  --quick           reads of 512 KiB and short measurements
  --json FILE       writes all numbers
  --markdown FILE   writes the tables for the README`;

/** The short ones first; each fills in its own part. */
const BENCHMARKS: Readonly<Record<string, (quick: boolean) => Promise<Measurements>>> = {
  'first-frame': async () => ({ firstFrame: await measureFirstFrame() }),
  dashboard: async (quick) => ({ dashboard: await measureDashboard(quick) }),
  'many-slots': async () => ({ manySlots: await measureManySlots() }),
  'network-plugs': async (quick) => ({ networkPlugs: await measureNetworkPlugs(quick) }),
  'thermometer-wire': async (quick) => ({ thermometerWire: await measureThermometerWire(quick) }),
  'thermometer-radio': async (quick) => ({ thermometerRadio: await measureThermometerRadio(quick) }),
  throughput: async (quick) => ({
    bareWakeSeconds: await measureBareWake(),
    throughput: await measureThroughput(quick, ({ baudRate, operation, benchflash, esptoolJs }) =>
      console.log(
        `  ${baudRate} ${operationNames[operation]}: benchflash ${percent(benchflash.ofLimit)} of the limit, ` +
          `${benchflash.cpuSeconds.toFixed(2)} s CPU; esptool-js ${percent(esptoolJs.ofLimit)}, ${esptoolJs.cpuSeconds.toFixed(2)} s CPU`,
      ),
    ),
  }),
};

const { values } = parseArgs({
  options: {
    json: { type: 'string' },
    markdown: { type: 'string' },
    only: { type: 'string', multiple: true },
    quick: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
const names = values.only ?? Object.keys(BENCHMARKS);
if (values.help || names.some((name) => !(name in BENCHMARKS))) {
  console.log(USAGE);
  process.exit(values.help ? 0 : 2);
}

const machine = {
  node: process.version,
  platform: `${process.platform} ${process.arch}`,
  cores: availableParallelism(),
  cpu: cpus()[0]?.model.trim() ?? 'unknown',
  loadAverage: loadavg()[0]!,
  quick: values.quick,
};
const described =
  `Node ${machine.node} on ${machine.platform}, ${machine.cores} cores (${machine.cpu}), load average ` +
  `${machine.loadAverage.toFixed(1)} at the start${machine.quick ? ', quick run' : ''}`;
console.log(`${described}\n`);

await buildChildPrograms();
let measured: Measurements = {};
for (const name of names) {
  console.log(`measuring ${name} ...`);
  measured = { ...measured, ...(await BENCHMARKS[name]!(values.quick)) };
}

const tables = tablesOf(measured);
const targets = judge(measured);
console.log(`\n${tables.map(plainTable).join('\n')}`);
if (values.json != null)
  await writeFile(values.json, `${JSON.stringify({ machine, ...measured, targets }, null, 2)}\n`);
if (values.markdown != null)
  await writeFile(values.markdown, `${described}.\n\n${tables.map(markdownTable).join('\n')}`);
// A missed target is a result, not a failure of the measurement.
process.exit(0);
