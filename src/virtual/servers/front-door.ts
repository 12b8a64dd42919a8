import { createServer, type Server, type Socket } from 'node:net';
import type { Door, Doors } from '../lan/doors.ts';

export interface FrontDoorOptions {
  readonly host: string;
  readonly log: (text: string) => void;
  /** The port is the unit's page where it has one, else any other port of it that comes first. */
  readonly isPage: boolean;
}

type Handler = (socket: Socket) => void;

/** Where the page of a plug answers; what a lone other port stands in for. */
const PAGE_PORT = 80;

/**
 * The ports of a served unit. One port of this computer is its port 80, or what the running firmware listens on where
 * it has no page; every port but 80 is on a free one besides. It is open for as long as the unit is served: while nothing in the unit listens,
 * who connects is held without an answer, as by a unit that is off.
 */
export class FrontDoor implements Doors {
  private readonly options: FrontDoorOptions;
  private readonly main: Server;
  private readonly handlers = new Map<number, Handler>();
  private readonly others = new Map<number, Server>();
  private readonly waiting = new Set<Socket>();

  private constructor(options: FrontDoorOptions, main: Server) {
    this.options = options;
    this.main = main;
    main.on('connection', (socket) => this.connected(socket));
  }

  /** Rejects where that port cannot be had. */
  static async open(options: FrontDoorOptions, port: number): Promise<FrontDoor> {
    const main = createServer({ noDelay: true, allowHalfOpen: true });
    await new Promise<void>((resolve, reject) => {
      main.once('error', reject);
      main.listen(port, options.host, resolve);
    });
    return new FrontDoor(options, main);
  }

  get port(): number {
    const address = this.main.address();
    return typeof address === 'object' && address != null ? address.port : 0;
  }

  open(port: number, onConnection: Handler): Door {
    this.handlers.set(port, onConnection);
    this.resetWaiting();
    if (port !== PAGE_PORT && !this.others.has(port)) this.openOther(port);
    const at = { host: this.options.host, port: this.port };
    return {
      at,
      opened: Promise.resolve(),
      close: () => {
        if (this.handlers.get(port) === onConnection) this.handlers.delete(port);
      },
    };
  }

  accessPointOpened(ssid: string, address: string): void {
    this.options.log(`${ssid}, its access point, with the address ${address}: answers on port ${this.port}`);
  }

  async close(): Promise<void> {
    for (const socket of this.waiting) socket.resetAndDestroy();
    for (const server of this.others.values()) server.close();
    await new Promise<void>((resolve) => this.main.close(() => resolve()));
  }

  private connected(socket: Socket): void {
    socket.on('error', () => socket.destroy());
    const handler = this.mainHandler();
    if (handler != null) return handler(socket);
    socket.pause();
    this.waiting.add(socket);
    socket.once('close', () => this.waiting.delete(socket));
  }

  private mainHandler(): Handler | undefined {
    const page = this.handlers.get(PAGE_PORT);
    const other = [...this.handlers].find(([port]) => port !== PAGE_PORT)?.[1];
    return this.options.isPage ? (page ?? other) : (other ?? page);
  }

  private openOther(port: number): void {
    const server = createServer({ noDelay: true, allowHalfOpen: true }, (socket) => {
      socket.on('error', () => socket.destroy());
      const handler = this.handlers.get(port);
      if (handler == null) socket.destroy();
      else handler(socket);
    });
    this.others.set(port, server);
    server.on('error', (error) => this.options.log(`port ${port} of the unit: ${error.message}`));
    server.listen(0, this.options.host, () => {
      const address = server.address();
      if (typeof address === 'object' && address != null)
        this.options.log(`port ${port} of the unit is ${this.options.host}:${address.port} too`);
    });
  }

  /** It has started: of connections from before it knows nothing. */
  private resetWaiting(): void {
    for (const socket of this.waiting) socket.resetAndDestroy();
    this.waiting.clear();
  }
}
