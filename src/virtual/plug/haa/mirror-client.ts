import { connect as connectTls } from 'node:tls';
import { isIPv4, type Socket } from 'node:net';
import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import { joinBytes } from '../../bytes.ts';
import type { RunningPlug } from '../plug-firmware.ts';
import { headerIn, SocketReader } from '../socket-reader.ts';
import type { UdpLog } from './udp-log.ts';
import { VENDOR_HOST, vendorFile } from './vendor.ts';

/** Numbers of HAA/HAA_Installer/main/ota.h and ota.c. */
const MOST_JUMPS = 10;
const MOST_DOWNLOAD_TRIES = 4;
const MOST_MORE_TRIES = 3;
const READ_BYTES = 1389;
const RANGE_BYTES = 4096;
const LOCATE_LIMIT_MS = 2_000;
const READ_LIMIT_MS = 60_000;
const RETRY_CONNECT_MS = 5_000;
const RETRY_MS = 1_000;
/** How long a unit with the fault `slow-install` takes for each 4 KiB, ms. */
const SLOW_RANGE_MS = 250;

export interface UpdateServer {
  /** Host and folder, without scheme and without port. */
  readonly repository: string;
  readonly port: number;
  readonly ssl: boolean;
}

/** Where a file is after all redirects; the port stays the same. */
interface Location {
  readonly host: string;
  readonly path: string;
}

/** Where downloaded bytes go. */
export interface Sink {
  /** More in all is refused with -10. */
  readonly mostBytes: number;
  /** A small file that is kept in memory is taken without a Content-Range. */
  readonly inMemory: boolean;
  put(offset: number, bytes: Uint8Array): Promise<void>;
}

/** 0 done, 1 gave up for now with the part it has, below 0 the codes of ota.c. */
export type DownloadCode = number;

/**
 * The HTTP client of HAA's installers with what a server must and must not do for it: ranges over one kept connection,
 * both Content-Length and Content-Range, no redirect but 302, `Host` without a port.
 */
export class MirrorClient {
  private readonly plug: RunningPlug;
  private readonly log: UdpLog;
  private readonly server: UpdateServer;
  private readonly signal: AbortSignal;
  private readonly isSlow: boolean;

  constructor(plug: RunningPlug, log: UdpLog, server: UpdateServer, signal: AbortSignal) {
    this.plug = plug;
    this.log = log;
    this.server = server;
    this.signal = signal;
    this.isSlow = plug.fault('slow-install');
  }

  /** Fetches a file from `collected` on. `collected` in the answer is how far it is now. */
  async download(
    file: string,
    sink: Sink,
    collected = 0,
  ): Promise<{ readonly code: DownloadCode; readonly collected: number }> {
    if (collected > 0) this.log.line(`Resuming ${collected}`);
    const [host] = splitRepository(this.server.repository);
    if (host === VENDOR_HOST) return this.downloadFromVendor(file, sink);
    const location = await this.locateWithTries(file);
    if (location == null) {
      this.log.line('! FINAL LOC');
      return { code: -1, collected };
    }
    this.log.line(`*** FINAL ${location.host}:${this.server.port}/${location.path}`);
    return this.downloadRanges(location, sink, collected);
  }

  private async downloadFromVendor(file: string, sink: Sink) {
    const bytes = vendorFile(`${splitRepository(this.server.repository)[1]}/${file}`);
    if (bytes == null) {
      this.log.line('HTTP returns 404');
      return { code: -1, collected: 0 };
    }
    for (let at = 0; at < bytes.length; at += RANGE_BYTES) {
      await this.pause();
      await sink.put(at, bytes.subarray(at, at + RANGE_BYTES));
      this.log.line(`- ${Math.min(at + RANGE_BYTES, bytes.length)}`);
    }
    return { code: 0, collected: bytes.length };
  }

  private async downloadRanges(location: Location, sink: Sink, from: number) {
    let collected = from;
    let length = collected + 1;
    let tries = 0;
    let connection = await this.connectWithTries(location.host);
    const anew = async (why: string) => {
      this.log.line(`! ${why}`);
      connection?.close();
      tries += 1;
      await this.plug.wait(RETRY_MS, this.signal);
      connection = await this.connectWithTries(location.host);
    };
    while (connection != null && collected < length && tries < MOST_DOWNLOAD_TRIES) {
      await this.pause();
      const range = `${collected}-${collected + RANGE_BYTES - 1}`;
      connection.write(requestText(location, range));
      const head = await this.readHead(connection, READ_LIMIT_MS);
      if (head == null) {
        await anew('Read');
        continue;
      }
      const contentLength = parseInt(headerIn(head, 'content-length') ?? '', 10);
      if (Number.isNaN(contentLength)) {
        await anew('No CL');
        continue;
      }
      const total = /bytes [^/]*\/(\d+)/.exec(headerIn(head, 'content-range') ?? '')?.[1];
      if (total == null && !sink.inMemory) {
        await anew('No CR');
        continue;
      }
      length = total == null ? contentLength : Number(total);
      if (length > sink.mostBytes) {
        this.log.line(`! TOO BIG ${length}/${sink.mostBytes}`);
        connection.close();
        return { code: sink.inMemory ? -9 : -10, collected };
      }
      const body = await this.readBody(connection, contentLength);
      if (body == null) {
        await anew('Read');
        continue;
      }
      if (!sink.inMemory) tries = 0;
      await sink.put(collected, body);
      this.signal.throwIfAborted();
      collected += body.length;
      this.log.line(`- ${collected}`);
    }
    connection?.close();
    return { code: tries >= MOST_DOWNLOAD_TRIES ? 1 : 0, collected };
  }

