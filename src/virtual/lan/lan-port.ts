import type { Socket } from 'node:net';

/**
 * The Wi-Fi of one virtual unit, on the LAN of one practice bench. Addresses are those the unit has there
 * (`10.77.0.11`, as an access point `192.168.4.1`); behind each address and port stands a real listener on a loopback
 * port of this computer, and the bench's own connections are carried to it.
 */
export interface WifiRadio {
  /**
   * Joins as a station. Resolves with its address, which the LAN gives by MAC, so that it stays the same unless
   * `newAddress`; undefined where the network does not take it (unknown name, wrong password).
   */
  join(
    ssid: string,
    password: string,
    options?: { readonly newAddress?: boolean },
  ): Promise<string | undefined>;
  /** Whether it is on a network as a station; false again when the router went off. */
  readonly isOnNetwork: boolean;
  /** Off the network: its address answers to nobody. Idempotent. */
  leave(): void;
  /** Opens an access point of its own, heard by the bench's Wi-Fi station. An open one has no password. */
  openAccessPoint(point: {
    readonly ssid: string;
    readonly address: string;
    readonly password?: string;
  }): void;
  /** Idempotent. */
  closeAccessPoint(): void;
  /**
   * Listens on a TCP port, at its address as a station and at its access point alike, until `close`. The socket is a
   * real one: pauses, half-closed ends and resets are the unit's own.
   */
  serve(port: number, onConnection: (socket: Socket) => void): { close(): void };
  /**
   * Out to another host. Only the bench's own servers can be reached (this computer), and other units of the LAN.
   * Rejects like a network does: `ECONNREFUSED`, or `ENETUNREACH` for what would be the internet.
   */
  connect(host: string, port: number): Promise<Socket>;
  /** A datagram to everybody on the LAN. */
  broadcast(port: number, bytes: Uint8Array): void;
  /** Datagrams that come to its address on this port. */
  onDatagram(port: number, listener: (bytes: Uint8Array) => void): { close(): void };
  /** Announced by mDNS while it is on the LAN; replaces what was announced before. */
  announce(services: readonly VirtualService[]): void;
  /** -30 to -95 dBm: what the unit says of its own reception. */
  readonly rssiDbm: number;
  /** Takes the unit off the LAN for good. Idempotent. */
  close(): void;
}

export interface VirtualService {
  readonly type: string;
  readonly name: string;
  readonly hostName: string;
  readonly port: number;
  readonly txt: Readonly<Record<string, string>>;
}

/** The same Wi-Fi as the body of the unit has it, whatever firmware runs. */
export interface UnitWifi extends WifiRadio {
  /** Where it answers: as a station, else at its own access point; undefined while it is on no network. */
  readonly host: string | undefined;
  /** Ports it listens on. */
  readonly ports: readonly number[];
  /** No power, or a restart: off every network, and nothing listens or announces any more. Connections fall silent. */
  powerOff(): void;
}

/** The LAN and the air of one practice bench. */
export interface VirtualLan {
  attach(unit: { readonly mac: string; readonly rssiDbm: number }): UnitWifi;
}
