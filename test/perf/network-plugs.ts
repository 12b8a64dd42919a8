import { runChild } from './child-programs.ts';
import type { NetworkPlugsResult } from './children/network-plugs.ts';
import { watchEventLoop, type LoopDelay } from './event-loop.ts';
import { serveDevices } from './served-devices.ts';

export interface NetworkPlugsMeasurement {
  readonly plugs: number;
  readonly result: NetworkPlugsResult;
  /** Of this process, which only waited: what the machine itself delayed at the same time. */
  readonly idle: LoopDelay;
}

/** Only whether, not how fast: the flash and the start of a plug take the time that they really take. */
const PACED = 460_800;

/** So many plugs in one batch, both stages fetched from the bench's own server. */
export async function measureNetworkPlugs(quick: boolean): Promise<NetworkPlugsMeasurement> {
  const plugs = quick ? 16 : 64;
  const devices = await serveDevices({
    device: 'shelly-plug-s',
    scheme: 'http',
    paceBaud: PACED,
    count: plugs,
  });
  const stop = watchEventLoop();
  try {
    const result = await runChild<NetworkPlugsResult>('network-plugs', { links: devices.links });
    return { plugs, result, idle: stop() };
  } finally {
    await devices.stop();
  }
}
