import type { BatchRequest } from '../../bench/view.ts';
import { practiceFiles, practiceLink, type PracticeParts } from './practice-parts.ts';

const DEVICE = 'thermometer';
/** Wire and air go at their real speed: 40 s by wire, a good minute and a half over the air. */
const PACE = { pace: 460_800 } as const;

/** Units of one device are the same in all batches: each batch has numbers of its own. */
const FIRST_TX_ONLY = 4;
const FIRST_BY_RADIO = 11;

/**
 * Three on full wiring: one whose lines restart it, one that is asleep and wants its battery out and in with the
 * countdown, and one that takes nothing over the air.
 */
export async function demoWire(parts: PracticeParts): Promise<BatchRequest> {
  return {
    flowId: 'lywsd03mmc-wire',
    task: 'flash',
    links: [
      practiceLink(DEVICE, 1, { ...PACE, wiring: 'full-lines' }),
      practiceLink(DEVICE, 2, { ...PACE, wiring: 'full', fault: 'asleep' }),
      practiceLink(DEVICE, 3, { ...PACE, wiring: 'full', state: 'stock-2.1.1_0159-bound' }),
    ].flat(),
    files: await practiceFiles(parts, DEVICE, 'thermometer-pvvx.bin'),
    settings: {},
    assume: [],
  };
}

/**
 * One on three wires, of which nothing comes back. It gets another firmware than the others: those that are flashed
 * meanwhile would begin to send the same, and nobody could tell which is which.
 */
export async function demoTxOnly(parts: PracticeParts): Promise<BatchRequest> {
  return {
    flowId: 'lywsd03mmc-wire',
    task: 'flash',
    links: [...practiceLink(DEVICE, FIRST_TX_ONLY, { ...PACE, wiring: 'tx-only' })],
    files: await practiceFiles(parts, DEVICE, 'thermometer-atc1441.bin'),
    settings: { ability: 'tx-only' },
    assume: [],
  };
}

/** By Bluetooth: new, bound to an account, with an empty cell; with `mishap` one that takes nothing over the air. */
export async function demoRadio(parts: PracticeParts): Promise<BatchRequest> {
  const units: Readonly<Record<string, string>>[] = [
    {},
    { state: 'stock-1.0.0_0130-bound' },
    { fault: 'low-battery' },
    ...(parts.mishap ? [{ state: 'stock-2.1.1_0159' }] : []),
  ];
  return {
    flowId: 'lywsd03mmc-ble',
    task: 'flash',
    links: units.flatMap((unit, index) => practiceLink(DEVICE, FIRST_BY_RADIO + index, { ...PACE, ...unit })),
    files: await practiceFiles(parts, DEVICE, 'thermometer-pvvx.bin'),
    settings: {},
    assume: [],
  };
}
