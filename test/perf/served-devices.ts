import type { DevicesJob } from './children/devices.ts';
import { startChild } from './child-programs.ts';

export interface ServedDevices {
  /** `rfc2217://127.0.0.1:PORT` or `http://127.0.0.1:PORT`, one for each device. */
  readonly links: readonly string[];
  stop(): Promise<void>;
}

/** Virtual devices in one process of their own, so that their work is not counted as the client's. */
export async function serveDevices(job: DevicesJob): Promise<ServedDevices> {
  const { child, lines, ended } = startChild('devices', job);
  for await (const line of lines)
    return {
      links: JSON.parse(line) as string[],
      async stop() {
        child.stdin.end();
        await ended;
      },
    };
  throw new Error(`the virtual ${job.device} did not start`);
}
