import { BenchError } from '../../src/core/errors.ts';
import type { Flow } from '../flow.ts';
import { backup } from './backup.ts';
import { bootOnConsole, lookAgain } from './boot-on-console.ts';
import { detect } from './detect.ts';
import { dafangSlots } from './firmware-slots.ts';
import { flash } from './flash.ts';
import { makePlan, warningsOf, type DafangPlan } from './plan.ts';
import { closeSession, openSession, type DafangSession } from './session.ts';
import { dafangSettings } from './settings.ts';
import { verify } from './verify.ts';
import { dafangPages } from './wiring.ts';
import { wireCheck } from './wire-check.ts';

/** The chip of the camera on a flash programmer: for one whose boot loader is gone, and for every first backup. */
export const dafangSpi: Flow<DafangPlan, DafangSession> = {
  id: 'dafang-spi',
  title: 'Xiaomi Dafang by flash programmer',
  device: 'Xiaomi Dafang camera',
  summary:
    'Ingenic T20 camera: chosen parts of its 16 MiB flash over CH341A or any programmer of flashrom; MAC and settings kept.',
  linkKinds: ['flashrom', 'virtual'],
  virtualDevice: 'dafang',
  abilities: { readsBack: 'always', operatorPowers: false, cancelWhileWriting: false, cycle: false },
  firmwareSlots: dafangSlots,
  settings: dafangSettings,
  wiringPages: () => dafangPages,
  plan: async (request) => makePlan(request),
  warnings: warningsOf,
  open: openSession,
  close: closeSession,
  steps: { detect, 'wire-check': wireCheck, backup, flash, verify, reboot: bootOnConsole },
  lookAgain: (session, run) =>
    (run.settings['console'] ?? '') === ''
      ? Promise.reject(new BenchError('USAGE', { message: NOT_HERE, advice: 'Retry the unit instead.' }))
      : lookAgain(session, run),
  awaitNextUnit: () => Promise.reject(new BenchError('USAGE', { message: NOT_HERE })),
};

const NOT_HERE = 'A chip on a programmer is read and written; nothing of it is watched.';
