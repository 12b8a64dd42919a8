import { createServer, type Socket } from 'node:net';
import type { Slot } from '../serial/slot.ts';
import { unitWriter } from './raw-connection.ts';

/** The programmer of one slot, reached over TCP on this computer only. */
export interface ServedProgrammer {
  /** As flashrom's `-p` takes it. */
  readonly programmer: string;
  /** Bytes of the unit for whoever is connected. */
  heard(bytes: Uint8Array): void;
  /** The programmer is pulled out: who is connected loses it. */
  lose(): void;
  /** Idempotent. */
  close(): Promise<void>;
}

/** Each run of flashrom connects anew; the newest connection has the programmer. Rejects where no port is free. */
export async function serveProgrammer(slot: Slot): Promise<ServedProgrammer> {
  let current: Socket | undefined;
  const server = createServer({ noDelay: true }, (socket) => {
    current?.destroy();
    current = socket;
    socket.on('error', () => socket.destroy());
    socket.on('data', unitWriter(socket, slot));
    slot.opened();
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  const port = typeof address === 'object' && address != null ? address.port : 0;
  return {
    programmer: `serprog:ip=127.0.0.1:${port}`,
    heard: (bytes) => void (current?.destroyed === false && current.write(bytes)),
    // flashrom 1.3.0 reads on for ever from a connection that ended in good order.
    lose: () => current?.resetAndDestroy(),
    close: () =>
      new Promise((resolve) => {
        current?.destroy();
        server.close(() => resolve());
      }),
  };
}
