import { BenchError } from '../../src/core/errors.ts';
import type { Flow } from '../flow.ts';
import { backup } from './backup.ts';
import { detect } from './detect.ts';
import { consoleSlots } from './firmware-slots.ts';
import { flash } from './flash.ts';
import { makePlan, warningsOf, type ConsolePlan } from './plan.ts';
import { lookAgain, reboot } from './reboot.ts';
import { closeSession, openSession, type ConsoleSession } from './session.ts';
import { consoleSettings } from './settings.ts';
import { verify } from './verify.ts';
import { wireCheck } from './wire-check.ts';
import { consolePages } from './wiring.ts';

/** The camera by three wires: for one whose boot loader still runs. Proves the start and the MAC. */
export const dafangConsole: Flow<ConsolePlan, ConsoleSession> = {
  id: 'dafang-console',
  title: 'Xiaomi Dafang by U-Boot console',
  device: 'Xiaomi Dafang camera',
  summary:
    'Ingenic T20 camera over its serial console: para and config kept first, kernel to appfs from SD or by YMODEM; boot is never written.',
  linkKinds: ['serial', 'socket', 'rfc2217', 'virtual'],
  virtualDevice: 'dafang',
  // U-Boot itself is never written: a camera stopped in mid-write is flashed again from its prompt.
  abilities: { readsBack: 'always', operatorPowers: true, cancelWhileWriting: true, cycle: false },
  firmwareSlots: consoleSlots,
  settings: consoleSettings,
  wiringPages: () => consolePages,
  plan: async (request) => makePlan(request),
  warnings: warningsOf,
  open: openSession,
  close: closeSession,
  steps: { detect, 'wire-check': wireCheck, backup, flash, verify, reboot },
  lookAgain,
  awaitNextUnit: () =>
    Promise.reject(new BenchError('USAGE', { message: 'A camera on its console has a slot of its own.' })),
};
