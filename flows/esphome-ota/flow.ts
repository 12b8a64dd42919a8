import { BenchError } from '../../src/core/errors.ts';
import { done, settle, type Flow } from '../flow.ts';
import { accessPointPage } from '../network-plug/index.ts';
import { backup } from './backup.ts';
import { detect } from './detect.ts';
import { targetSlot } from './firmware-slot.ts';
import { flash } from './flash.ts';
import { lookAgain } from './look-again.ts';
import { makePlan, warningsOf, type EspHomePlan } from './plan.ts';
import { prove } from './prove.ts';
import { closeSession, openSession, type EspHomeSession } from './session.ts';
import { espHomeSettings } from './settings.ts';

export const espHomeOta: Flow<EspHomePlan, EspHomeSession> = {
  id: 'esphome-ota',
  title: 'ESPHome by network',
  device: 'ESPHome plug or board',
  summary: 'From ESPHome to a new build of it, or to other firmware; by its update port or its web server.',
  linkKinds: ['esphome', 'http', 'virtual'],
  virtualDevice: 'esphome-plug',
  abilities: {
    readsBack: 'never',
    operatorPowers: false,
    // What it did not get whole its updater drops, and the old firmware goes on; with the last byte it may begin its copy.
    cancelWhileWriting: false,
    cycle: false,
  },
  firmwareSlots: [targetSlot],
  settings: espHomeSettings,
  wiringPages: () => [accessPointPage],
  plan: makePlan,
  warnings: warningsOf,
  open: openSession,
  close: closeSession,
  steps: {
    detect,
    // There is no wire, and the unit fetches nothing.
    'wire-check': () => Promise.resolve(done),
    backup,
    flash,
    // Flash cannot be read over the network: the proof is what the unit says after its restart.
    verify: () => Promise.resolve(done),
    reboot: async (session, run) => settle(await prove(session, run)),
  },
  lookAgain,
  awaitNextUnit: () =>
    Promise.reject(
      new BenchError('USAGE', { message: 'Units on the network do not follow one another in a jig.' }),
    ),
};
