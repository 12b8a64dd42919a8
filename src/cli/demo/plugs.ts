import type { BatchRequest } from '../../bench/view.ts';
import { practiceFiles, practiceLink, type PracticeParts } from './practice-parts.ts';

const DEVICE = 'plug-esp8266';
const SLOTS = 4;
/** Baud of the modelled wires: a plug takes about half a minute. */
const PACE = 460_800;

/** Four plugs on three bare wires each. */
export async function demoPlugs(parts: PracticeParts): Promise<BatchRequest> {
  return {
    flowId: 'esp8266-plug-wire',
    task: 'flash',
    links: Array.from({ length: SLOTS }, (_, index) =>
      practiceLink(DEVICE, index + 1, { pace: PACE }),
    ).flat(),
    files: await practiceFiles(parts, DEVICE, 'plug-tasmota.bin'),
    settings: {},
    assume: [],
  };
}
