import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makePracticeImages } from '../../src/virtual/make-practice-images.ts';
import { findVirtualDevice } from '../../src/virtual/registry.ts';
import { runChild } from './child-programs.ts';
import type { NetworkPlugsJob, NetworkPlugsResult } from './children/network-plugs.ts';
import { watchEventLoop, type LoopDelay } from './event-loop.ts';
import { serveDevices } from './served-devices.ts';

export interface NetworkPlugsMeasurement {
  readonly plugs: number;
  readonly result: NetworkPlugsResult;
  /** Of both files, to all units; the self-tests not counted. */
  readonly servedBytes: number;
  /** Of this process, which only waited: what the machine itself delayed at the same time. */
  readonly idle: LoopDelay;
}

const DEVICE = 'shelly-plug-s';
const FILES: readonly string[] = ['mg2tasmota-ShellyPlugS.zip', 'tasmota.bin'];
/** Only whether, not how fast: the flash and the start of a plug take the time that they really take. */
const PACED = 460_800;

/** So many plugs in one batch, both stages fetched from the bench's own server. */
export async function measureNetworkPlugs(quick: boolean): Promise<NetworkPlugsMeasurement> {
  const plugs = quick ? 16 : 64;
  const folder = await mkdtemp(join(tmpdir(), 'benchflash-perf-'));
  const images = await makePracticeImages(findVirtualDevice(DEVICE), folder);
  const files = images.filter(({ image }) => FILES.includes(image.file));
  const devices = await serveDevices({ device: DEVICE, scheme: 'http', paceBaud: PACED, count: plugs });
  const stop = watchEventLoop();
  try {
    const job: NetworkPlugsJob = { links: devices.links, files: files.map(({ path }) => path) };
    const result = await runChild<NetworkPlugsResult>('network-plugs', job);
    const servedBytes = plugs * files.reduce((sum, { bytes }) => sum + bytes, 0);
    return { plugs, result, servedBytes, idle: stop() };
  } finally {
    await devices.stop();
    await rm(folder, { recursive: true, force: true });
  }
}
