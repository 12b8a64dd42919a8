import type { BatchRequest } from '../../bench/view.ts';
import { practiceFiles, practiceLink, type PracticeParts } from './practice-parts.ts';

const SHELLY = 'shelly-plug-s';
const TASMOTA = 'tasmota-plug';
/** Flash, restarts and joins take the time that they take on real plugs, whatever the number is. */
const PACE = { pace: 460_800 } as const;
/** Where converted units are sent; the practice bench has a router for any name. */
const WIFI = { 'wifi-ssid': 'workshop', 'wifi-password': 'practice only' } as const;
/** Units of one device are the same in all batches: each batch has numbers of its own. */
const FIRST_SHELLY_1 = 11;

/**
 * From stock firmware to Tasmota: the first goes ahead as the pilot, the next follows it, one stays in the intermediate
 * firmware until it is sent here, and one of the second generation is told apart and left alone.
 */
export async function demoShelly(parts: PracticeParts): Promise<BatchRequest> {
  const units: Readonly<Record<string, string>>[] = [
    {},
    {},
    { fault: 'stuck-stage2-once' },
    { state: 'gen2' },
  ];
  return {
    flowId: 'shelly-plug-s',
    task: 'flash',
    links: units.flatMap((unit, index) => practiceLink(SHELLY, index + 1, { ...PACE, ...unit })),
    files: await practiceFiles(parts, SHELLY, 'mg2tasmota-ShellyPlugS.zip', 'tasmota.bin'),
    settings: WIFI,
    assume: [],
  };
}

/** Two of another model, whose takeover archive is its own. */
export async function demoShelly1(parts: PracticeParts): Promise<BatchRequest> {
  return {
    flowId: 'shelly-gen1',
    task: 'flash',
    links: [FIRST_SHELLY_1, FIRST_SHELLY_1 + 1].flatMap((unit) =>
      practiceLink(SHELLY, unit, { ...PACE, state: 'shelly1' }),
    ),
    files: await practiceFiles(parts, SHELLY, 'mg2tasmota-Shelly1.zip', 'tasmota.bin'),
    settings: WIFI,
    assume: [],
  };
}

/** An old Tasmota that has room for the new one only by way of the minimal build, and one that got stuck in that. */
export async function demoTasmota(parts: PracticeParts): Promise<BatchRequest> {
  return {
    flowId: 'tasmota',
    task: 'flash',
    links: [practiceLink(TASMOTA, 1, PACE), practiceLink(TASMOTA, 2, { ...PACE, state: 'minimal' })].flat(),
    files: await practiceFiles(parts, TASMOTA, 'tasmota.bin', 'tasmota-minimal.bin'),
    settings: {},
    assume: [],
  };
}
