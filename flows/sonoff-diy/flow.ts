import { BenchError } from '../../src/core/errors.ts';
import type { Flow } from '../flow.ts';
import { accessPointPage } from '../network-plug/index.ts';
import { backup } from './backup.ts';
import { detect } from './detect.ts';
import { flash } from './flash.ts';
import { diyModePage } from './pages.ts';
import { makePlan, targetSlot, warningsOf, type SonoffPlan } from './plan.ts';
import { lookAgain, reboot, verify } from './prove.ts';
import { closeSession, openSession, type SonoffSession } from './session.ts';
import { sonoffSettings } from './settings.ts';
import { wireCheck } from './wire-check.ts';

export const sonoffDiy: Flow<SonoffPlan, SonoffSession> = {
  id: 'sonoff-diy',
  title: 'Sonoff in DIY mode by network',
  device: 'Sonoff Basic R3, Mini, RFR3 in DIY mode',
  summary:
    'From the firmware of the maker to Tasmota or another image; unlocked by the maker, fetched from here.',
  linkKinds: ['http', 'virtual'],
  virtualDevice: 'sonoff-diy-plug',
  abilities: {
    readsBack: 'never',
    operatorPowers: false,
    // The unit fetches by itself: to look away changes nothing, and with half an image it must be sent again.
    cancelWhileWriting: false,
    cycle: false,
  },
  firmwareSlots: [targetSlot],
  settings: sonoffSettings,
  wiringPages: () => [diyModePage, accessPointPage],
  plan: makePlan,
  warnings: warningsOf,
  open: openSession,
  close: closeSession,
  steps: { detect, 'wire-check': wireCheck, backup, flash, verify, reboot },
  lookAgain,
  awaitNextUnit: () =>
    Promise.reject(
      new BenchError('USAGE', { message: 'Units on the network do not follow one another in a jig.' }),
    ),
};
