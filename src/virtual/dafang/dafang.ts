import type { VirtualDevice } from '../virtual-device.ts';
import { DAFANG_FAULTS } from './faults.ts';
import { DAFANG_STATES } from './images/factory-flash.ts';
import { DAFANG_IMAGES } from './images/practice-images.ts';
import { ProgrammerUnit } from './serprog/programmer-unit.ts';

/** Xiaomi Dafang: its flash chip on a programmer. */
export const dafang: VirtualDevice = {
  name: 'dafang',
  title: 'Xiaomi Dafang camera (Ingenic T20, 16 MiB): its flash chip on a serprog programmer',
  faults: DAFANG_FAULTS,
  states: DAFANG_STATES,
  wirings: [{ name: 'programmer', text: 'the chip on a clip or in a socket, at 3.3 V' }],
  practiceImages: () => DAFANG_IMAGES,
  createSerialUnit: (options) => new ProgrammerUnit(options),
  createProgrammerUnit: (options) => new ProgrammerUnit(options),
};
