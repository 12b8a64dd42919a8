import { createServer, type Server, type Socket } from 'node:net';
import { Connection, type ConnectionHost } from './connection.ts';

/** Far more than a tray of units needs; a file descriptor each. */
const MAX_CONNECTIONS = 512;

/** One listening socket for each of this computer's addresses towards units, and the connections made to them. */
export class Listeners {
  readonly #host: ConnectionHost;
  /** By `address port`, as they were asked for. */
  readonly #servers = new Map<string, Promise<Server>>();
  /** In the order in which they came. */
  readonly #connections = new Map<Connection, Socket>();

  constructor(host: ConnectionHost) {
    this.#host = host;
  }

  /** Resolves with the port it listens on. Rejects as `listen` does: EADDRINUSE, EADDRNOTAVAIL. */
  async listen(address: string, port: number): Promise<number> {
    const key = `${address} ${port}`;
    let listening = this.#servers.get(key);
    if (!listening) {
      listening = this.#open(address, port);
      this.#servers.set(key, listening);
      listening.catch(() => this.#servers.delete(key));
    }
    const bound = (await listening).address();
    if (bound === null || typeof bound === 'string') throw new Error('the listening socket is gone');
    return bound.port;
  }

  /** Nothing new comes in; connections go on. */
  close(): void {
    for (const listening of this.#servers.values()) void listening.then((server) => server.close());
    this.#servers.clear();
  }

  #open(address: string, port: number): Promise<Server> {
    return new Promise((resolve, reject) => {
      const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => this.#take(socket));
      server.once('error', reject);
      server.listen({ host: address, port, exclusive: true }, () => {
        server.off('error', reject);
        // Out of file descriptors: the kernel keeps the connection for the next try.
        server.on('error', () => {});
        resolve(server);
      });
    });
  }

  #take(socket: Socket): void {
    if (this.#connections.size >= MAX_CONNECTIONS && !this.#dropIdle()) {
      socket.destroy();
      return;
    }
    const connection = new Connection(socket, this.#host);
    this.#connections.set(connection, socket);
    void connection.serve().finally(() => this.#connections.delete(connection));
  }

  /** The oldest of a stranger (a scanner, a leftover), else the oldest of a unit between two requests. */
  #dropIdle(): boolean {
    const all = [...this.#connections];
    const [connection, socket] =
      all.find(([one]) => one.carries === 'nothing') ?? all.find(([one]) => one.carries === 'unit') ?? [];
    if (!connection) return false;
    this.#connections.delete(connection);
    socket?.destroy();
    return true;
  }
}
