import { readdir, readFile } from 'node:fs/promises';
import { systemClock } from '../../src/core/clock.ts';

export interface ProcessUsage {
  /** User and system since its start. */
  readonly cpuSeconds: number;
  /** Most memory it ever had resident, bytes. */
  readonly peakBytes: number;
}

/** Clock ticks a second of /proc on every Linux that Node runs on (USER_HZ). */
const TICKS_PER_SECOND = 100;

/** How often it is looked at: what it does after the last look is not counted. */
const LOOK_MS = 500;

/**
 * Follows a child of this process, which may start later and end before the answer is wanted, by a word of its
 * command line or title. Linux only: elsewhere there is never one.
 */
export function watchChild(word: string): () => ProcessUsage | undefined {
  let pid: string | undefined;
  let last: ProcessUsage | undefined;
  let cancel = () => {};
  const look = async () => {
    pid ??= await childWith(word);
    if (pid !== undefined) last = (await usageOf(pid)) ?? last;
    cancel = systemClock.after(LOOK_MS, () => void look());
  };
  void look();
  return () => {
    cancel();
    return last;
  };
}

async function childWith(word: string): Promise<string | undefined> {
  for (const name of await readdir('/proc').catch(() => [])) {
    if (!/^\d+$/.test(name) || (await statOf(name))?.[1] !== String(process.pid)) continue;
    const commandLine = await readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '');
    if (commandLine.includes(word)) return name;
  }
  return undefined;
}

async function usageOf(pid: string): Promise<ProcessUsage | undefined> {
  const [stat, status] = await Promise.all([
    statOf(pid),
    readFile(`/proc/${pid}/status`, 'utf8').catch(() => ''),
  ]);
  const peak = /VmHWM:\s+(\d+) kB/.exec(status)?.[1];
  if (stat === undefined || peak === undefined) return undefined;
  return {
    cpuSeconds: (Number(stat[11]) + Number(stat[12])) / TICKS_PER_SECOND,
    peakBytes: Number(peak) * 1024,
  };
}

/** The fields after the name, which may hold anything: state, parent, and on. */
async function statOf(pid: string): Promise<readonly string[] | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
}