  private async locateWithTries(file: string): Promise<Location | undefined> {
    for (let tries = 0; ; tries++) {
      const location = await this.locate(file);
      if (location != null || tries >= MOST_MORE_TRIES) return location;
      this.log.line(`! Tries ${tries + 1}`);
      await this.plug.wait(RETRY_MS, this.signal);
    }
  }

  /** Asks for the first two bytes and follows 302 until something is there; undefined where nothing is. */
  private async locate(file: string): Promise<Location | undefined> {
    const [host, folder] = splitRepository(this.server.repository);
    let location: Location = { host, path: folder === '' ? file : `${folder}/${file}` };
    let found = false;
    for (let jump = 0; jump < MOST_JUMPS && !found; jump++) {
      this.log.line(`*** FORWARDING ${location.host}:${this.server.port}/${location.path}`);
      const connection = await this.connect(location.host);
      if (connection == null) {
        await this.plug.wait(RETRY_CONNECT_MS, this.signal);
        continue;
      }
      connection.write(requestText(location, '0-1'));
      const head = await this.readHead(connection, LOCATE_LIMIT_MS);
      // It reads on until the server ends or is silent for two seconds.
      if (!connection.isOver) await this.plug.wait(LOCATE_LIMIT_MS, this.signal);
      connection.close();
      if (head == null) continue;
      const status = /^http\/1\.1 (\d+)/i.exec(head)?.[1];
      if (status == null) return undefined;
      this.log.line(`HTTP returns ${status}`);
      if (status === '200' || status === '206') found = true;
      else if (status !== '302') return undefined;
      else {
        const target = /\/\/(.*)$/.exec(headerIn(head, 'location') ?? '')?.[1];
        if (target == null) return undefined;
        const [nextHost, nextPath] = splitRepository(target);
        location = { host: nextHost, path: nextPath };
      }
    }
    return found ? location : undefined;
  }

  private async connectWithTries(host: string): Promise<SocketReader | undefined> {
    for (let tries = 0; ; tries++) {
      const connection = await this.connect(host);
      if (connection != null || tries >= MOST_MORE_TRIES) return connection;
      await this.plug.wait(RETRY_CONNECT_MS, this.signal);
    }
  }

  private async connect(host: string): Promise<SocketReader | undefined> {
    try {
      // With a scheme in the server's name the host is "http:", which no name server knows.
      if (host === '' || host.includes(':')) throw new Error('ENOTFOUND');
      const socket = await this.plug.wifi.connect(host, this.server.port);
      socket.on('error', () => {});
      const stream = this.server.ssl ? await secured(socket, host) : socket;
      return new SocketReader(stream, this.plug.clock, this.signal);
    } catch {
      this.signal.throwIfAborted();
      this.log.line('*** CONNECT !');
      return undefined;
    } finally {
      this.signal.throwIfAborted();
    }
  }

  private async readHead(reader: SocketReader, limitMs: number): Promise<string | undefined> {
    const head = await reader.head(READ_BYTES, limitMs);
    this.signal.throwIfAborted();
    return head;
  }

  /** Undefined when the connection broke or was silent before all of it was there. */
  private async readBody(reader: SocketReader, length: number): Promise<Uint8Array | undefined> {
    const pieces: Uint8Array[] = [];
    for (let left = length; left > 0;) {
      const piece = await reader.read(Math.min(left, READ_BYTES), READ_LIMIT_MS);
      this.signal.throwIfAborted();
      if (piece == null || piece.length === 0) return undefined;
      pieces.push(piece);
      left -= piece.length;
    }
    return joinBytes(...pieces);
  }

  private async pause(): Promise<void> {
    if (this.isSlow) await this.plug.clock.sleep(SLOW_RANGE_MS, this.signal);
  }
}

const requestText = ({ host, path }: Location, range: string): string =>
  `GET /${path} HTTP/1.1\r\nHost: ${host}\r\nRange: bytes=${range}\r\n\r\n`;

/** Host, and folder without the slash between. */
function splitRepository(repository: string): readonly [string, string] {
  const slash = repository.indexOf('/');
  return slash < 0 ? [repository, ''] : [repository.slice(0, slash), repository.slice(slash + 1)];
}

/** TLS 1.2 without any look at the certificate. */
async function secured(socket: Socket, host: string): Promise<Duplex> {
  const stream = connectTls({
    socket,
    rejectUnauthorized: false,
    maxVersion: 'TLSv1.2',
    ...(isIPv4(host) ? {} : { servername: host }),
  });
  stream.on('error', () => socket.destroy());
  await once(stream, 'secureConnect');
  return stream;
}
