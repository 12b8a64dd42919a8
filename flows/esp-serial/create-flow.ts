import type { Flow, StepResult } from '../flow.ts';
import { backup } from './backup.ts';
import { awaitNextUnit, detect } from './detect.ts';
import type { EspDevice } from './device.ts';
import { flash } from './flash.ts';
import { expectationFor, makePlan, type EspPlan } from './plan.ts';
import { lookAgain, reboot } from './reboot.ts';
import { closeSession, openSession, type EspSession } from './session.ts';
import { espSettings } from './settings.ts';
import { verify } from './verify.ts';
import { wireCheck } from './wire-check.ts';

/** The flow of one kind of ESP device on a serial link: its data over the steps that all of them share. */
export function createEspFlow(device: EspDevice): Flow<EspPlan, EspSession> {
  return {
    id: device.id,
    title: device.title,
    device: device.device,
    summary: device.summary,
    linkKinds: ['serial', 'socket', 'rfc2217', 'virtual'],
    virtualDevice: device.virtualDevice,
    abilities: {
      readsBack: device.chip === 'ESP8266' ? 'with-stub' : 'always',
      operatorPowers: true,
      // The ROM loader cannot be overwritten: a unit stopped in mid-write is flashed again from its loader.
      cancelWhileWriting: true,
      cycle: true,
    },
    firmwareSlots: device.firmwareSlots,
    settings: [...device.settings, ...espSettings],
    wiringPages: (settings) => device.wiringPages(settings),
    plan: (request) => Promise.resolve().then(() => makePlan(device, request)),
    warnings: ({ files }) => device.warnings(files),
    open: openSession,
    close: closeSession,
    steps: { detect, 'wire-check': wireCheck, backup, flash, verify, reboot },
    lookAgain: (session, run): Promise<StepResult> => {
      session.expectation = expectationFor(run.plan.files.values(), run.plan.options);
      return lookAgain(session, run);
    },
    awaitNextUnit,
  };
}
