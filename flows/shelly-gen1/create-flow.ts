import { BenchError } from '../../src/core/errors.ts';
import type { Flow } from '../flow.ts';
import { accessPointPage, devicePassword, wifiSettings } from '../network-plug/index.ts';
import { backup } from './backup.ts';
import { detect } from './detect.ts';
import type { ShellyDevice } from './device.ts';
import { shellySlots } from './firmware-slots.ts';
import { flash } from './flash.ts';
import { makePlan, warningsOf, type ShellyPlan } from './plan.ts';
import { lookAgain, reboot, verify } from './prove.ts';
import { closeSession, openSession, type ShellySession } from './session.ts';
import { wireCheck } from './wire-check.ts';

/** A Shelly of the first generation over the network, from stock firmware to an ESP8266 image. */
export const createShellyFlow = (device: ShellyDevice): Flow<ShellyPlan, ShellySession> => ({
  id: device.id,
  title: device.title,
  device: device.device,
  summary: device.summary,
  linkKinds: ['http', 'virtual'],
  virtualDevice: 'shelly-plug-s',
  abilities: {
    readsBack: 'never',
    operatorPowers: false,
    // The unit fetches by itself: to look away changes nothing, and a second stage that is cut is a brick.
    cancelWhileWriting: false,
    cycle: false,
  },
  firmwareSlots: shellySlots(device),
  settings: [devicePassword, ...wifiSettings],
  wiringPages: () => [accessPointPage, ...device.recoveryPages],
  plan: async (request) => makePlan(device, request),
  warnings: warningsOf,
  open: openSession,
  close: closeSession,
  steps: { detect, 'wire-check': wireCheck, backup, flash, verify, reboot },
  lookAgain,
  awaitNextUnit: () =>
    Promise.reject(
      new BenchError('USAGE', { message: 'Units on the network do not follow one another in a jig.' }),
    ),
});
