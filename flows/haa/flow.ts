import { BenchError } from '../../src/core/errors.ts';
import { done, type Flow, type PlanRequest, type SettingSpec } from '../flow.ts';
import { accessPointPage, wifiSettings } from '../network-plug/index.ts';
import { detect } from './detect.ts';
import { haaPlanOf, type HaaPlan } from './plan.ts';
import { closeSession, openSession, type HaaSession } from './session.ts';
import { haaSettings } from './settings.ts';
import { backup, flash, lookAgain, reboot } from './steps.ts';

const benchAddress: SettingSpec = {
  key: 'bench-address',
  title: 'Address of this computer for the units',
  help: 'In the Wi-Fi that the units get; empty: the one by which this computer reaches other networks. Only with mirror.',
  kind: 'text',
};

export const haa: Flow<HaaPlan, HaaSession> = {
  id: 'haa',
  title: 'HAA from its set-up page',
  device: 'Plug with the HAA installer',
  summary: 'Gives the installer its script and its Wi-Fi, and follows it until HAA is there for HomeKit.',
  linkKinds: ['http', 'virtual'],
  virtualDevice: 'haa-plug',
  abilities: {
    readsBack: 'never',
    operatorPowers: false,
    cancelWhileWriting: false,
    cycle: false,
  },
  // What is installed is fetched by the unit itself: see the setting mirror.
  firmwareSlots: [],
  settings: [...wifiSettings, ...haaSettings, benchAddress],
  wiringPages: () => [accessPointPage],
  plan: makePlan,
  warnings: ({ mirror }) =>
    mirror == null
      ? [
          'The units fetch HAA from the internet: where its server lacks a file they are stranded. A mirror is checked before.',
        ]
      : [],
  open: openSession,
  close: closeSession,
  steps: {
    detect,
    'wire-check': () => Promise.resolve(done),
    backup,
    flash,
    // The unit checks signatures itself; nothing of its flash can be read.
    verify: () => Promise.resolve(done),
    reboot,
  },
  lookAgain,
  awaitNextUnit: () =>
    Promise.reject(
      new BenchError('USAGE', { message: 'Units on the network do not follow one another in a jig.' }),
    ),
};

/** Throws USAGE and FIRMWARE_REFUSED. */
async function makePlan({ task, settings }: PlanRequest): Promise<HaaPlan> {
  if (task !== 'flash')
    throw new BenchError('USAGE', {
      message: 'The installer of HAA gives nothing to keep and takes nothing back.',
      advice: 'Only by wire its flash can be read: flow esp8266-plug-wire.',
    });
  const plan = await haaPlanOf(settings);
  if (plan != null) return plan;
  throw new BenchError('USAGE', {
    message: 'What the units are to be in HomeKit is missing.',
    advice: 'Give the accessory script as accessory=@FILE, and wifi-ssid and wifi-password.',
  });
}
