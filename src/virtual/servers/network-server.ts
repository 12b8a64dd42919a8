import { BenchError } from '../../core/errors.ts';
import { Lan } from '../lan/lan.ts';
import { flashFile } from '../store/flash-file.ts';
import { memoryStorage } from '../store/storage.ts';
import type { NetworkUnit, VirtualDevice } from '../virtual-device.ts';
import { FrontDoor } from './front-door.ts';
import type { RunningServer, ServeOptions } from './server.ts';

/**
 * One unit on its power, on the given port of this computer: its page, on `tcp` the first other port it has. Servers
 * on this computer are what it can reach.
 * Throws USAGE for a port, fault, state or image that cannot be.
 */
export async function serveNetworkUnit(
  device: VirtualDevice,
  options: ServeOptions & { readonly scheme: 'http' | 'tcp' },
): Promise<RunningServer> {
  const { host, clock, scheme } = options;
  const log = options.log ?? (() => {});
  const door = await openDoor(options, log);
  const storage =
    options.image == null ? memoryStorage() : flashFile({ path: options.image, fresh: false, clock });
  let unit: NetworkUnit;
  try {
    unit = device.createNetworkUnit!({
      unit: options.unit ?? 1,
      faults: options.faults ?? [],
      ...(options.state != null && { state: options.state }),
      paced: options.paceBaud != null,
      clock,
      storage,
      struck: new Set(),
      lan: new Lan({ doorsOf: () => door }),
      log,
    });
  } catch (error) {
    storage.close();
    await door.close();
    throw error;
  }
  log(`unit ${options.unit ?? 1} has the MAC ${unit.mac}`);
  let closing: Promise<void> | undefined;
  return {
    url: `${scheme}://${host.includes(':') ? `[${host}]` : host}:${door.port}`,
    port: door.port,
    close: () =>
      (closing ??= (async () => {
        unit.close();
        storage.close();
        await door.close();
      })()),
  };
}

async function openDoor(
  { host, port, scheme }: ServeOptions & { readonly scheme: 'http' | 'tcp' },
  log: (text: string) => void,
): Promise<FrontDoor> {
  try {
    return await FrontDoor.open({ host, log, isPage: scheme === 'http' }, port);
  } catch (cause) {
    throw new BenchError('USAGE', {
      message: `Cannot listen on ${host}:${port}: ${cause instanceof Error ? cause.message : String(cause)}.`,
      advice: 'Choose another port, or 0 for any free one.',
      cause,
    });
  }
}
