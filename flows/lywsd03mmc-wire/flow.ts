import type { Flow } from '../flow.ts';
import { backup } from './backup.ts';
import { detect } from './detect.ts';
import { firmwareSlot } from './firmware-slot.ts';
import { flash } from './flash.ts';
import { lookAgain } from './look-again.ts';
import { awaitNextUnit } from './next-unit.ts';
import { makePlan, type WirePlan } from './plan.ts';
import { reboot } from './reboot.ts';
import { closeSession, openSession, type WireSession } from './session.ts';
import { wireSettings } from './settings.ts';
import { verify } from './verify.ts';
import { wireCheck } from './wire-check.ts';
import { wiringPages } from './wiring.ts';

/** Facts: the telink-swire reference; what is shared with the flow by Bluetooth is in flows/lywsd03mmc. */
export const lywsd03mmcWire: Flow<WirePlan, WireSession> = {
  id: 'lywsd03mmc-wire',
  title: 'LYWSD03MMC thermometer by wire',
  device: 'Xiaomi LYWSD03MMC',
  summary:
    'Any firmware over the single-wire pad, stock 2.1.1 too; MAC, trim and keys are kept, the radio is the proof.',
  linkKinds: ['serial', 'socket', 'rfc2217', 'virtual'],
  virtualDevice: 'thermometer',
  abilities: {
    readsBack: 'always',
    operatorPowers: true,
    // The chip is held by its wire, whatever lies in flash: a unit stopped in mid-write is flashed again.
    cancelWhileWriting: true,
    cycle: true,
  },
  firmwareSlots: [firmwareSlot],
  settings: wireSettings,
  wiringPages,
  plan: (request) => Promise.resolve().then(() => makePlan(request)),
  warnings: ({ warnings }) => warnings,
  open: openSession,
  close: closeSession,
  steps: { detect, 'wire-check': wireCheck, backup, flash, verify, reboot },
  lookAgain,
  awaitNextUnit,
};
