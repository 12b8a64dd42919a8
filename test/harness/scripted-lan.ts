import { BenchError } from '../../src/core/errors.ts';
import type {
  AccessPoint,
  AnnouncedService,
  HostPort,
  HttpAnswer,
  HttpRequest,
  JoinedAccessPoint,
  Network,
  SweepOptions,
  TcpConnection,
  WifiStation,
} from '../../src/drivers/http/port.ts';

/** What a scripted host does with a request: an answer, or nothing (as where nobody is). */
export type Script = (request: HttpRequest) => Partial<ScriptedAnswer> | string | undefined;

interface ScriptedAnswer {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: string | Uint8Array;
}

export const json = (value: unknown, status = 200): Partial<ScriptedAnswer> => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(value),
});

/** Only who has joined the access point of a unit reaches it there. */
const isAtAccessPoint = (host: string): boolean => host.startsWith('192.168.4.');

/** A network whose hosts are played by a test: no sockets, no time. */
export class ScriptedLan implements Network {
  /** By `host` or `host:port`. */
  readonly hosts = new Map<string, Script>();
  readonly requests: HttpRequest[] = [];
  /** ARP table: MAC by host. */
  readonly arp = new Map<string, string>();
  readonly announced: AnnouncedService[] = [];
  station: ScriptedStation | undefined;
  sweeps = 0;

  /** Paths that were asked for, in order: `POST 10.1.0.9/rpc/Sys.Reboot`. */
  get asked(): string[] {
    return this.requests.map(({ method, to, path }) => `${method} ${to.host}${path}`);
  }

  async request(request: HttpRequest): Promise<HttpAnswer> {
    request.signal?.throwIfAborted();
    this.requests.push(request);
    const { host, port } = request.to;
    const script = this.hosts.get(`${host}:${port}`) ?? (port === 80 ? this.hosts.get(host) : undefined);
    const isThere = !isAtAccessPoint(host) || this.station?.joined !== undefined;
    const said = isThere ? script?.(request) : undefined;
    // Which error a silent host is, is the driver's own matter: whoever asks must not lean on it.
    if (said === undefined) throw new BenchError('PLUG_NOT_FOUND', { message: `${host} is silent` });
    const { status = 200, headers = {}, body = '' } = typeof said === 'string' ? { body: said } : said;
    const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body;
    return { status, headers, body: bytes, text: () => new TextDecoder().decode(bytes) };
  }

  connect(to: HostPort): Promise<TcpConnection> {
    return Promise.reject(new Error(`this network has no raw connection to ${to.host}`));
  }

  listenUdp(): Promise<() => void> {
    return Promise.resolve(() => {});
  }

  async sendUdp(): Promise<void> {}

  async browse(types: readonly string[], onFound: (service: AnnouncedService) => void): Promise<() => void> {
    for (const service of this.announced) if (types.includes(service.type)) onFound(service);
    return () => {};
  }

  async sweep({ ports, onHost }: SweepOptions): Promise<void> {
    this.sweeps += 1;
    for (const name of this.hosts.keys()) {
      const [host = '', port = '80'] = name.split(':');
      if (ports.includes(Number(port)) && !isAtAccessPoint(host)) onHost({ host, port: Number(port) });
    }
  }

  async macOf(host: string): Promise<string | undefined> {
    return this.arp.get(host);
  }

  async ownAddressTowards(): Promise<string> {
    return '10.1.0.2';
  }

  async wifi(): Promise<WifiStation | undefined> {
    return this.station;
  }
}

/** The bench's Wi-Fi interface: hears what the test put on the air, and joins it. */
export class ScriptedStation implements WifiStation {
  readonly name = 'wlan-test';
  readonly heard: AccessPoint[] = [];
  readonly log: string[] = [];
  joined: string | undefined;
  onJoin: (ssid: string) => void = () => {};

  async scan(): Promise<readonly AccessPoint[]> {
    return [...this.heard];
  }

  async join(ssid: string): Promise<JoinedAccessPoint> {
    if (!this.heard.some((ap) => ap.ssid === ssid)) throw new BenchError('AT_ACCESS_POINT');
    if (this.joined !== undefined) throw new Error(`${this.joined} was not left`);
    this.joined = ssid;
    this.log.push(`join ${ssid}`);
    this.onJoin(ssid);
    return {
      ownAddress: '192.168.4.2',
      gateway: '192.168.4.1',
      leave: async () => {
        if (this.joined === undefined) return;
        this.joined = undefined;
        this.log.push(`leave ${ssid}`);
      },
    };
  }
}

export const hostAt = (host: string, port = 80): HostPort => ({ host, port });
