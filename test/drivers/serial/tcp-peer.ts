import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { collector, type Peer } from './contract.ts';

/** A TCP server for one client, on a free port of this machine. */
export class TcpPeer {
  readonly #server: Server;
  readonly #client: Promise<Socket>;

  private constructor(server: Server) {
    this.#server = server;
    this.#client = once(server, 'connection').then(([socket]: Socket[]) => {
      socket?.on('error', () => undefined);
      return socket as Socket;
    });
  }

  static async start(): Promise<TcpPeer> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new TcpPeer(server);
  }

  get address(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** The connection of the client. */
  client(): Promise<Socket> {
    return this.#client;
  }

  async stop(): Promise<void> {
    this.#server.close();
    (await Promise.race([this.#client, Promise.resolve(undefined)]))?.destroy();
  }
}

/** The far end of a raw connection. */
export function rawPeer(socket: Socket): Peer {
  const received = collector((add) => socket.on('data', add));
  return {
    send: (bytes) => void socket.write(bytes),
    received: (count) => received.atLeast(count),
    stall: () => void socket.pause(),
    cut: () => void socket.resetAndDestroy(),
  };
}
