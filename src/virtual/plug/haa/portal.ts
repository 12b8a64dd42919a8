import type { Socket } from 'node:net';
import { joinBytes } from '../../bytes.ts';
import type { RunningPlug } from '../plug-firmware.ts';
import { haaName } from './mac-name.ts';
import { applyForm } from './portal-form.ts';
import { formPath, portalPage, type PortalPages } from './portal-pages.ts';
import { KEY, type Settings } from './settings.ts';
import { headerIn, SocketReader } from '../socket-reader.ts';

export const PORTAL_PORT = 4567;
const PORTAL_ADDRESS = '192.168.4.1';

/** Of common_headers.h and setup.c, ms. */
const LEAVES_AFTER_MS = 90_000;
const LEAVES_AFTER_OPENED_MS = 900_000;
const SILENCE_MS = 1_000;
const BEFORE_CLOSE_MS = 300;
const BEFORE_APPLY_MS = 1_000;
const BEFORE_REBOOT_MS = 1_000;

/** A longer body loses its end (of 16,500 bytes of memory, 200 are kept back). */
const MOST_BODY_BYTES = 16_300;
const MOST_HEAD_BYTES = 8_192;

export interface PortalOptions {
  readonly pages: PortalPages;
  readonly version: string;
  /** It came up after something failed: it goes away after 90 s, or 15 min once its page was opened. */
  readonly leavesByItself: boolean;
  /** Slot of the firmware that shows it, where that is not the usual one: it comes back to itself after saving. */
  readonly onceSlot?: 1 | undefined;
  /** Called when it is on a network as well. */
  readonly onJoined?: (address: string) => void;
}

/**
 * The open access point and its page on port 4567. It serves one client at a time, tells the end of a request by a
 * second of silence or the client's leaving, and answers a saved form only then. Returns what closes it.
 */
export function openPortal(plug: RunningPlug, settings: Settings, options: PortalOptions): () => void {
  const portal = new Portal(plug, settings, options);
  portal.open();
  return () => portal.close();
}

interface Request {
  readonly method: string;
  readonly path: string;
  readonly body: string;
}

class Portal {
  private readonly plug: RunningPlug;
  private readonly settings: Settings;
  private readonly options: PortalOptions;
  private readonly closing = new AbortController();
  private readonly waiting: Socket[] = [];
  private isServing = false;
  private listener: { close(): void } | undefined;
  private cancelLeaving: (() => void) | undefined;

  constructor(plug: RunningPlug, settings: Settings, options: PortalOptions) {
    this.plug = plug;
    this.settings = settings;
    this.options = options;
  }

  open(): void {
    const { plug, settings, options } = this;
    plug.wifi.openAccessPoint({
      ssid: haaName(plug.chip.mac),
      address: PORTAL_ADDRESS,
      password: options.pages === 'haamain' ? settings.text(KEY.apPassword) : undefined,
    });
    this.listener = plug.wifi.serve(PORTAL_PORT, (socket) => {
      socket.on('error', () => {});
      this.waiting.push(socket);
      void this.serveWaiting();
    });
    if (options.leavesByItself) this.leaveAfter(LEAVES_AFTER_MS);
    const ssid = settings.text(KEY.ssid);
    if (ssid != null) void this.join(ssid);
  }

  close(): void {
    this.closing.abort(new Error('closed'));
    this.cancelLeaving?.();
    this.listener?.close();
    this.plug.wifi.closeAccessPoint();
  }

  private async join(ssid: string): Promise<void> {
    const address = await this.plug.wifi.join(ssid, this.settings.text(KEY.password) ?? '');
    if (address != null && !this.closing.signal.aborted) this.options.onJoined?.(address);
  }

  private leaveAfter(ms: number): void {
    this.cancelLeaving?.();
    this.cancelLeaving = this.plug.clock.after(ms, () => {
      this.plug.log('the portal leaves by itself');
      this.plug.restart();
    });
  }

