import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { BatchRequest } from '../../bench/view.ts';
import { practiceFiles, practiceLink, type PracticeParts } from './practice-parts.ts';

const SHELLY = 'shelly-plug-s';
const TASMOTA = 'tasmota-plug';
const SONOFF = 'sonoff-diy-plug';
const ESPHOME = 'esphome-plug';
const HAA = 'haa-plug';
/** Flash, restarts and joins take the time that they take on real plugs, whatever the number is. */
const PACE = { pace: 460_800 } as const;
/** Where converted units are sent; the practice bench has a router for any name. */
const WIFI = { 'wifi-ssid': 'workshop', 'wifi-password': 'practice only' } as const;
/** Units of one device are the same in all batches: each batch has numbers of its own. */
const FIRST_SHELLY_1 = 11;

/**
 * From stock firmware to Tasmota: the first goes ahead as the pilot, the next follows it, one is found
 * stuck halfway and brought on; with `mishap` one of the second generation, which is told apart and left alone.
 */
export async function demoShelly(parts: PracticeParts): Promise<BatchRequest> {
  const units: Readonly<Record<string, string>>[] = [
    {},
    {},
    { state: 'halfway' },
    ...(parts.mishap ? [{ state: 'gen2' }] : []),
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

/** Of Sonoff in DIY mode: one that its maker has to unlock, one that is unlocked. */
export async function demoSonoff(parts: PracticeParts): Promise<BatchRequest> {
  return {
    flowId: 'sonoff-diy',
    task: 'flash',
    links: ['internet', 'unlocked'].flatMap((state, index) =>
      practiceLink(SONOFF, index + 1, { ...PACE, state }),
    ),
    files: await practiceFiles(parts, TASMOTA, 'tasmota-lite.bin'),
    settings: WIFI,
    assume: [],
  };
}

/** A new build for two that run ESPHome, one of which takes it compressed. */
export async function demoEspHome(parts: PracticeParts): Promise<BatchRequest> {
  return {
    flowId: 'esphome-ota',
    task: 'flash',
    links: ['open', 'gzip'].flatMap((state, index) => practiceLink(ESPHOME, index + 1, { ...PACE, state })),
    files: await practiceFiles(parts, ESPHOME, 'esphome-plug.bin'),
    settings: {},
    assume: [],
  };
}

/** From the set-up page of the installer to HAA, both generations of it; everything is fetched from this computer. */
export async function demoHaa(parts: PracticeParts): Promise<BatchRequest> {
  const names = ['haa-script.json', 'haa-mirror-key.pem', 'otaversion'];
  const [script, key, version] = await Promise.all(names.map((name) => practiceFiles(parts, HAA, name)));
  const path = (files: BatchRequest['files'] | undefined) => files?.[0]?.path ?? '';
  return {
    flowId: 'haa',
    task: 'flash',
    links: ['portal', 'old-portal'].flatMap((state, index) => practiceLink(HAA, index + 1, { state })),
    files: [],
    settings: {
      ...WIFI,
      accessory: await readFile(path(script), 'utf8'),
      mirror: dirname(path(version)),
      'mirror-key': await readFile(path(key), 'utf8'),
    },
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
