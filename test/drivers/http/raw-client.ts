import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach } from 'vitest';
import { until } from '../until.ts';

const open = new Set<RawClient>();

afterEach(() => {
  for (const client of open) client.socket.destroy();
  open.clear();
});

/** A client that says what it is told to, and reads when it is told to. */
export class RawClient {
  readonly socket: Socket;
  readonly chunks: Buffer[] = [];
  ended = false;
  error: NodeJS.ErrnoException | undefined;

  static async to(port: number, host = '127.0.0.1'): Promise<RawClient> {
    const socket = connect({ port, host, allowHalfOpen: true, noDelay: true });
    const client = new RawClient(socket);
    await once(socket, 'connect');
    return client;
  }

  private constructor(socket: Socket) {
    this.socket = socket;
    open.add(this);
    socket.on('data', (chunk: Buffer) => this.chunks.push(chunk));
    socket.on('end', () => (this.ended = true));
    socket.on('error', (error) => (this.error = error));
  }

  say(...lines: readonly string[]): this {
    this.socket.write(`${lines.join('\r\n')}\r\n\r\n`);
    return this;
  }

  get received(): Buffer {
    return Buffer.concat(this.chunks);
  }

  /** Head and body of the first answer, as far as they have come. */
  get head(): string {
    const { received } = this;
    return received.subarray(0, Math.max(0, received.indexOf('\r\n\r\n'))).toString('latin1');
  }

  get body(): Buffer {
    const { received } = this;
    const end = received.indexOf('\r\n\r\n');
    return end < 0 ? Buffer.alloc(0) : received.subarray(end + 4);
  }

  get status(): number {
    return Number(/^HTTP\/1\.[01] (\d{3}) /.exec(this.head)?.[1]);
  }

  header(name: string): string | undefined {
    return new RegExp(`^${name}: (.*)$`, 'im').exec(this.head)?.[1];
  }

  async untilEnd(): Promise<this> {
    await until(() => {
      if (!this.ended) throw new Error('not ended');
    });
    return this;
  }

  async untilBytes(count: number): Promise<this> {
    await until(() => {
      if (this.body.length < count) throw new Error(`${this.body.length} of ${count} bytes`);
    });
    return this;
  }
}

/** One request on its own connection, to its end. */
export async function ask(port: number, ...lines: readonly string[]): Promise<RawClient> {
  const client = await RawClient.to(port);
  client.say(...lines, 'Connection: close');
  await client.untilEnd();
  client.socket.end();
  return client;
}
