import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { runChild } from './child-programs.ts';
import type { BareWakesResult } from './children/bare-wakes.ts';

/** As a paced virtual link at 115200 baud delivers what it reads. */
const EVERY_MS = 32;
const CHUNK_BYTES = 368;

/** What Node alone takes to be woken by bytes on a socket, CPU seconds each: the floor under every read. */
export async function measureBareWake(seconds = 10): Promise<number> {
  const server = createServer((socket) => {
    const timer = setInterval(() => socket.write(Buffer.alloc(CHUNK_BYTES)), EVERY_MS);
    socket.on('error', () => {});
    socket.on('close', () => clearInterval(timer));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const { port } = server.address() as AddressInfo;
    const { wakes, cpuSeconds } = await runChild<BareWakesResult>('bare-wakes', { port, seconds });
    return cpuSeconds / wakes;
  } finally {
    server.close();
  }
}

/** How often a read at 115200 baud wakes its client. */
export const wakesOfRead = (bytes: number): number => bytes / CHUNK_BYTES;
