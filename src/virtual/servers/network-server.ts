import { createServer, type Socket } from 'node:net';
import { BenchError } from '../../core/errors.ts';
import { loopbackDoors, type Door, type Doors } from '../lan/doors.ts';
import { Lan } from '../lan/lan.ts';
import { flashFile } from '../store/flash-file.ts';
import { memoryStorage } from '../store/storage.ts';
import type { VirtualDevice } from '../virtual-device.ts';
import type { RunningServer, ServeOptions } from './server.ts';

const PAGE_PORT = 80;

/**
 * One unit of the network on its power, for as long as it is served. `http://`: what stands at the address is its page,
 * or the only port it listens on; `tcp://`: the raw port that the device names. Its other ports stand on free ones, which
 * the log tells. Throws USAGE where the device has no such port, or the address is taken.
 */
export async function serveNetworkUnit(
  scheme: 'http' | 'tcp',
  device: VirtualDevice,
  options: ServeOptions,
): Promise<RunningServer> {
  const { host, log, clock } = options;
  const front = scheme === 'http' ? PAGE_PORT : device.rawPort;
  if (device.createNetworkUnit == null || front == null)
    throw new BenchError('USAGE', {
      message: `The virtual device ${device.name} cannot be served on ${scheme}://.`,
    });
  const doors = new FrontDoors(front, scheme === 'http', log);
  const server = createServer({ noDelay: true, allowHalfOpen: true }, (socket) => doors.enter(socket));
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) =>
      reject(
        new BenchError('USAGE', {
          message: `Cannot listen on ${host}:${options.port}: ${cause.message}.`,
          advice: 'Choose another port, or 0 for any free one.',
          cause,
        }),
      ),
    );
    server.listen(options.port, host, resolve);
  });
  const address = server.address();
  const port = typeof address === 'object' && address != null ? address.port : options.port;
  const storage =
    options.image == null ? memoryStorage() : flashFile({ path: options.image, fresh: false, clock });
  const close = async () => {
    storage.close();
    doors.close();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  };
  try {
    const unit = device.createNetworkUnit({
      unit: options.unit ?? 1,
      faults: options.faults ?? [],
      ...(options.state != null && { state: options.state }),
      paced: options.paceBaud != null,
      clock,
      storage,
      lan: new Lan({ doorsOf: () => doors }),
      struck: new Set(),
      ...(log && { log }),
    });
    const url = `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`;
    return {
      url,
      port,
      close: () => {
        unit.close();
        return close();
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The ports of a unit, one of them at an address that stays while its firmware comes and goes. */
class FrontDoors implements Doors {
  private readonly front: number;
  private readonly takesOthers: boolean;
  private readonly log: ((text: string) => void) | undefined;
  private readonly listening = new Map<number, (socket: Socket) => void>();
  private readonly sockets = new Set<Socket>();

  /** `takesOthers`: where it does not listen on `front`, its only other port stands there. */
  constructor(front: number, takesOthers: boolean, log: ((text: string) => void) | undefined) {
    this.front = front;
    this.takesOthers = takesOthers;
    this.log = log;
  }

  /** A connection to the address; reset where nothing listens, as on the unit. */
  enter(socket: Socket): void {
    this.sockets.add(socket);
    socket.on('close', () => this.sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    const [only] = this.listening.size === 1 && this.takesOthers ? this.listening.values() : [];
    const onConnection = this.listening.get(this.front) ?? only;
    if (onConnection == null) socket.resetAndDestroy();
    else onConnection(socket);
  }

  open(port: number, onConnection: (socket: Socket) => void): Door {
    this.listening.set(port, onConnection);
    const behind = loopbackDoors.open(port, onConnection);
    if (port !== this.front)
      void behind.opened.then(() => {
        if (behind.at != null) this.log?.(`its port ${port} is at ${behind.at.host}:${behind.at.port}`);
      });
    return {
      opened: behind.opened,
      get at() {
        return behind.at;
      },
      close: () => {
        if (this.listening.get(port) === onConnection) this.listening.delete(port);
        behind.close();
      },
    };
  }

  accessPointOpened(ssid: string, address: string): void {
    this.log?.(`its access point "${ssid}" answers here too, for ${address}`);
  }

  close(): void {
    for (const socket of this.sockets) socket.destroy();
  }
}
