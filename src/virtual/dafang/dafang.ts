import { unknownChoice } from '../fault-ledger.ts';
import type { VirtualDevice, Wiring } from '../virtual-device.ts';
import { ConsoleUnit } from './console/console-unit.ts';
import { DAFANG_FAULTS } from './faults.ts';
import { DAFANG_STATES } from './images/factory-flash.ts';
import { DAFANG_IMAGES } from './images/practice-images.ts';
import { ProgrammerUnit } from './serprog/programmer-unit.ts';

const WIRINGS: readonly Wiring[] = [
  { name: 'three-pads', text: 'TX, RX and GND; hands apply power' },
  { name: 'powered', text: 'three pads, and power that comes when the port opens', hasControlLines: true },
];

const camera = {
  faults: DAFANG_FAULTS,
  states: DAFANG_STATES,
  wirings: WIRINGS,
  takesCard: true,
  practiceImages: () => DAFANG_IMAGES,
  createSerialUnit: (options) => {
    const name = options.wiring ?? WIRINGS[0]!.name;
    const wiring = WIRINGS.find((each) => each.name === name);
    if (wiring == null) throw unknownChoice('wiring', name, WIRINGS);
    return new ConsoleUnit(options, wiring.hasControlLines === true);
  },
} satisfies Omit<VirtualDevice, 'name' | 'title'>;

/** A camera whose flash chip is on a programmer, or whose console is connected: as the flow asks for it. */
export const dafang: VirtualDevice = {
  ...camera,
  name: 'dafang',
  title: 'Xiaomi Dafang camera (Ingenic T20, 16 MiB); served, its flash chip on a serprog programmer',
  createProgrammerUnit: (options) => new ProgrammerUnit(options),
};

/** The same cameras, by their console only. */
export const dafangConsole: VirtualDevice = {
  ...camera,
  name: 'dafang-console',
  title: 'U-Boot console of a Xiaomi Dafang camera, 115200 baud',
  sameUnitsAs: 'dafang',
};
