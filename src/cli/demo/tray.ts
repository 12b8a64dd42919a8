import type { BatchRequest } from '../../bench/view.ts';
import { BenchError } from '../../core/errors.ts';
import type { AssumeWord } from '../../core/steps.ts';
import { demoConsoles, demoProgrammer } from './cameras.ts';
import { demoLamps } from './lamps.ts';
import { demoEspHome, demoHaa, demoShelly, demoShelly1, demoSonoff, demoTasmota } from './network-plugs.ts';
import { demoPlugs } from './plugs.ts';
import type { PracticeParts } from './practice-parts.ts';
import { demoRadio, demoTxOnly, demoWire } from './thermometers.ts';

/** A tray of lamps fills the dashboard at 80x24. */
export const DEMO_LAMPS = 12;

const BATCHES: Readonly<Record<string, (parts: PracticeParts) => Promise<BatchRequest>>> = {
  'mijia-bedside-lamp-2': (parts) => demoLamps(parts, DEMO_LAMPS),
  'esp8266-plug-wire': demoPlugs,
  'shelly-plug-s': demoShelly,
  'shelly-gen1': demoShelly1,
  tasmota: demoTasmota,
  'sonoff-diy': demoSonoff,
  'esphome-ota': demoEspHome,
  haa: demoHaa,
  'lywsd03mmc-wire': demoWire,
  'lywsd03mmc-ble': demoRadio,
  'dafang-spi': demoProgrammer,
  'dafang-console': demoConsoles,
};

/** A batch on virtual units for one flow, or for one to begin with. Throws USAGE for a flow without one. */
export async function demoBatch(
  parts: PracticeParts,
  flowId = 'mijia-bedside-lamp-2',
): Promise<BatchRequest> {
  const batch = BATCHES[flowId];
  if (batch) return batch(parts);
  throw new BenchError('USAGE', {
    message: `There is no practice batch for ${flowId}.`,
    advice: 'Practise on another device, or give its virtual units as a link.',
  });
}

/** Answers of a demo that nobody watches. */
export const ANSWERED: readonly AssumeWord[] = ['wired', 'no-backup', 'rebind'];

/** The whole demo: thermometers by wire and by Bluetooth, plugs over the network, and beside them `lamps` lamps. */
export const demoTray = (parts: PracticeParts, lamps: number): Promise<readonly BatchRequest[]> =>
  Promise.all([
    demoWire(parts),
    demoTxOnly(parts),
    demoRadio(parts),
    demoShelly(parts),
    demoTasmota(parts),
    demoLamps(parts, lamps),
  ]);
