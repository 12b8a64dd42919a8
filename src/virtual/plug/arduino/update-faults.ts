import type { NamedChoice } from '../../virtual-device.ts';
import { PLUG_FAULTS } from '../plug-unit.ts';
import type { RunningPlug } from '../plug-firmware.ts';

/** Faults of every plug that is updated by way of the Arduino boot loader. */
export const UPDATE_FAULTS = [
  { name: 'restart-loop', text: 'restarts over and over after an update, until power was off' },
  { name: 'comes-back-old', text: 'the former firmware runs after an update' },
  { name: 'never-comes-back', text: 'hangs after an update, until power was off' },
  { name: 'new-address', text: 'has another address after each restart' },
  { name: 'drops-upload', text: 'the connection breaks in the middle of an upload' },
  { name: 'power-loss-in-copy', text: 'power fails while the boot loader copies: nothing starts any more' },
  PLUG_FAULTS.weakSignal,
  PLUG_FAULTS.justPluggedIn,
] as const satisfies readonly NamedChoice[];

export type UpdateFault = (typeof UPDATE_FAULTS)[number]['name'];

const strikes = (plug: RunningPlug, fault: UpdateFault): boolean => plug.fault(fault);
const LOOP_MS = 3000;

/** To be called when an image is staged. */
export function noteStaged(plug: RunningPlug): void {
  plug.rtc.user = { ...plug.rtc.user, updated: 1 };
  if (strikes(plug, 'comes-back-old')) delete plug.rtc.command;
  plug.settle();
}

/** To be called at each start: false where that leads nowhere. */
export async function startsAfterUpdate(plug: RunningPlug, signal: AbortSignal): Promise<boolean> {
  if (plug.rtc.user?.updated !== 1) return true;
  if (strikes(plug, 'never-comes-back')) return false;
  if (strikes(plug, 'restart-loop')) {
    await plug.clock.sleep(LOOP_MS, signal);
    plug.restart('watchdog');
    return false;
  }
  delete plug.rtc.user.updated;
  return true;
}

/** Where it restarts it may have another address than before. */
export const getsNewAddress = (plug: RunningPlug): boolean =>
  plug.startedBy !== 'power' && strikes(plug, 'new-address');

/** Restarts, into what is staged if anything is. */
export async function restartInto(plug: RunningPlug): Promise<void> {
  const { command } = plug.rtc;
  if (command == null || !strikes(plug, 'power-loss-in-copy')) return plug.restart();
  await plug.write(0, plug.flash.slice(command.source, command.source + Math.floor(command.size / 2)));
  delete plug.rtc.command;
  plug.die('power failed while the boot loader copied');
}
