import { BenchError } from '../../src/core/errors.ts';
import { done, type Flow } from '../flow.ts';
import { cellPage } from '../lywsd03mmc/cell-page.ts';
import { MODEL } from '../lywsd03mmc/image.ts';
import { backup } from './backup.ts';
import { detect } from './detect.ts';
import { flash } from './flash.ts';
import { firmwareSlot, makePlan, warnings, type BlePlan } from './plan.ts';
import { lookAgain, reboot } from './reboot.ts';
import { closeSession, openSession, type BleSession } from './session.ts';
import { bleSettings } from './settings.ts';

export const lywsd03mmcBle: Flow<BlePlan, BleSession> = {
  id: 'lywsd03mmc-ble',
  title: `${MODEL} thermometer by Bluetooth`,
  device: `Xiaomi ${MODEL}`,
  summary: 'Activates or logs in, updates over the air, several units at a time; nothing is opened.',
  linkKinds: ['ble', 'virtual'],
  virtualDevice: 'thermometer',
  abilities: {
    readsBack: 'never',
    operatorPowers: false,
    // The old firmware stays until the unit has the whole image.
    cancelWhileWriting: true,
    cycle: false,
  },
  firmwareSlots: [firmwareSlot],
  settings: bleSettings,
  wiringPages: () => [cellPage],
  plan: (request) => Promise.resolve().then(() => makePlan(request)),
  warnings,
  open: openSession,
  close: closeSession,
  steps: {
    detect,
    // There is no wire; battery and signal were judged by detect.
    'wire-check': () => Promise.resolve(done),
    backup,
    flash,
    // Flash cannot be read over the air: the proof is what the unit says after its restart.
    verify: () => Promise.resolve(done),
    reboot,
  },
  lookAgain,
  awaitNextUnit: () =>
    Promise.reject(
      new BenchError('USAGE', { message: 'Units by Bluetooth do not follow one another in a jig.' }),
    ),
};
