import { FaultLedger, unknownChoice } from '../fault-ledger.ts';
import { BusyTime } from '../flash-chip/busy-time.ts';
import { NorFlash } from '../flash-chip/nor-flash.ts';
import type { SerialUnitOptions, VirtualDevice } from '../virtual-device.ts';
import { THERMOMETER_WIRINGS } from './adapter.ts';
import type { StartFirmware } from './body.ts';
import { THERMOMETER_FAULTS, type ThermometerFault } from './faults.ts';
import { neighboursOf } from './firmware/neighbours.ts';
import { factoryFlash, THERMOMETER_STATES } from './images/factory-flash.ts';
import { FLASH_MAP, THERMOMETER_FLASH_BYTES } from './images/flash-map.ts';
import { THERMOMETER_IMAGES } from './images/practice-images.ts';
import { ThermometerUnit } from './thermometer-unit.ts';

/** GD25LE40C. */
const JEDEC_ID = [0xc8, 0x60, 0x13] as const;
/** Block-protect bits of a unit whose flash came protected: both banks; firmware still keeps its settings above them. */
const PROTECTED = 0x1c;
/** Every third unit comes so. */
const PROTECTED_UNITS = 3;

/** Xiaomi LYWSD03MMC with a Telink TLSR8251. What runs from its flash is given, so that chip and firmware stand alone. */
export function thermometer(startFirmware: StartFirmware): VirtualDevice {
  return {
    name: 'thermometer',
    title: 'Xiaomi thermometer LYWSD03MMC (TLSR8251, 512 KiB)',
    faults: THERMOMETER_FAULTS,
    states: THERMOMETER_STATES,
    wirings: THERMOMETER_WIRINGS,
    practiceImages: () => THERMOMETER_IMAGES,
    createSerialUnit: (options) => createUnit(options, startFirmware),
  };
}

function createUnit(options: SerialUnitOptions, startFirmware: StartFirmware): ThermometerUnit {
  const faults = new FaultLedger<ThermometerFault>(options.faults, THERMOMETER_FAULTS, options.struck);
  const wiringName = options.wiring ?? THERMOMETER_WIRINGS[0].name;
  const wiring = THERMOMETER_WIRINGS.find(({ name }) => name === wiringName);
  if (wiring == null) throw unknownChoice('wiring', wiringName, THERMOMETER_WIRINGS);
  return new ThermometerUnit(options, {
    faults,
    wiring: wiring.name,
    hasControlLines: 'hasControlLines' in wiring,
    flash: flashOf(options, faults),
    startFirmware,
    neighbours: faults.strikes('neighbours') ? neighboursOf(options.unit, options.clock, options.paced) : [],
  });
}

function flashOf(
  { storage, unit, state: wanted, clock, paced }: SerialUnitOptions,
  faults: FaultLedger<ThermometerFault>,
): NorFlash {
  const stateName = wanted ?? THERMOMETER_STATES[0]!.name;
  const state = THERMOMETER_STATES.find(({ name }) => name === stateName);
  if (state == null) throw unknownChoice('state', stateName, THERMOMETER_STATES);
  const { notes } = storage;
  const content = storage.content == null ? factoryFlash(state, unit) : wholeChip(storage.content);
  storage.adopt(content);
  if (storage.content == null) Object.assign(notes, { device: 'thermometer', unit, state: state.name });
  const flash = new NorFlash(content, JEDEC_ID, storage);
  flash.busy = new BusyTime(clock, paced);
  flash.protectedBelow = FLASH_MAP.bank3;
  const comesProtected = faults.has('locked-flash') || unit % PROTECTED_UNITS === 0;
  flash.protect(typeof notes.flashStatus === 'number' ? notes.flashStatus : comesProtected ? PROTECTED : 0);
  return flash;
}

/** A shorter file is filled up with FF; a longer one loses what the chip has no room for. */
function wholeChip(content: Uint8Array): Uint8Array {
  if (content.length === THERMOMETER_FLASH_BYTES) return content;
  const whole = new Uint8Array(THERMOMETER_FLASH_BYTES).fill(0xff);
  whole.set(content.subarray(0, THERMOMETER_FLASH_BYTES));
  return whole;
}
