import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import { createBench } from '../../src/bench/create-bench.ts';
import type { BatchRequest, Bench, BenchEvent, SettledView } from '../../src/bench/view.ts';
import { systemClock, type Clock } from '../../src/core/clock.ts';
import { parseLinks } from '../../src/core/link.ts';
import { createFirmwareServer } from '../../src/drivers/http/firmware-server-process.ts';
import { inspectFile } from '../../src/firmware/inspect.ts';
import { openPracticeRadio } from '../../src/main/radios.ts';
import { openDataDir } from '../../src/records/open-data-dir.ts';
import { createPracticeBench } from '../../src/virtual/create-practice-bench.ts';
import { makePracticeImages } from '../../src/virtual/make-practice-images.ts';
import { findVirtualDevice } from '../../src/virtual/registry.ts';
import { flows } from '../../flows/index.ts';
import { openPracticeNetwork } from './practice-network.ts';

export interface PracticeRun {
  readonly bench: Bench;
  readonly events: readonly BenchEvent[];
  /** By unit number, oldest run first. */
  readonly results: ReadonlyMap<number, readonly SettledView[]>;
}

export interface Practice {
  readonly folder: string;
  /** Path of a practice image, by the end of its name. */
  image(device: string, name: string): Promise<string>;
  /** What lies in the flash of a virtual unit now. */
  flashOf(device: string, unit: number): Promise<Buffer>;
  /** Lays these bytes into the flash of a virtual unit that is not in use. */
  putFlash(device: string, unit: number, content: Uint8Array): Promise<void>;
  run(
    request: Partial<BatchRequest> & {
      flowId: string;
      link: string | string[];
      images?: string[];
      onEvent?: (event: BenchEvent, bench: Bench) => void;
      /** When the batch is done; `done` waits until it is done once more. */
      afterwards?: (bench: Bench, done: () => Promise<void>) => Promise<void>;
      /** UNSURE units are looked at once more when all are settled. */
      thenLookAgain?: boolean;
    },
  ): Promise<PracticeRun>;
}

/** The real flows over real records on the practice bench; nobody is at the screen unless it is `interactive`. */
export async function practice({
  interactive = false,
  clock = systemClock,
}: {
  readonly interactive?: boolean;
  /** Of bench, units and network; the firmware server keeps real time. */
  readonly clock?: Clock;
} = {}): Promise<Practice> {
  const folder = await mkdtemp(path.join(tmpdir(), 'benchflash-practice-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const run: Practice['run'] = async ({
    link,
    images = [],
    onEvent,
    afterwards,
    thenLookAgain = false,
    ...request
  }) => {
    const records = await openDataDir(folder);
    const firmwareServer = createFirmwareServer();
    const virtual = createPracticeBench({
      dataDir: folder,
      clock,
      openRadio: (air) => openPracticeRadio(air, systemClock),
      openNetwork: (lan) => openPracticeNetwork(lan, clock),
    });
    const bench = createBench({
      flows,
      records,
      practice: virtual,
      clock,
      sleepInhibitor: {
        current: { state: 'off' },
        acquire: () => Promise.resolve({ state: { state: 'off' } as const, release: () => {} }),
        close: () => {},
      },
      interactive,
      openSerial: () => Promise.reject(new Error('only virtual links here')),
      inspectFile,
      firmwareServer,
    });
    const events: BenchEvent[] = [];
    bench.onEvent((event) => {
      events.push(event);
      onEvent?.(event, bench);
    });
    try {
      const id = await bench.start({
        task: 'flash',
        links: [link].flat().flatMap(parseLinks),
        files: images.map((file) => ({ path: file })),
        settings: {},
        assume: ['wired'],
        ...request,
      });
      await bench.whenDone(id);
      await afterwards?.(bench, () => bench.whenDone(id));
      if (thenLookAgain) {
        const unsure = bench.view().batches[0]!.slots.filter(({ settled }) => settled?.outcome === 'UNSURE');
        bench.lookAgain(unsure.map((slot) => slot.id));
        await bench.whenDone(id);
      }
      const batch = bench.view().batches[0]!;
      const results = new Map(
        batch.slots.map((slot) => [
          slot.link.virtual!.unit,
          [...slot.earlier, ...(slot.settled ? [slot.settled] : [])],
        ]),
      );
      return { bench, events, results };
    } finally {
      await bench.shutdown();
      const { pid } = firmwareServer;
      await firmwareServer.close();
      // It would wait half an hour for a unit that is stuck halfway; the units of this bench are gone.
      if (pid !== undefined) endIfThere(pid);
      await virtual.close();
      await records.close();
    }
  };
  return {
    folder,
    run,
    image: async (device, name) => {
      const made = await makePracticeImages(findVirtualDevice(device), path.join(folder, 'images', device));
      return made.find((image) => image.path.includes(name))!.path;
    },
    putFlash: async (device, unit, content) => {
      await mkdir(path.join(folder, 'virtual'), { recursive: true });
      await writeFile(path.join(folder, 'virtual', `${device}-${unit}.bin`), content);
    },
    flashOf: (device, unit) => readFile(path.join(folder, 'virtual', `${device}-${unit}.bin`)),
  };
}

function endIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
