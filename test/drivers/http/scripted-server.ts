import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import type { HostPort } from '../../../src/drivers/http/port.ts';

/** One connection as the server has it. */
export interface Visit {
  readonly socket: Socket;
  /** All that has come, as Latin-1. */
  received(): string;
  /** Resolves once what has come matches. */
  until(pattern: RegExp): Promise<RegExpExecArray>;
  /** Resolves with the head of a request, and its body of the length it says. */
  request(): Promise<{ readonly head: string; readonly body: Uint8Array }>;
  /** Writes as one piece and waits until the system has it. */
  say(text: string | Uint8Array): Promise<void>;
}

/** A server on a free port that does with each connection what the script says. Ends with the test. */
export async function scriptedServer(
  script: (visit: Visit) => unknown,
): Promise<{ readonly at: HostPort; readonly visits: readonly Visit[] }> {
  const visits: Visit[] = [];
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    const visit = visitOf(socket);
    visits.push(visit);
    void script(visit);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    for (const { socket } of visits) socket.destroy();
  });
  return { at: { host: '127.0.0.1', port: (server.address() as AddressInfo).port }, visits };
}

function visitOf(socket: Socket): Visit {
  const pieces: Buffer[] = [];
  socket.on('error', () => undefined);
  let bytes = 0;
  const waiting: (() => void)[] = [];
  const wake = () => waiting.splice(0).forEach((resume) => resume());
  const something = () => new Promise<void>((resolve) => waiting.push(resolve));
  socket.on('data', (piece) => {
    pieces.push(piece);
    bytes += piece.length;
    wake();
  });
  socket.on('close', wake);
  const received = () => Buffer.concat(pieces.splice(0, Infinity, Buffer.concat(pieces))).toString('latin1');
  const until = async (pattern: RegExp) => {
    for (;;) {
      const match = pattern.exec(received());
      if (match) return match;
      await something();
      if (socket.destroyed) throw new Error(`the client left before it said ${pattern}`);
    }
  };
  return {
    socket,
    received,
    until,
    async request() {
      const [head] = await until(/^.*?\r\n\r\n/s);
      const length = Number(/^content-length: (\d+)\r$/im.exec(head)?.[1] ?? 0);
      while (bytes < head.length + length) {
        await something();
        if (socket.destroyed) throw new Error('the client left in the middle of its request');
      }
      return { head, body: Buffer.from(received().slice(head.length, head.length + length), 'latin1') };
    },
    say: (text) => new Promise((resolve) => socket.write(text, () => resolve())),
  };
}

/** A port of this machine on which nothing listens. */
export async function deadPort(): Promise<HostPort> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return { host: '127.0.0.1', port };
}
