import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock } from '../../../../src/core/clock.ts';
import { systemClock } from '../../../../src/core/clock.ts';
import { benchSide, type BenchSide } from '../../../../src/virtual/lan/bench-side.ts';
import { Lan } from '../../../../src/virtual/lan/lan.ts';
import type { PlugUnit } from '../../../../src/virtual/plug/plug-unit.ts';
import { shellyPlugS } from '../../../../src/virtual/shelly/shelly.ts';
import { memoryStorage } from '../../../../src/virtual/store/storage.ts';
import { ManualClock, settle } from '../../../harness/manual-clock.ts';

export interface BenchOptions {
  readonly unit?: number;
  readonly state?: string;
  readonly faults?: readonly string[];
  /** Flash and Wi-Fi take the time they take, on a clock that the test moves. */
  readonly paced?: boolean;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
}

/** What one request to the server of the test looked like. */
export interface Asked {
  readonly head: string;
  readonly rawHeaders: readonly string[];
}

/** Turns of the event loop without what was waited for after which a test gives up. */
const MOST_TURNS = 400_000;

/** One virtual Shelly on a LAN, and servers of the test: no code of the clients takes part. */
export class ShellyBench {
  readonly log: string[] = [];
  readonly lan = new Lan();
  readonly side: BenchSide = benchSide(this.lan);
  readonly unit: PlugUnit;
  readonly clock: Clock;
  cells: Uint8Array = new Uint8Array();
  private readonly ends: (() => void)[] = [];

  constructor({ unit = 1, state, faults = [], paced = false }: BenchOptions = {}) {
    this.clock = paced ? new ManualClock() : systemClock;
    this.unit = shellyPlugS.createNetworkUnit!({
      unit,
      faults,
      ...(state != null && { state }),
      paced,
      clock: this.clock,
      storage: { ...memoryStorage(), adopt: (cells) => (this.cells = cells) },
      struck: new Set(),
      log: (text) => this.log.push(text),
      lan: this.lan,
    }) as PlugUnit;
  }

  close(): void {
    this.unit.close();
    for (const end of this.ends) end();
  }

  /** Upper case without colons. */
  get mac(): string {
    return this.unit.mac.replaceAll(':', '').toUpperCase();
  }

  /** Goes on, and moves the clock where the test has it, until it is so. */
  async until(isSo: () => boolean, what = 'what was waited for'): Promise<void> {
    for (let turn = 0; turn < MOST_TURNS; turn++) {
      if (isSo()) return;
      if (this.clock instanceof ManualClock) await this.clock.advance(5);
      else await settle();
    }
    throw new Error(`${what} did not come; the log:\n${this.log.join('\n')}`);
  }

  saw(pattern: RegExp): Promise<void> {
    return this.until(() => this.log.some((line) => pattern.test(line)), String(pattern));
  }

  /** The unit is on the LAN, or has its access point open. */
  async online(): Promise<void> {
    await this.until(() => this.unit.at != null, 'the unit');
    await settle();
  }

  async ask(
    path: string,
    options: { method?: string; headers?: Record<string, string>; body?: string | Buffer } = {},
  ): Promise<Answer> {
    const to = this.side.route(this.unit.at ?? { host: '10.77.0.11', port: 80 });
    if (to == null || to === 'nobody') throw new Error('nobody answers');
    return new Promise((resolve, reject) => {
      const request = httpRequest(
        {
          host: to.host,
          port: to.port,
          path,
          method: options.method ?? 'GET',
          headers: options.headers,
          agent: false,
        },
        (response) => {
          let text = '';
          response.setEncoding('utf8').on('data', (piece: string) => (text += piece));
          response.on('end', () =>
            resolve({ status: response.statusCode ?? 0, headers: response.headers, text }),
          );
          response.on('error', reject);
        },
      );
      request.on('error', reject);
      request.end(options.body);
      if (this.clock instanceof ManualClock) void this.pump(request);
    });
  }

  async json(path: string, options?: Parameters<ShellyBench['ask']>[1]): Promise<Record<string, unknown>> {
    return JSON.parse((await this.ask(path, options)).text) as Record<string, unknown>;
  }

  /** A server of the test on this computer; returns its address and what it was asked. */
  async serve(
    answer: (request: IncomingMessage, response: ServerResponse) => void,
  ): Promise<{ readonly url: string; readonly asked: Asked[] }> {
    const asked: Asked[] = [];
    const server = createServer((request, response) => {
      asked.push({
        head: `${request.method} ${request.url} HTTP/${request.httpVersion}`,
        rawHeaders: request.rawHeaders,
      });
      answer(request, response);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    this.ends.push(() => {
      server.closeAllConnections();
      server.close();
    });
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
  }

  /** Serves these files whole; anything else is 404. */
  serveFiles(files: Readonly<Record<string, Uint8Array>>) {
    return this.serve((request, response) => {
      const file = files[request.url ?? ''];
      if (file == null) response.writeHead(404).end();
      else response.writeHead(200, { 'Content-Length': file.length, Connection: 'close' }).end(file);
    });
  }

  private async pump(request: { readonly closed: boolean }): Promise<void> {
    while (!request.closed) await (this.clock as ManualClock).advance(1);
  }
}
