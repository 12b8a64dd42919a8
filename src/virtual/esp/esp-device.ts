import { BenchError } from '../../core/errors.ts';
import { memoryStorage } from '../store/storage.ts';
import type {
  NamedChoice,
  PracticeImage,
  SerialUnitOptions,
  UnitStorage,
  VirtualDevice,
  Wiring,
} from '../virtual-device.ts';
import type { Chip } from './chip/chip.ts';
import { NorFlash } from '../flash-chip/nor-flash.ts';
import { EspUnit } from './esp-unit.ts';
import { FaultLedger, unknownChoice } from '../fault-ledger.ts';
import { ESP_FAULTS } from './faults.ts';

export const ESP_WIRINGS: readonly Wiring[] = [
  { name: 'three-wires', text: 'TX, RX and GND only: hands hold GPIO0 to GND and apply power' },
  {
    name: 'lines',
    text: 'DTR and RTS reach GPIO0 and EN, powered when the port opens',
    hasControlLines: true,
  },
];

const MIB = 1_048_576;
const LARGEST_FLASH_BYTES = 16 * MIB;

export interface EspState extends NamedChoice {
  /** The flash of a new unit in this state. */
  flash(unit: number): Uint8Array;
}

export interface EspDeviceSpec {
  readonly name: string;
  readonly title: string;
  readonly states: readonly EspState[];
  readonly images: readonly PracticeImage[];
  /** Flash sizes it is made with, bytes; the first is the usual one. */
  readonly flashSizes: readonly [number, ...number[]];
  /** Manufacturer and type of its flash chip. */
  readonly flashMaker: readonly [number, number];
  /** Builds the chip anew, as it comes up with power. */
  chip(flash: NorFlash, unit: number, faults: FaultLedger): Chip;
  /** The chip that `wrong-chip` puts there, with flash of its own. */
  otherChip(unit: number): Chip;
}

/** A virtual device with an ESP chip, from what is special about it. */
export function espDevice(spec: EspDeviceSpec): VirtualDevice {
  return {
    name: spec.name,
    title: spec.title,
    faults: ESP_FAULTS,
    states: spec.states,
    wirings: ESP_WIRINGS,
    practiceImages: () => spec.images,
    createSerialUnit: (options) => createUnit(spec, options),
  };
}

function createUnit(spec: EspDeviceSpec, options: SerialUnitOptions): EspUnit {
  const faults = new FaultLedger(options.faults, ESP_FAULTS, options.struck);
  const wiring = options.wiring ?? ESP_WIRINGS[0]!.name;
  if (!ESP_WIRINGS.some(({ name }) => name === wiring)) throw unknownChoice('wiring', wiring, ESP_WIRINGS);
  const state = spec.states.find(({ name }) => name === (options.state ?? spec.states[0]!.name));
  if (state == null) throw unknownChoice('state', options.state ?? '', spec.states);
  const flash = flashOf(spec, options, state);
  const { unit } = options;
  return new EspUnit(options, {
    faults,
    hasControlLines: wiring === 'lines',
    powerUpChip: () => {
      if (faults.strikes('wrong-chip')) return spec.otherChip(unit);
      const sizeId = Math.log2(flash.sizeBytes);
      flash.jedecId = faults.strikes('unknown-flash-id') ? [0x7f, 0x70, 0x44] : [...spec.flashMaker, sizeId];
      flash.silent = faults.strikes('flash-silent');
      flash.lockedForGood = faults.strikes('write-protected');
      return spec.chip(flash, unit, faults);
    },
  });
}

function flashOf(spec: EspDeviceSpec, { storage, unit }: SerialUnitOptions, state: EspState): NorFlash {
  const { notes } = storage;
  const content = storage.content == null ? state.flash(unit) : wholeChip(storage.content, spec.flashSizes);
  storage.adopt(content);
  if (storage.content == null) {
    notes.device = spec.name;
    notes.unit = unit;
    notes.state = state.name;
  }
  return norFlash(content, spec.flashMaker, storage);
}

export function norFlash(
  content: Uint8Array,
  maker: readonly [number, number],
  storage: UnitStorage = memoryStorage(),
): NorFlash {
  return new NorFlash(content, [...maker, Math.log2(content.length)], storage);
}

/** A file that is no whole flash of this device is filled up with FF to the next size there is. */
function wholeChip(content: Uint8Array, sizes: readonly [number, ...number[]]): Uint8Array {
  if (sizes.includes(content.length)) return content;
  const size = Math.max(sizes[0], 2 ** Math.ceil(Math.log2(content.length)));
  if (size > LARGEST_FLASH_BYTES)
    throw new BenchError('USAGE', {
      message: 'The image is larger than any flash chip of this device (16 MB).',
    });
  const whole = new Uint8Array(size).fill(0xff);
  whole.set(content);
  return whole;
}
