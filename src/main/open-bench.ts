import type { AnyFlow } from '../../flows/flow.ts';
import { createBench } from '../bench/create-bench.ts';
import type { Bench } from '../bench/view.ts';
import { openJobs } from '../config/jobs.ts';
import { openSettings } from '../config/settings.ts';
import type { JobStore } from '../config/jobs.ts';
import type { SettingsStore } from '../config/settings.ts';
import { systemClock } from '../core/clock.ts';
import { watchClockJumps } from '../drivers/host/clock-jump.ts';
import { powerSupply } from '../drivers/host/power-supply.ts';
import { createSleepInhibitor } from '../drivers/host/sleep-inhibitor.ts';
import type { BleRadio } from '../drivers/ble/radio.ts';
import { hostPrograms } from '../drivers/process/host-programs.ts';
import type { Network } from '../drivers/http/port.ts';
import { openSerialPort } from '../drivers/serial/open-serial-port.ts';
import { inspectFile } from '../firmware/inspect.ts';
import { type DataDir, openDataDir } from '../records/data-dir.ts';
import { createPracticeBench } from '../virtual/create-practice-bench.ts';
import { lazyFirmwareServer } from './lazy-firmware-server.ts';
import { lazyNetwork, openPracticeNetwork } from './networks.ts';
import { PortNames } from './port-names.ts';
import { lazyRadioOpener, openPracticeRadio } from './radios.ts';

export interface BenchOptions {
  readonly directory: string;
  /** `own-if-free`: own it, or look when another process has it. */
  readonly access: 'own' | 'look' | 'own-if-free';
  /** True when somebody is at a screen and can answer. */
  readonly interactive: boolean;
  readonly version: string;
  readonly flows: readonly AnyFlow[];
}

export interface RealBench {
  readonly bench: Bench;
  readonly records: DataDir;
  readonly settings: SettingsStore;
  readonly jobs: JobStore;
  readonly ports: PortNames;
  /** This computer's radio, the same as the bench's. */
  openRadio(): Promise<BleRadio>;
  /** This computer's network, the same as the bench's. */
  readonly network: Network;
  /** Cancels what runs at safe points, closes links and records. */
  close(): Promise<void>;
}

/** The bench with real drivers on the records of one data directory. */
export async function openBench(options: BenchOptions): Promise<RealBench> {
  const clock = systemClock;
  const records = await openDataDir(options.directory, {
    readOnly: options.access === 'own-if-free' ? 'if-owned' : options.access === 'look',
    clock,
  });
  try {
    const folder = { path: records.path, readOnly: records.readOnly };
    const settings = openSettings(folder);
    const jobs = openJobs(folder);
    const ports = new PortNames(settings, clock);
    await ports.refresh();
    const sleepInhibitor = createSleepInhibitor({ clock });
    const radios = lazyRadioOpener(clock);
    const programs = hostPrograms(clock);
    const practice = createPracticeBench({
      dataDir: records.path,
      clock,
      openRadio: (air) => openPracticeRadio(air, clock),
      openNetwork: (lan) => openPracticeNetwork(lan, clock),
    });
    const firmwareServer = lazyFirmwareServer(clock);
    const network = lazyNetwork(clock, programs);
    const bench = createBench({
      flows: options.flows,
      records,
      practice,
      clock,
      sleepInhibitor,
      interactive: options.interactive,
      version: options.version,
      openSerial: (link, open) => openSerialPort(link, { ...open, clock }),
      openRadio: (open) => radios.open(open),
      programs,
      network,
      firmwareServer,
      onBattery: async () => (await powerSupply())?.onBattery,
      inspectFile,
      rememberSetting: (jobName, key, value) => {
        const job = jobs.list().jobs.find(({ name }) => name === jobName);
        if (job) jobs.save({ ...job, settings: { ...job.settings, [key]: value } });
      },
      labelOf: (link) => ports.labelOf(link),
    });
    const stopWatching = watchClockJumps(clock, (jumpMs) => bench.clockJumped(jumpMs));
    return {
      bench,
      records,
      settings,
      jobs,
      ports,
      openRadio: () => radios.open({}),
      network,
      async close() {
        await bench.shutdown();
        await practice.close();
        await firmwareServer.close();
        await radios.close();
        stopWatching();
        ports.stop();
        sleepInhibitor.close();
        await records.close();
      },
    };
  } catch (error) {
    await records.close();
    throw error;
  }
}
