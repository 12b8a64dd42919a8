import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import { createBench } from '../../src/bench/create-bench.ts';
import type { Bench, BatchRequest, BenchEvent } from '../../src/bench/view.ts';
import { systemClock } from '../../src/core/clock.ts';
import { parseLinks } from '../../src/core/link.ts';
import { STEP_IDS, type StepId } from '../../src/core/steps.ts';
import { inspectBytes } from '../../src/firmware/inspect.ts';
import type { DataDir } from '../../src/records/data-dir.ts';
import { openDataDir } from '../../src/records/open-data-dir.ts';
import { done, settle, type AnyFlow, type RunContext, type StepResult } from '../../flows/flow.ts';

type Script = Partial<
  Record<StepId, (run: RunContext, session: { opened: number }) => Promise<StepResult> | StepResult>
>;

export const passed = settle({ outcome: 'PASS', message: 'proved', proof: ['banner'] });
export const macOf = (run: RunContext) =>
  `02:00:00:00:00:${String(run.link.virtual?.unit ?? 0).padStart(2, '0')}`;

/** A flow whose steps are given by the test; by default it identifies, backs up one byte and passes. */
export function scriptedFlow(script: Script = {}, more: Partial<AnyFlow> = {}): AnyFlow {
  const usual: Required<Script> = {
    detect: async (run) => {
      await run.identify({ mac: macOf(run) });
      return done;
    },
    'wire-check': () => done,
    backup: async (run) => {
      const writer = await run.backups.create('full-flash', 4);
      await writer.append(Uint8Array.of(1, 2, 3, 4));
      await writer.commit();
      return done;
    },
    flash: async (run) => {
      await run.writeBegins();
      run.wrote(4);
      return done;
    },
    verify: () => done,
    reboot: () => passed,
  };
  const steps = Object.fromEntries(
    STEP_IDS.map((step) => [
      step,
      async (session: { opened: number }, run: RunContext) => (script[step] ?? usual[step])(run, session),
    ]),
  );
  let opened = 0;
  return {
    id: 'scripted',
    title: 'Scripted',
    device: 'test unit',
    summary: '',
    linkKinds: ['virtual'],
    virtualDevice: 'test',
    abilities: { readsBack: 'always', operatorPowers: true, cancelWhileWriting: true, cycle: true },
    firmwareSlots: [],
    settings: [{ key: 'wifi-password', title: 'Password', help: '', kind: 'secret' }],
    wiringPages: () => [],
    plan: () => Promise.resolve({}),
    warnings: () => [],
    open: () => Promise.resolve({ opened: ++opened }),
    close: () => Promise.resolve(),
    steps,
    lookAgain: () => Promise.resolve(passed),
    awaitNextUnit: () => Promise.resolve(),
    ...more,
  } as AnyFlow;
}

export interface TestBench {
  readonly bench: Bench;
  readonly events: BenchEvent[];
  readonly folder: string;
  readonly records: DataDir;
  start(request?: Partial<BatchRequest> & { link?: string }): Promise<string>;
  run(request?: Partial<BatchRequest> & { link?: string }): Promise<string>;
  outcomes(): string[];
  awake: { held: number; acquired: number };
}

/** A bench over real records in a folder of its own. */
export async function testBench(
  flow: AnyFlow,
  options: { interactive?: boolean; folder?: string } = {},
): Promise<TestBench> {
  const folder = options.folder ?? (await mkdtemp(path.join(tmpdir(), 'benchflash-bench-')));
  const records = await openDataDir(folder);
  const awake = { held: 0, acquired: 0 };
  const bench = createBench({
    flows: [flow],
    records,
    practice: {
      check: () => undefined,
      devices: ['test'],
      openSerial: () => Promise.reject(new Error('no port in this test')),
      openRadio: () => Promise.reject(new Error('no radio in this test')),
      openNetwork: () => Promise.reject(new Error('no network in this test')),
      openProgrammer: () => Promise.reject(new Error('no programmer in this test')),
    },
    clock: systemClock,
    sleepInhibitor: {
      current: { state: 'off' },
      close: () => undefined,
      acquire: () => {
        awake.held += 1;
        awake.acquired += 1;
        return Promise.resolve({ state: { state: 'off' } as const, release: () => void (awake.held -= 1) });
      },
    },
    interactive: options.interactive ?? false,
    openSerial: () => Promise.reject(new Error('no port in this test')),
    inspectFile: (file) => inspectBytes(file, new Uint8Array()),
  });
  const events: BenchEvent[] = [];
  bench.onEvent((event) => events.push(event));
  onTestFinished(async () => {
    await bench.shutdown();
    await records.close();
    if (!options.folder) await rm(folder, { recursive: true, force: true });
  });
  const start: TestBench['start'] = ({ link = 'virtual:test', ...request } = {}) =>
    bench.start({
      flowId: 'scripted',
      task: 'flash',
      links: parseLinks(link),
      files: [],
      settings: {},
      assume: [],
      ...request,
    });
  return {
    bench,
    events,
    folder,
    records,
    awake,
    start,
    run: async (request) => {
      const id = await start(request);
      await bench.whenDone(id);
      return id;
    },
    outcomes: () =>
      events.flatMap((event) => (event.type === 'outcome' ? [event.code ?? event.outcome] : [])),
  };
}

/** Resolves as soon as the bench looks as wanted. */
export function until(bench: Bench, wanted: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    const check = () => {
      if (!wanted()) return;
      stop();
      resolve();
    };
    const stop = bench.subscribe(check);
    check();
  });
}
