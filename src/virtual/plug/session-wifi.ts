import type { Socket } from 'node:net';
import type { VirtualService, WifiRadio } from '../lan/lan-port.ts';

const NEVER = new Promise<never>(() => {});
const NOTHING = { close() {} };

/**
 * The Wi-Fi as one start of a firmware has it: once that is over, nothing it still does reaches the radio, and what it
 * waits for does not come.
 */
export class SessionWifi implements WifiRadio {
  private readonly radio: WifiRadio;
  private readonly isOver: () => boolean;

  constructor(radio: WifiRadio, isOver: () => boolean) {
    this.radio = radio;
    this.isOver = isOver;
  }

  get rssiDbm(): number {
    return this.radio.rssiDbm;
  }

  get isOnNetwork(): boolean {
    return this.radio.isOnNetwork && !this.isOver();
  }

  async join(
    ssid: string,
    password: string,
    options?: { readonly newAddress?: boolean },
  ): Promise<string | undefined> {
    if (this.isOver()) return NEVER;
    const address = await this.radio.join(ssid, password, options);
    return this.isOver() ? NEVER : address;
  }

  leave(): void {
    if (!this.isOver()) this.radio.leave();
  }

  openAccessPoint(point: Parameters<WifiRadio['openAccessPoint']>[0]): void {
    if (!this.isOver()) this.radio.openAccessPoint(point);
  }

  closeAccessPoint(): void {
    if (!this.isOver()) this.radio.closeAccessPoint();
  }

  serve(port: number, onConnection: (socket: Socket) => void): { close(): void } {
    return this.isOver() ? NOTHING : this.radio.serve(port, onConnection);
  }

  async connect(host: string, port: number): Promise<Socket> {
    if (this.isOver()) return NEVER;
    const socket = await this.radio.connect(host, port).catch((error: unknown) => {
      if (this.isOver()) return NEVER;
      throw error;
    });
    if (!this.isOver()) return socket;
    socket.resetAndDestroy();
    return NEVER;
  }

  broadcast(port: number, bytes: Uint8Array): void {
    if (!this.isOver()) this.radio.broadcast(port, bytes);
  }

  onDatagram(port: number, listener: (bytes: Uint8Array) => void): { close(): void } {
    return this.isOver() ? NOTHING : this.radio.onDatagram(port, listener);
  }

  announce(services: readonly VirtualService[]): void {
    if (!this.isOver()) this.radio.announce(services);
  }

  close(): void {
    if (!this.isOver()) this.radio.close();
  }
}
