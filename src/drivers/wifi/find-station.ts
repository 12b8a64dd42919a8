import { readFile } from 'node:fs/promises';
import type { Programs } from '../process/programs.ts';
import { NmcliStation } from './nmcli-station.ts';
import { DEVICE_FIELDS, type NmDevice, parseDevices } from './nmcli-output.ts';
import { isSpare, parseRouteTable, type RouteEntry } from './route-table.ts';

/** Whether this computer can join the access point of a unit, and if not, what stands in the way first. */
export type WifiState =
  | { readonly state: 'usable'; readonly device: NmDevice }
  | { readonly state: 'no-nmcli' | 'not-running' | 'no-interface' }
  /** Switched off, without a driver, or not given to NetworkManager: its own word for it. */
  | { readonly state: 'unavailable'; readonly name: string; readonly word: string }
  /** The way to a network: it stays. */
  | { readonly state: 'in-use'; readonly name: string };

/** A list is printed in a moment, ms. */
const PRINT_LIMIT_MS = 10_000;
const USABLE = ['disconnected', 'connected'];

export async function findWifiStation(programs: Programs): Promise<NmcliStation | undefined> {
  const found = await lookForWifi(programs);
  return found.state === 'usable' ? new NmcliStation(programs, found.device) : undefined;
}

export async function lookForWifi(
  programs: Programs,
  routes: () => Promise<readonly RouteEntry[]> = systemRoutes,
): Promise<WifiState> {
  const end = await programs.run({
    program: 'nmcli',
    args: ['--terse', '--fields', DEVICE_FIELDS, 'device', 'status'],
    limitMs: PRINT_LIMIT_MS,
  });
  if (end.notStarted !== undefined) return { state: 'no-nmcli' };
  if (end.exitCode !== 0) return { state: 'not-running' };
  const devices = parseDevices(end.stdout).filter(({ type }) => type === 'wifi');
  const ready = devices.filter(({ state }) => USABLE.includes(state));
  const table = await routes();
  // One that is connected to nothing first: then there is nothing to restore.
  const spare = ready
    .toSorted((a, b) => USABLE.indexOf(a.state) - USABLE.indexOf(b.state))
    .find(({ name }) => isSpare(name, table));
  if (spare) return { state: 'usable', device: spare };
  if (ready[0]) return { state: 'in-use', name: ready[0].name };
  if (devices[0]) return { state: 'unavailable', name: devices[0].name, word: devices[0].state };
  return { state: 'no-interface' };
}

/** NetworkManager runs on Linux only. */
const systemRoutes = async (): Promise<readonly RouteEntry[]> =>
  parseRouteTable(await readFile('/proc/net/route', 'latin1').catch(() => ''));
