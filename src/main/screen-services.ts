import type { AnyFlow } from '../../flows/flow.ts';
import type { BatchRequest } from '../bench/view.ts';
import { systemClock } from '../core/clock.ts';
import { inspectFile } from '../firmware/inspect.ts';
import type { DataDir } from '../records/data-dir.ts';
import type { ScreenServices } from '../ui/services.ts';
import { adapterList } from './adapter-list.ts';
import { earlierBatch } from './earlier-batch.ts';
import { heardList } from './heard-list.ts';
import { fittingFiles } from './fitting-files.ts';
import { networkList } from './network-list.ts';
import type { RealBench } from './open-bench.ts';
import { savedJob } from './saved-job.ts';

export interface ScreenParts {
  readonly version: string;
  readonly flows: readonly AnyFlow[];
  demo(flowId?: string): Promise<BatchRequest>;
}

/** What the screens need, made of records, settings, discovery and firmware recognition. */
export function screenServices(opened: RealBench, parts: ScreenParts): ScreenServices {
  const { records, settings, jobs, ports } = opened;
  const { flows } = parts;
  const because = readOnlyBecause(records);

  const secretsOf = (flowId: string) =>
    flows.find(({ id }) => id === flowId)?.settings.filter(({ kind }) => kind === 'secret') ?? [];

  return {
    version: parts.version,
    dataDirectory: records.path,
    ...(because != null && { readOnlyBecause: because }),
    flows,
    async jobs() {
      const batches = await records.batches();
      return jobs.list().jobs.map((job) => savedJob(job, batches, flows));
    },
    async saveJob({ last: _last, problem: _problem, ...job }) {
      jobs.save(
        { ...job, files: [...job.files], links: [...job.links], assume: [...job.assume] },
        secretsOf(job.flowId).map(({ key }) => key),
      );
    },
    async deleteJob(name) {
      jobs.remove(name);
    },
    adapters: adapterList(ports),
    network: networkList(async (onFound) =>
      (await import('./network-devices.ts')).networkDevices(opened.network, onFound),
    ),
    heard: heardList({ clock: systemClock, openRadio: () => opened.openRadio() }),
    demo: (flowId) => parts.demo(flowId),
    async earlierBatches() {
      return Promise.all((await records.batches()).map((batch) => earlierBatch(batch, records, flows)));
    },
    closeBatch: (batchId) => records.dismissBatch(batchId),
    runs: (batchId) => records.runs(batchId),
    note: (batchId, run, text) => records.note(batchId, run, text),
    exportCsv: (batchId) => records.exportCsv(batchId),
    saveLog: (batchId, slot) => records.saveLog(batchId, slot),
    batchFolder: (batchId) => records.batchFolder(batchId),
    async unitHistory(query) {
      const [unit] = await records.units(query);
      if (unit?.mac == null) return undefined;
      const backups = unit.backups.map(({ bringsBack, ...backup }) => ({ ...backup, contents: bringsBack }));
      return { ...unit, mac: unit.mac, backups };
    },
    inspect: (path) => inspectFile(path),
    async fittingFiles(flowId) {
      const flow = flows.find(({ id }) => id === flowId);
      return flow ? fittingFiles(flow, [process.cwd(), ...settings.get().lastFolders]) : [];
    },
    preferences: () => settings.get(),
    setPreferences: (changes) => settings.set(changes),
  };
}

function readOnlyBecause({ readOnly, owner, path }: DataDir): string | undefined {
  if (!readOnly) return undefined;
  if (!owner) return `The records in ${path} are open to look at only.`;
  return `Another benchflash (process ${owner.pid} on ${owner.host}) works on ${path}; this one only shows.`;
}
