/** Where something answers. `host`: a name or an IPv4 address, IPv6 without brackets. */
export interface HostPort {
  readonly host: string;
  readonly port: number;
}

export interface HttpRequest {
  readonly to: HostPort;
  readonly method: 'GET' | 'POST' | 'HEAD';
  /** Path with query, as it goes over the wire: `/cm?cmnd=Status%200`. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Basic authentication, sent with the first request: these devices do not ask twice. */
  readonly login?: HttpLogin;
  readonly body?: Uint8Array | string | MultipartFile;
  /** Ends it, and closes the connection. */
  readonly signal?: AbortSignal;
  /** Until the connection stands, ms; 5 s when missing. */
  readonly connectLimitMs?: number;
  /** Longest silence of the peer once it stands, ms; 15 s when missing. While a body goes out, its progress counts. */
  readonly silenceLimitMs?: number;
  /** Bytes of the body that the peer's system has acknowledged or that left this one: never ahead of the wire. */
  readonly onSent?: (bytes: number, totalBytes: number) => void;
  /** Most of an answer that is kept; a longer one ends the request with HTTP_BAD_ANSWER. 4 MiB when missing. */
  readonly maxAnswerBytes?: number;
  /** Keep the connection for the next request to the same place; these devices mostly want it closed: default false. */
  readonly keepAlive?: boolean;
}

export interface HttpLogin {
  readonly user: string;
  readonly password: string;
}

/** One file as a browser's form sends it (multipart/form-data). */
export interface MultipartFile {
  readonly field: string;
  readonly fileName: string;
  readonly content: Uint8Array;
  /** Other fields of the form, sent before the file. */
  readonly fields?: Readonly<Record<string, string>>;
}

/** A whole answer; every status is an answer and no error. Redirects are not followed. */
export interface HttpAnswer {
  readonly status: number;
  /** Names in lower case; of a repeated one the last. Untrusted text. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  /** Body as UTF-8, control characters still in it: untrusted text. */
  text(): string;
}

/** A raw connection, for what does not speak HTTP. */
export interface TcpConnection {
  /** Next bytes; an empty array once the peer has ended. Rejects when it broke, was silent for `limitMs`, or `signal`. */
  read(options: { readonly limitMs: number; readonly signal?: AbortSignal }): Promise<Uint8Array>;
  /** Resolves when the peer has room for more; rejects when it broke or took nothing for `limitMs`. */
  write(
    bytes: Uint8Array,
    options: { readonly limitMs: number; readonly signal?: AbortSignal },
  ): Promise<void>;
  /** Idempotent, never throws. */
  close(): Promise<void>;
}

/** A service as a unit announces it by mDNS. All text is untrusted. */
export interface AnnouncedService {
  /** `_http._tcp`, `_ewelink._tcp`, `_esphomelib._tcp`, `_arduino._tcp`, `_shelly._tcp`. */
  readonly type: string;
  /** Instance: `shellyplug-s-A1B2C3`. Without control characters, as is the name of the host. */
  readonly name: string;
  /** Without `.local`. */
  readonly hostName: string;
  readonly at: HostPort;
  readonly txt: Readonly<Record<string, string>>;
}

export interface SweepOptions {
  /** Only the subnet of this computer in which this address lies; missing: each of its private subnets. */
  readonly near?: string;
  /** A host is reported for each of these ports that takes a connection. */
  readonly ports: readonly number[];
  readonly signal: AbortSignal;
  readonly onHost: (found: HostPort) => void;
}

/** One Wi-Fi access point, as it is heard. `ssid` is untrusted text. */
export interface AccessPoint {
  readonly ssid: string;
  /** Lower case with colons. */
  readonly bssid: string;
  /** 0 to 100. */
  readonly signalPercent: number;
  readonly open: boolean;
}

export interface JoinedAccessPoint {
  /** Of this computer on that network. */
  readonly ownAddress: string;
  /** The access point itself, e.g. `192.168.4.1`. */
  readonly gateway: string;
  /** Leaves it and restores what the interface was connected to before. Idempotent, never throws. */
  leave(): Promise<void>;
}

/** A Wi-Fi interface of this computer that serves no transfer. One user at a time: see `RunContext.inTurn`. */
export interface WifiStation {
  /** For the operator: `wlan1`, `practice bench`. */
  readonly name: string;
  /** What is heard now, after a fresh scan. Throws WIFI_UNAVAILABLE. */
  scan(signal: AbortSignal): Promise<readonly AccessPoint[]>;
  /** Throws WIFI_JOIN_FAILED; no password: an open access point. */
  join(
    ssid: string,
    options: { readonly password?: string; readonly signal: AbortSignal },
  ): Promise<JoinedAccessPoint>;
}

/**
 * The network that the bench and its units hang on. Flows use the ports and addresses that units have there; on the
 * practice bench they are carried to where the virtual unit really listens. Everything throws `BenchError`.
 */
export interface Network {
  /**
   * Throws HTTP_REFUSED, HTTP_NO_ANSWER (`detail.connected`: it took the connection), HTTP_RESET (it broke off),
   * HTTP_CLOSED (it ended in order, without an answer), HTTP_BAD_ANSWER, NO_ROUTE, HOST_UNKNOWN, ABORTED. Once the
   * connection stood, `detail.sentAll` says whether the unit may have the whole request and `detail.sentBytes` how much
   * of the body it has at most: no answer after that is not "nothing happened".
   */
  request(request: HttpRequest): Promise<HttpAnswer>;
  /** Throws as `request` does, and so do the reads and writes of the connection. */
  connect(
    to: HostPort,
    options: { readonly limitMs: number; readonly signal?: AbortSignal },
  ): Promise<TcpConnection>;
  /** Datagrams to this port, broadcasts too, until the function that is returned is called. Throws UDP_PORT_BUSY. */
  listenUdp(port: number, onDatagram: (bytes: Uint8Array, from: string) => void): Promise<() => void>;
  /** Sends one datagram, to a broadcast address too. Throws NO_ROUTE, HOST_UNKNOWN. */
  sendUdp(to: HostPort, bytes: Uint8Array): Promise<void>;
  /** Listens for announcements of these services, and asks for them; each is reported when new or changed. */
  browse(types: readonly string[], onFound: (service: AnnouncedService) => void): Promise<() => void>;
  /** Tries every address of a private subnet (never more than 1,022), politely. Resolves when through. Throws NO_ROUTE. */
  sweep(options: SweepOptions): Promise<void>;
  /** MAC of a host on the own subnet, as this computer's ARP table has it; lower case with colons. */
  macOf(host: string): Promise<string | undefined>;
  /** This computer's own address towards that host, on which a server can be reached from there. Throws NO_ROUTE. */
  ownAddressTowards(host: string): Promise<string>;
  /** Undefined where no Wi-Fi interface is free for it: the operator's phone has to do it. */
  wifi(): Promise<WifiStation | undefined>;
}
