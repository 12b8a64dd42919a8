import { join } from 'node:path';
import type { BatchRequest } from '../bench/view.ts';
import { type Link, parseLinks } from '../core/link.ts';
import type { VirtualDevices } from './services.ts';

const DEVICE = 'lamp';
const FLOW = 'mijia-bedside-lamp-2';
const FIRMWARE = 'lamp-esphome.bin';
const BAUD = 921_600;
/**
 * Baud of the modelled wires: a whole flash is read in 46 to 61 s, long enough to look around, short enough to wait
 * for, and not all in step.
 */
const PACES = [BAUD, 806_400, 691_200] as const;
/** The units after this share hang on three bare wires: somebody has to ground GPIO0 and power them. */
const FIXTURE_SHARE = 0.75;

/**
 * A tray of virtual lamps in which something happens: most sit on a fixture whose adapters reset them, the last ones
 * on three bare wires, one was flashed on another day. With `mishap` one loses its power in the middle the first time
 * and passes on a retry. Makes its firmware below `folder`.
 */
export async function demoRequest(
  virtual: Pick<VirtualDevices, 'makePracticeImages'>,
  folder: string,
  { slots, mishap }: { readonly slots: number; readonly mishap: boolean },
): Promise<BatchRequest> {
  const images = await virtual.makePracticeImages(DEVICE, join(folder, 'practice-firmware'));
  const onFixture = Math.min(slots - 1, Math.floor(slots * FIXTURE_SHARE));
  const lamp = (unit: number): Link[] => {
    const parameters = new URLSearchParams({
      unit: String(unit),
      pace: String(PACES[unit % PACES.length]),
      wiring: unit <= onFixture ? 'lines' : 'three-wires',
    });
    if (unit === 5) parameters.set('state', 'esphome');
    if (unit === Math.min(3, slots) && mishap) parameters.set('fault', 'dies-at-50%-once');
    return parseLinks(`virtual:${DEVICE}?${parameters.toString()}&fresh`);
  };
  return {
    flowId: FLOW,
    task: 'flash',
    links: Array.from({ length: slots }, (_, index) => lamp(index + 1)).flat(),
    files: images.filter(({ path }) => path.endsWith(FIRMWARE)).map(({ path }) => ({ path })),
    settings: { baud: String(BAUD) },
    assume: [],
  };
}
