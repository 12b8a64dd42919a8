import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import { createBench } from '../../src/bench/create-bench.ts';
import type { Bench, BatchRequest, BenchEvent, SettledView, SlotView } from '../../src/bench/view.ts';
import { systemClock } from '../../src/core/clock.ts';
import { parseLinks } from '../../src/core/link.ts';
import type { Programs } from '../../src/drivers/process/programs.ts';
import type { SerialPort } from '../../src/drivers/serial/port.ts';
import { inspectFile } from '../../src/firmware/inspect.ts';
import { openDataDir } from '../../src/records/open-data-dir.ts';
import { createPracticeBench } from '../../src/virtual/create-practice-bench.ts';
import { flows } from '../../flows/index.ts';
import type { ManualClock } from '../harness/manual-clock.ts';
import { ScriptedFlashrom } from '../harness/scripted-flashrom.ts';

export interface DafangRunOptions extends Partial<BatchRequest> {
  readonly link?: string;
  readonly programs?: Programs;
  /** For the console: what answers at the end of the wire, and whose time it is. */
  readonly port?: SerialPort;
  readonly clock?: ManualClock;
  /** By slot of the firmware. */
  readonly images?: Readonly<Record<string, Uint8Array>>;
  readonly backup?: Uint8Array;
  /** The value to answer a question with that contains this text; with it somebody is at the screen. */
  readonly answers?: Readonly<Record<string, string>>;
  readonly onEvent?: (event: BenchEvent, bench: Bench) => void;
  readonly onSettings?: (jobName: string, key: string, value: string) => void;
}

export interface DafangResult {
  readonly settled: SettledView;
  readonly slot: SlotView;
  readonly events: readonly BenchEvent[];
  readonly log: string;
  /** What was asked. */
  readonly asked: readonly string[];
}

export interface DafangBench {
  readonly folder: string;
  run(options: DafangRunOptions): Promise<DafangResult>;
}

/** The flow over real records in a folder of its own; each run opens the bench anew. */
export async function dafangBench(): Promise<DafangBench> {
  const folder = await mkdtemp(path.join(tmpdir(), 'benchflash-dafang-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const save = async (name: string, bytes: Uint8Array) => {
    const file = path.join(folder, name);
    await writeFile(file, bytes);
    return file;
  };
  const run: DafangBench['run'] = async (options) => {
    const {
      programs = new ScriptedFlashrom(new Uint8Array()),
      port,
      clock,
      link = port ? 'socket://127.0.0.1:1' : 'flashrom:scripted',
      images = {},
      backup,
      answers,
      onEvent,
      onSettings,
      ...request
    } = options;
    const records = await openDataDir(path.join(folder, 'data'));
    const bench = createBench({
      flows,
      records,
      practice: createPracticeBench({ dataDir: folder, clock: systemClock }),
      clock: clock ?? systemClock,
      sleepInhibitor: {
        current: { state: 'off' },
        acquire: () => Promise.resolve({ state: { state: 'off' } as const, release: () => {} }),
        close: () => {},
      },
      interactive: answers !== undefined,
      openSerial: () => (port ? Promise.resolve(port) : Promise.reject(new Error('no serial ports here'))),
      programs,
      inspectFile,
      ...(onSettings && { rememberSetting: onSettings }),
    });
    const events: BenchEvent[] = [];
    const asked: string[] = [];
    bench.onEvent((event) => {
      events.push(event);
      onEvent?.(event, bench);
      if (event.type !== 'ask') return;
      asked.push(event.prompt.text);
      const answer = Object.entries(answers ?? {}).find(([text]) => event.prompt.text.includes(text))?.[1];
      if (answer !== undefined) bench.answer(event.prompt.id, answer);
    });
    try {
      const files = await Promise.all(
        Object.entries(images).map(async ([slot, bytes]) => ({
          slot,
          path: await save(`${slot}.bin`, bytes),
        })),
      );
      const id = await bench.start({
        flowId: port ? 'dafang-console' : 'dafang-spi',
        task: 'flash',
        links: parseLinks(link),
        files,
        settings: {},
        assume: [],
        ...(backup && { backupFile: await save('named-backup.bin', backup) }),
        ...request,
      });
      const whenDone = bench.whenDone(id);
      await (clock ? clock.run(whenDone) : whenDone);
      const slot = bench.view().batches[0]!.slots[0]!;
      const log = bench
        .log(slot.id)
        .map(({ text }) => text)
        .join('\n');
      return { settled: slot.settled!, slot, events, log, asked };
    } finally {
      await bench.shutdown();
      await records.close();
    }
  };
  return { folder, run };
}
