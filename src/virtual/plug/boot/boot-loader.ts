import { constants, gunzipSync } from 'node:zlib';
import { hex } from '../../bytes.ts';
import { parseImage } from '../../esp/boot/image.ts';
import type { EbootCommand, RunningPlug } from '../plug-firmware.ts';
import { bootPlace } from './boot-place.ts';
import { findRbootConfig, rbootConfigSector } from './rboot-config.ts';

type LoadingPlug = Pick<RunningPlug, 'flash' | 'write' | 'settle' | 'rtc' | 'log' | 'chip'>;

const SECTOR_BYTES = 4096;
const EBOOT_ADDRESS = 0x4010_f000;

/**
 * What the boot loader in flash does before it starts anything: eboot carries out the copy that was left in RTC memory,
 * the rboot of Mongoose OS counts starts of an update that nobody committed and falls back.
 */
export async function runBootLoader(plug: LoadingPlug): Promise<void> {
  const first = parseImage(plug.flash, 0, 'esp8266');
  if (typeof first === 'string') return;
  if (first.segments.length === 1 && first.segments[0]?.address === EBOOT_ADDRESS) {
    const { command } = plug.rtc;
    if (command == null) return;
    await copyImage(plug, command);
    delete plug.rtc.command;
    return;
  }
  await countStart(plug);
}

/** There is no check after it; power that goes meanwhile takes the command and the application with it. */
async function copyImage(plug: LoadingPlug, { source, destination, size }: EbootCommand): Promise<void> {
  plug.log(`eboot copies ${size} bytes from 0x${hex(source)} to 0x${hex(destination)}`);
  const staged = plug.flash.slice(source, source + size);
  const image = staged[0] === 0x1f && staged[1] === 0x8b ? inflated(staged) : staged;
  if (image == null) return plug.log('eboot cannot inflate what was staged');
  for (let at = 0; at < image.length; at += SECTOR_BYTES)
    await plug.write(destination + at, image.subarray(at, at + SECTOR_BYTES));
  plug.settle();
  plug.log('@cp:0');
}

function inflated(staged: Uint8Array): Uint8Array | undefined {
  try {
    // As far as it goes: eboot writes while it inflates.
    return gunzipSync(staged, { finishFlush: constants.Z_SYNC_FLUSH });
  } catch {
    return undefined;
  }
}

async function countStart(plug: LoadingPlug): Promise<void> {
  const found = findRbootConfig(plug.flash);
  if (found?.config.isUncommitted !== true) return;
  const { offset, config } = found;
  if (config.attempts === 0) {
    await plug.write(offset, rbootConfigSector({ ...config, attempts: 1 }));
  } else {
    plug.log(`slot ${config.current} was not committed: back to slot ${config.previous}`);
    const back = { current: config.previous, isUncommitted: false, isFirstBoot: false, attempts: 0 };
    await plug.write(offset, rbootConfigSector({ ...config, ...back }));
  }
  plug.settle();
}

/** Why nothing starts, for the log. */
export function whyDead(plug: Pick<RunningPlug, 'flash' | 'chip'>): string {
  const place = bootPlace(plug.flash, plug.chip);
  return 'dead' in place
    ? place.dead
    : `nothing that is known here stands at 0x${hex(place.appOffset)} (started by ${place.loader})`;
}
