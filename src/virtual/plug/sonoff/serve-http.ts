import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { RunningPlug } from '../plug-firmware.ts';

const MOST_BODY_BYTES = 4096;

/** Answers HTTP on one port of the plug; what fails in the model goes to its log. */
export function serveHttp(
  plug: RunningPlug,
  port: number,
  signal: AbortSignal,
  handle: (request: IncomingMessage, response: ServerResponse) => Promise<void>,
): void {
  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => {
      if (!signal.aborted) plug.log(`model fails: ${String(error)}`);
    });
  });
  plug.wifi.serve(port, (socket) => server.emit('connection', socket));
}

/** Empty where it is longer than such a device takes. */
export async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const piece of request) {
    body += (piece as Buffer).toString();
    if (body.length > MOST_BODY_BYTES) return '';
  }
  return body;
}
