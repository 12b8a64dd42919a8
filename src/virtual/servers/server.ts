import { createServer, type Socket } from 'node:net';
import type { Clock } from '../../core/clock.ts';
import { BenchError } from '../../core/errors.ts';
import { Air } from '../air/air.ts';
import { Slot } from '../serial/slot.ts';
import { flashFile } from '../store/flash-file.ts';
import { memoryStorage, type LastingStorage } from '../store/storage.ts';
import { onProgrammer } from '../registry.ts';
import type { VirtualDevice } from '../virtual-device.ts';
import { serveNetworkUnit } from './network-server.ts';
import { serveRawConnection } from './raw-connection.ts';
import { serveRfc2217Connection } from './rfc2217-connection.ts';

export interface ServeOptions {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  readonly clock: Clock;
  /** Number of the unit; 1 when missing. */
  readonly unit?: number;
  readonly state?: string;
  readonly faults?: readonly string[];
  readonly paceBaud?: number;
  /** Flash content: read when it is there, written back as it changes. Without it the flash lives in memory. */
  readonly image?: string;
  /** One line per thing worth knowing: a connection, a reset. */
  readonly log?: (text: string) => void;
}

export interface RunningServer {
  /** E.g. `tcp://127.0.0.1:5000`, with the real port. */
  readonly url: string;
  readonly port: number;
  /** Ends connections and writes the image. Idempotent. */
  close(): Promise<void>;
}

/** Where one connection ends: the slot, and what it must do with bytes and with the link. */
export interface Connection {
  readonly slot: Slot;
  /** Bytes of the unit for the host. */
  heard: (bytes: Uint8Array) => void;
}

type Scheme = 'tcp' | 'rfc2217';

/** Raw bytes over TCP; each connection powers the unit in its loader. */
export const serveTcp = (device: VirtualDevice, options: ServeOptions): Promise<RunningServer> =>
  serve('tcp', device, options);

/** Serial over telnet with rate and control lines; connecting powers the unit, the lines reset it. */
export const serveRfc2217 = (device: VirtualDevice, options: ServeOptions): Promise<RunningServer> =>
  serve('rfc2217', device, options);

/** By the scheme of the `--listen` URL. Throws USAGE where the device is not reached that way. */
export function serveVirtualDevice(
  device: VirtualDevice,
  options: ServeOptions & { readonly scheme: string },
): Promise<RunningServer> {
  const { scheme } = options;
  const isOnNetwork = device.createNetworkUnit != null;
  if (isOnNetwork && (scheme === 'http' || (scheme === 'tcp' && device.createSerialUnit == null)))
    return serveNetworkUnit(device, { ...options, scheme });
  if (scheme === 'tcp' && device.createProgrammerUnit != null)
    return serve('tcp', onProgrammer(device), options);
  if (
    (scheme === 'tcp' || scheme === 'rfc2217') &&
    device.createSerialUnit != null &&
    device.createProgrammerUnit == null
  )
    return serve(scheme, device, options);
  return Promise.reject(
    new BenchError('USAGE', {
      message: `The virtual device ${device.name} cannot be served on ${scheme}://.`,
      advice: schemesOf(device),
    }),
  );
}

function schemesOf(device: VirtualDevice): string {
  if (device.createNetworkUnit != null) return 'Use http://, or tcp:// for a port that is no page.';
  return device.createProgrammerUnit == null ? 'Use tcp:// or rfc2217://.' : 'Use tcp://.';
}

async function serve(scheme: Scheme, device: VirtualDevice, options: ServeOptions): Promise<RunningServer> {
  const { log, clock } = options;
  const unit = options.unit ?? 1;
  const memory = { unit, freshened: new Set<number>(), struck: new Map<number, Set<string>>() };
  const kept = new Map<number, { content: Uint8Array | undefined; notes: LastingStorage['notes'] }>();
  const air = new Air();
  const wired = device.wirings.find(({ hasControlLines }) => scheme === 'rfc2217' && hasControlLines);
  const storageOf = (number: number): LastingStorage =>
    number === unit && options.image != null
      ? flashFile({ path: options.image, fresh: false, clock })
      : lastingInMemory(kept, number);
  const makeSlot = (connection: { heard: Connection['heard'] }, unplug: () => void) =>
    new Slot({
      device,
      clock,
      hostBaud: scheme === 'tcp' ? undefined : 115_200,
      paceBaud: options.paceBaud,
      state: options.state,
      wiring: wired?.name,
      faultsOf: (number) => (number === unit ? (options.faults ?? []) : []),
      lastUnit: undefined,
      memory,
      storageOf,
      air,
      heard: (bytes) => connection.heard(bytes),
      unplug,
      ...(log && { log }),
    });
  // Tells at once of a fault, state or image that cannot be.
  makeSlot({ heard: () => {} }, () => {}).close();

  let current: { socket: Socket; end: () => void } | undefined;
  const server = createServer({ noDelay: true }, (socket) => {
    // A serial port has one user: the newest connection takes it, as after a client that died.
    current?.end();
    const name = `${socket.remoteAddress ?? '?'}:${socket.remotePort ?? '?'}`;
    const connection = { heard: (() => {}) as Connection['heard'] };
    let slot: Slot | undefined;
    const end = () => {
      if (slot == null) return;
      slot.close();
      slot = undefined;
      socket.destroy();
      log?.(`${name} is gone`);
    };
    current = { socket, end };
    socket.on('close', end);
    socket.on('error', end);
    try {
      slot = makeSlot(connection, () => {
        socket.resetAndDestroy();
        end();
      });
    } catch (error) {
      log?.(error instanceof Error ? error.message : String(error));
      socket.destroy();
      return;
    }
    log?.(`${name} connected`);
    const serveConnection = scheme === 'tcp' ? serveRawConnection : serveRfc2217Connection;
    connection.heard = serveConnection(socket, slot);
    slot.opened();
    if (scheme === 'tcp') slot.perform('power-into-loader');
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) =>
      reject(
        new BenchError('USAGE', {
          message: `Cannot listen on ${options.host}:${options.port}: ${cause.message}.`,
          advice: 'Choose another port, or 0 for any free one.',
          cause,
        }),
      ),
    );
    server.listen(options.port, options.host, resolve);
  });
  const address = server.address();
  const port = typeof address === 'object' && address != null ? address.port : options.port;
  return {
    url: `${scheme}://${options.host.includes(':') ? `[${options.host}]` : options.host}:${port}`,
    port,
    close: () =>
      new Promise((resolve) => {
        current?.end();
        server.close(() => resolve());
      }),
  };
}

/** Flash that lives from one connection to the next. */
function lastingInMemory(
  kept: Map<number, { content: Uint8Array | undefined; notes: LastingStorage['notes'] }>,
  unit: number,
): LastingStorage {
  const place = kept.get(unit) ?? { content: undefined, notes: {} };
  kept.set(unit, place);
  return {
    ...memoryStorage(place.content),
    notes: place.notes,
    adopt: (content) => {
      place.content = content;
    },
  };
}
