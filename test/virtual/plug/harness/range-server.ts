import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  /** Which of the server's connections it came on, from 0. */
  readonly connection: number;
}

export interface RangeServerOptions {
  readonly files: Readonly<Record<string, Uint8Array>>;
  /** How it fails those who need ranges. */
  readonly manner?: 'whole' | 'no-content-range' | 'closes' | 'redirects';
}

/** A server as the reference wants it for a device that downloads in ranges, or failing in one named manner. */
export class RangeServer {
  readonly seen: SeenRequest[] = [];
  files: Readonly<Record<string, Uint8Array>>;
  private readonly server: Server;
  private readonly watchers = new Set<() => void>();
  private readonly connections = new Map<unknown, number>();

  private constructor({ files, manner }: RangeServerOptions) {
    this.files = files;
    this.server = createServer((request, response) => {
      let body = '';
      request.on('data', (piece: Buffer) => (body += piece.toString()));
      request.on('end', () => {
        const path = request.url ?? '';
        if (!this.connections.has(request.socket))
          this.connections.set(request.socket, this.connections.size);
        const connection = this.connections.get(request.socket)!;
        this.seen.push({ method: request.method ?? '', path, headers: request.headers, body, connection });
        for (const look of [...this.watchers]) look();
        if (request.method === 'POST') return response.end('{}');
        if (manner === 'redirects' && !path.startsWith('/moved'))
          return response.writeHead(302, { location: `http://10.77.0.1/moved${path}` }).end();
        const file = this.files[path.replace('/moved', '')];
        if (file == null) return response.writeHead(404, { 'content-length': 0 }).end();
        if (manner === 'closes') response.setHeader('connection', 'close');
        const range = /bytes=(\d+)-(\d+)/.exec(request.headers.range ?? '');
        if (range == null || manner === 'whole')
          return response.writeHead(200, { 'content-length': file.length }).end(file);
        const from = Number(range[1]);
        const to = Math.min(Number(range[2]), file.length - 1);
        const part = file.subarray(from, to + 1);
        response.statusCode = 206;
        response.setHeader('content-length', part.length);
        if (manner !== 'no-content-range')
          response.setHeader('content-range', `bytes ${from}-${to}/${file.length}`);
        response.end(part);
      });
    });
  }

  static async start(options: RangeServerOptions): Promise<RangeServer> {
    const server = new RangeServer(options);
    await new Promise<void>((resolve) => server.server.listen(0, '127.0.0.1', resolve));
    return server;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Resolves as soon as the condition holds of what was asked so far. */
  when(condition: (seen: readonly SeenRequest[]) => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = () => {
        if (!condition(this.seen)) return;
        this.watchers.delete(look);
        resolve();
      };
      this.watchers.add(look);
      look();
    });
  }

  close(): void {
    this.server.closeAllConnections();
    this.server.close();
  }
}
