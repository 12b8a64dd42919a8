import type { BatchRequest } from '../../bench/view.ts';
import { practiceFiles, practiceLink, type PracticeParts } from './practice-parts.ts';

const DEVICE = 'lamp';
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
 * and passes on a retry.
 */
export async function demoLamps(parts: PracticeParts, slots: number): Promise<BatchRequest> {
  const onFixture = Math.min(slots - 1, Math.floor(slots * FIXTURE_SHARE));
  const lamp = (unit: number) =>
    practiceLink(DEVICE, unit, {
      pace: PACES[unit % PACES.length]!,
      wiring: unit <= onFixture ? 'lines' : 'three-wires',
      ...(unit === 5 && { state: 'esphome' }),
      ...(unit === Math.min(3, slots) && parts.mishap && { fault: 'dies-at-50%-once' }),
    });
  return {
    flowId: 'mijia-bedside-lamp-2',
    task: 'flash',
    links: Array.from({ length: slots }, (_, index) => lamp(index + 1)).flat(),
    files: await practiceFiles(parts, DEVICE, 'lamp-esphome.bin'),
    settings: { baud: String(BAUD) },
    assume: [],
  };
}