  private async serveWaiting(): Promise<void> {
    if (this.isServing) return;
    this.isServing = true;
    for (let socket = this.waiting[0]; socket != null; socket = this.waiting[0]) {
      await this.serveOne(socket).catch((error: unknown) => {
        if (!this.closing.signal.aborted) this.plug.log(`model fails: ${String(error)}`);
      });
      if (this.closing.signal.aborted) return;
      this.waiting.shift();
    }
    this.isServing = false;
  }

  private async serveOne(socket: Socket): Promise<void> {
    const reader = new SocketReader(socket, this.plug.clock, this.closing.signal);
    const request = await this.readRequest(reader);
    if (request == null) return reader.close();
    const { pages } = this.options;
    const form = formPath(pages);
    // The firmware compares as many characters as the path has, so "/" is the form as well, and "/sn?" is not.
    const isForm = form.startsWith(request.path);
    if (request.method === 'POST' && isForm) return this.save(socket, request.body);
    if (request.method === 'GET' && isForm) {
      this.showPage(socket);
      if (this.plug.fault('portal-timeout')) {
        await this.untilClientIsSilent(reader);
        this.plug.log('the portal leaves although its page was just opened');
        this.plug.restart();
        return;
      }
    } else if (pages === 'old-installer')
      redirect(socket, 302, `http://${PORTAL_ADDRESS}:${PORTAL_PORT}/settings`);
    else redirect(socket, 301, form);
    await this.untilClientIsSilent(reader);
    reader.close();
  }

  private async readRequest(reader: SocketReader): Promise<Request | undefined> {
    const head = await reader.head(MOST_HEAD_BYTES, SILENCE_MS);
    const line = /^([A-Z]+) (\S+) HTTP\/1\.[01]\r\n/.exec(head ?? '');
    if (head == null || line == null) return undefined;
    const pieces: Uint8Array[] = [];
    for (let left = Number(headerIn(head, 'content-length') ?? 0); left > 0;) {
      const piece = await reader.read(left, SILENCE_MS);
      if (piece == null || piece.length === 0) return undefined;
      pieces.push(piece);
      left -= piece.length;
    }
    const body = Buffer.from(joinBytes(...pieces)).toString('utf8', 0, MOST_BODY_BYTES);
    return { method: line[1]!, path: line[2]!, body };
  }

  private showPage(socket: Socket): void {
    const { pages, version, leavesByItself } = this.options;
    if (leavesByItself) this.leaveAfter(LEAVES_AFTER_OPENED_MS);
    const page = portalPage(pages, this.settings, { version, flashMode: this.plug.flash[2] ?? 0xff });
    socket.write(
      'HTTP/1.1 200 \r\nContent-Type: text/html; charset=utf-8\r\nCache-Control: no-store\r\n' +
        'Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n',
    );
    socket.write(`${Buffer.byteLength(page).toString(16)}\r\n${page}\r\n0\r\n\r\n`);
  }

  private async save(socket: Socket, body: string): Promise<void> {
    const { plug, settings, options } = this;
    const { signal } = this.closing;
    await plug.wait(SILENCE_MS, signal);
    this.listener?.close();
    this.cancelLeaving?.();
    socket.end('HTTP/1.1 200\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n<center>OK</center>');
    await plug.wait(BEFORE_CLOSE_MS + BEFORE_APPLY_MS, signal);
    const { onceSlot } = await applyForm(options.pages, body, settings, plug);
    plug.settle();
    await plug.wait(BEFORE_REBOOT_MS, signal);
    plug.rtc.rbootOnceSlot = onceSlot ?? options.onceSlot;
    plug.log('saved');
    plug.restart();
  }

  /** What else it sends is read and forgotten, as long as there is no second of silence. */
  private async untilClientIsSilent(reader: SocketReader): Promise<void> {
    while (!reader.isOver) {
      const piece = await reader.read(MOST_HEAD_BYTES, SILENCE_MS);
      this.closing.signal.throwIfAborted();
      if (piece == null || piece.length === 0) return;
    }
  }
}

function redirect(socket: Socket, status: number, location: string): void {
  socket.write(
    `HTTP/1.1 ${status} \r\nLocation: ${location}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`,
  );
}
