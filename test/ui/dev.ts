/** Shows the screens on a scripted bench, to look at them: `npx tsx test/ui/dev.ts [start|bench|many|jig|air] [ascii] [plain]`. */
import { systemClock } from '../../src/core/clock.ts';
import { runScreen } from '../../src/ui/run-screen.tsx';
import { FakeBench } from './fake-bench.ts';
import { adapter, earlier, FakeServices, file, job, onAir, radioFlow } from './fake-services.ts';
import { actPrompt, batch, runningSlot, settledSlot, slot, START, twelve } from './slots.ts';

const words = new Set(process.argv.slice(2));
const bench = new FakeBench();
const services = new FakeServices();
const shift = Date.now() - START - 120_000;
const clock = { ...systemClock, now: () => Date.now() - shift };

services.savedJobs = [
  job({ last: { batchId: 'B-0140', at: START - 86_400_000, good: 12, units: 12 } }),
  job({ name: 'lamp-tasmota', problem: 'missing file tasmota32.bin' }),
];
services.batches = [earlier({ id: 'B-0141', unfinished: true }), earlier()];
services.files = [
  file('firmware/esphome-bedside-lamp.bin'),
  file('firmware/other.bin', { title: 'ESP32 application hello-world v3.3' }),
];
if (!words.has('empty'))
  services.plug(
    adapter(0),
    adapter(1, { chip: 'CP2102N' }),
    adapter(2, {
      usable: false,
      advice: 'Your user may not open it: join the group dialout, then log in again.',
    }),
  );

/** A unit more on the air every few seconds; the third falls silent. */
const air = (passed = 0): void => {
  services.hear(
    Array.from({ length: 4 + Math.floor(passed / 5) }, (_, at) =>
      onAir(at + 1, {
        rssiDbm: -50 - at * 4 - (passed % 3),
        batteryPercent: 97 - at * 9,
        ageSeconds: at === 2 ? passed : passed % 3,
      }),
    ),
    { listenedSeconds: passed },
  );
  systemClock.after(1000, () => air(passed + 1));
};
if (words.has('air')) {
  services.flows = [radioFlow, ...services.flows];
  air();
}

const many = () =>
  Array.from({ length: 64 }, (_, index) =>
    index % 8 === 0
      ? settledSlot(index + 1, 'PASS')
      : runningSlot(index + 1, 'flash', {
          progress: { label: 'writing app at 0x10000', done: 0, total: 917_504, unit: 'bytes' },
        }),
  );
if (words.has('many')) bench.set(batch(many()));
else if (words.has('jig'))
  bench.set(batch([{ ...settledSlot(1, 'PASS'), state: 'take-out', label: 'jig' }], { cycle: true }));
else if (words.has('two'))
  bench.set(
    batch(twelve().slice(0, 5)),
    batch(
      twelve()
        .slice(5)
        .map((each) => ({ ...each, id: each.id.replace('143', '144'), batchId: 'B-0144' })),
      { id: 'B-0144', jobName: 'lamp-tasmota' },
    ),
  );
else if (words.has('ask'))
  bench.set(
    batch([
      runningSlot(1, 'wire-check', {
        state: 'needs-operator',
        prompt: actPrompt('q', {
          kind: 'question',
          text: 'The lamp needs GND twice: for GND and for GPIO0. How will you hold GPIO0 to GND?',
          finding: undefined,
          canPerform: false,
          choices: [
            { value: 'a', title: 'breadboard' },
            { value: 'b', title: 'go on without a backup' },
          ],
          typed: 'no-backup',
          typedFor: 'b',
        }),
      }),
      slot(2),
    ]),
  );
else if (!words.has('start') && !words.has('air')) bench.set(batch(twelve()));
bench.starts = batch(twelve(), { id: 'B-0150' });
bench.planned = {
  flowId: 'test-lamp',
  task: 'flash',
  slots: ['virtual:lamp#1', 'virtual:lamp#2'],
  firmware: [...batch([]).firmware],
  warnings: [
    'The boot loader in this job reads flash in quad mode; if a lamp does not start with it, use the DOUT set.',
  ],
};
for (let line = 0; line < 40; line++)
  bench.addLog(
    'B-0143/6',
    line % 5 === 0
      ? `ets Jun  8 2016 00:22:57 rst:0x1 line ${line}`
      : `block ${line} of 368 written and acknowledged`,
    line % 5 === 0 ? 'device' : 'info',
  );
bench.addLog('B-0143/4', 'MD5 of file does not match', 'error');

let round = 0;
const move = (): void => {
  round++;
  const [first, ...rest] = bench.view().batches;
  if (first !== undefined && words.has('move')) {
    const slots = first.slots.map((each) =>
      each.progress?.total === undefined
        ? each
        : {
            ...each,
            progress: {
              ...each.progress,
              done: (each.progress.done + 3000 + each.number * 10) % each.progress.total,
              perSecond: 78_000 + round * 10,
              etaMs: 31_000,
            },
          },
    );
    bench.set({ ...first, slots }, ...rest);
  }
  systemClock.after(words.has('fast') ? 50 : 250, move);
};
move();
const seconds = Number([...words].find((word) => word.startsWith('for='))?.slice(4) ?? 0);
if (seconds > 0)
  systemClock.after(seconds * 1000, () => {
    process.kill(process.pid, 'SIGTERM');
  });
const before = process.cpuUsage();
const began = performance.now();
let sent = 0;
const write = process.stdout.write.bind(process.stdout);
process.stdout.write = (text: string) => {
  sent += text.length;
  return write(text);
};
process.exitCode = await runScreen({
  bench,
  services,
  start: bench.view().batches.length > 0 ? { batchId: 'B-0143' } : 'start',
  practice: words.has('practice'),
  ascii: words.has('ascii'),
  colour: !words.has('plain'),
  stdout: process.stdout,
  stdin: process.stdin,
  clock,
});
const used = process.cpuUsage(before);
const seconds2 = (performance.now() - began) / 1000;
process.stderr.write(
  `cpu ${(((used.user + used.system) / 1e6 / seconds2) * 100).toFixed(1)} %  ${(sent / seconds2 / 1000).toFixed(1)} kB/s over ${seconds2.toFixed(1)} s\n`,
);
process.exit();
