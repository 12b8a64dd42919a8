import { BenchError } from '../../src/core/errors.ts';
import { done, type Flow } from '../flow.ts';
import { accessPointPage } from '../network-plug/index.ts';
import { backup } from './backup.ts';
import { detect } from './detect.ts';
import { offerImages } from './fetch.ts';
import { flash } from './flash.ts';
import { lookAgain } from './look-again.ts';
import { makePlan, minimalSlot, targetSlot, warnings, type TasmotaPlan } from './plan.ts';
import { reboot } from './reboot.ts';
import { closeSession, openSession, type TasmotaSession } from './session.ts';
import { tasmotaSettings } from './settings.ts';

export const tasmota: Flow<TasmotaPlan, TasmotaSession> = {
  id: 'tasmota',
  title: 'Tasmota plug by network',
  device: 'Tasmota plug',
  summary:
    'From any Tasmota to another image: Tasmota, HAA, ESPHome, ESPurna; settings kept, through minimal where needed.',
  linkKinds: ['http', 'virtual'],
  virtualDevice: 'tasmota-plug',
  abilities: {
    readsBack: 'never',
    operatorPowers: false,
    // A unit that holds the image, or minimal, is brought to its end: half way it has no set-up pages.
    cancelWhileWriting: false,
    cycle: false,
  },
  firmwareSlots: [targetSlot, minimalSlot],
  settings: tasmotaSettings,
  wiringPages: () => [accessPointPage],
  plan: makePlan,
  warnings,
  open: openSession,
  close: closeSession,
  steps: {
    detect,
    // There is no wire; what the unit is to fetch is put where it can reach it, and tested.
    'wire-check': offerImages,
    backup,
    flash,
    // Flash cannot be read over the network: the proof is what the unit says after its restart.
    verify: () => Promise.resolve(done),
    reboot,
  },
  lookAgain,
  awaitNextUnit: () =>
    Promise.reject(
      new BenchError('USAGE', { message: 'Units on the network do not follow one another in a jig.' }),
    ),
};
