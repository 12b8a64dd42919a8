import { createServer, type Socket } from 'node:net';
import type { HostPort } from '../../drivers/http/port.ts';

/** Behind one port of a virtual unit: where it is really reached on this computer. */
export interface Door {
  /** Undefined until it is open, and where there is none. */
  readonly at: HostPort | undefined;
  /** Resolves when it is open, or cannot be. */
  readonly opened: Promise<void>;
  close(): void;
}

/** Opens the ports of virtual units. */
export interface Doors {
  open(port: number, onConnection: (socket: Socket) => void): Door;
  /** What the unit's own access point is, where somebody wants to know. */
  accessPointOpened?(ssid: string, address: string): void;
}

/** Port 1 of the loopback interface (tcpmux): nothing listens there, so that a connection is refused. */
export const CLOSED_PORT: HostPort = { host: '127.0.0.1', port: 1 };

/** On the practice bench: each port of a unit is a free port of the loopback interface. They keep no process alive. */
export const loopbackDoors: Doors = {
  open(_port, onConnection) {
    const server = createServer({ noDelay: true, allowHalfOpen: true }, onConnection);
    server.on('error', () => server.close());
    const opened = new Promise<void>((resolve) => {
      server.once('listening', resolve).once('close', resolve);
    });
    server.listen(0, '127.0.0.1').unref();
    return {
      opened,
      get at() {
        const address = server.address();
        return typeof address === 'object' && address != null
          ? { host: '127.0.0.1', port: address.port }
          : undefined;
      },
      close: () => void server.close(),
    };
  },
};
