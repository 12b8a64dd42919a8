import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { program } from './program.ts';

export interface ServedDevice {
  /** `rfc2217://127.0.0.1:PORT` */
  readonly link: string;
  readonly process: ChildProcess;
  stop(): Promise<void>;
}

/** One virtual device in a process of its own, so that its work is not counted as the client's. */
export async function serveDevice(
  device: string,
  paceBaud: number,
  scheme = 'rfc2217',
): Promise<ServedDevice> {
  const child = spawn(
    process.execPath,
    [program, 'virtual', device, '--listen', `${scheme}://127.0.0.1:0`, '--pace', String(paceBaud)],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  for await (const line of createInterface({ input: child.stdout })) {
    const url = /(?:rfc2217|tcp):\/\/[\d.]+:\d+/.exec(line)?.[0];
    if (url === undefined) continue;
    return {
      link: url.replace('tcp:', 'socket:'),
      process: child,
      stop: async () => {
        if (child.exitCode !== null) return;
        child.kill('SIGTERM');
        await once(child, 'exit');
      },
    };
  }
  throw new Error(`the virtual ${device} did not start`);
}
