import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { BenchError } from '../../core/errors.ts';
import { connectError, surroundingsOf, systemCode } from './network-errors.ts';
import type { HostPort, Network } from './port.ts';

type OnDatagram = (bytes: Uint8Array, from: string) => void;

interface Ear {
  readonly socket: Promise<Socket>;
  readonly listeners: Set<OnDatagram>;
}

/** Datagrams. Runs that listen on the same port share its socket: the system gives each datagram to one only. */
export function createUdp(): Pick<Network, 'listenUdp' | 'sendUdp'> {
  const ears = new Map<number, Ear>();

  return {
    async listenUdp(port, onDatagram) {
      // A function of its own for each: one that is given twice is two listeners.
      const own: OnDatagram = (bytes, from) => onDatagram(bytes, from);
      let ear = ears.get(port);
      if (!ear) {
        const listeners = new Set<OnDatagram>();
        ear = { listeners, socket: openEar(port, listeners) };
        ears.set(port, ear);
      }
      const { socket, listeners } = ear;
      listeners.add(own);
      const leave = () => {
        if (!listeners.delete(own) || listeners.size > 0) return;
        if (ears.get(port) === ear) ears.delete(port);
        void socket.then(
          (opened) => opened.close(),
          () => undefined,
        );
      };
      try {
        await socket;
      } catch (error) {
        leave();
        throw error;
      }
      return leave;
    },
    async sendUdp(to, bytes) {
      const socket = createSocket('udp4');
      try {
        await bound(socket, 0);
        socket.setBroadcast(true);
        await new Promise<void>((resolve, reject) => {
          socket.send(bytes, to.port, to.host, (error) => (error ? reject(error) : resolve()));
        });
      } catch (cause) {
        throw connectError(to, cause, await surroundingsOf(to.host));
      } finally {
        socket.close();
      }
    },
  };
}

async function openEar(port: number, listeners: ReadonlySet<OnDatagram>): Promise<Socket> {
  // Shared with other programs: a log that is broadcast has more than one reader.
  const socket = createSocket({ type: 'udp4', reuseAddr: true });
  try {
    await bound(socket, port);
  } catch (cause) {
    throw new BenchError('UDP_PORT_BUSY', {
      message: `Datagrams on port ${port} cannot be listened to (${systemCode(cause)}).`,
      detail: { port, cause: systemCode(cause) },
      cause,
    });
  }
  socket.on('error', () => undefined);
  socket.on('message', (message, { address }) => {
    for (const listener of [...listeners]) listener(new Uint8Array(message), address);
  });
  return socket;
}

async function bound(socket: Socket, port: number): Promise<void> {
  socket.bind(port);
  await once(socket, 'listening');
}

/** Asks the system for a way without sending anything. Throws NO_ROUTE, HOST_UNKNOWN. */
export async function ownAddressTowards(host: string): Promise<string> {
  const to: HostPort = { host, port: 9 };
  const socket = createSocket('udp4');
  try {
    await new Promise<void>((resolve, reject) => {
      // Node's types do not know that a failure comes to the callback too.
      socket.connect(to.port, host, (error?: Error) => (error ? reject(error) : resolve()));
    });
    return socket.address().address;
  } catch (cause) {
    throw connectError(to, cause, await surroundingsOf(host));
  } finally {
    socket.close();
  }
}
