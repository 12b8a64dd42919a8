import { unknownChoice } from '../fault-ledger.ts';
import type { NamedChoice, NetworkUnitOptions, PracticeImage, VirtualDevice } from '../virtual-device.ts';
import type { PlugChip, PlugFirmware } from './plug-firmware.ts';
import { PlugUnit } from './plug-unit.ts';

/** What a plug of this device is when it is new. */
export interface PlugState extends NamedChoice {
  chip(unit: number): PlugChip;
  /** Content of its whole flash; of the size its chip has. */
  flash(unit: number): Uint8Array;
}

export interface PlugDeviceSpec {
  readonly name: string;
  readonly title: string;
  readonly states: readonly [PlugState, ...PlugState[]];
  /** What can run on it; asked in this order. */
  readonly firmwares: readonly PlugFirmware[];
  readonly faults: readonly NamedChoice[];
  readonly images: readonly PracticeImage[];
}

/** A device on the network that is a plug with an ESP8266 and whatever firmware stands in its flash. */
export function plugDevice(spec: PlugDeviceSpec): VirtualDevice {
  return {
    name: spec.name,
    title: spec.title,
    faults: spec.faults,
    states: spec.states.map(({ name, text }) => ({ name, text })),
    wirings: [],
    createNetworkUnit: (options) => createPlug(spec, options),
    practiceImages: () => spec.images,
  };
}

function createPlug(spec: PlugDeviceSpec, options: NetworkUnitOptions): PlugUnit {
  const { storage, unit } = options;
  if (options.state != null) stateNamed(spec, options.state);
  // What it is built of does not change with what is asked of a unit that is there already.
  const made = storage.content == null ? undefined : storage.notes.state;
  const state = stateNamed(spec, typeof made === 'string' ? made : (options.state ?? spec.states[0].name));
  const chip = state.chip(unit);
  const cells = storage.content == null ? state.flash(unit) : wholeFlash(storage.content, chip);
  const plug = { chip, cells, firmwares: spec.firmwares, faults: spec.faults };
  storage.adopt(cells);
  if (storage.content == null) Object.assign(storage.notes, { device: spec.name, unit, state: state.name });
  return new PlugUnit(plug, options);
}

function stateNamed(spec: PlugDeviceSpec, name: string): PlugState {
  const state = spec.states.find((each) => each.name === name);
  if (state == null) throw unknownChoice('state', name, spec.states);
  return state;
}

/** A file that is no whole flash is filled up with FF; what does not fit is not there. */
function wholeFlash(content: Uint8Array, { flashBytes }: PlugChip): Uint8Array {
  if (content.length === flashBytes) return content;
  const whole = new Uint8Array(flashBytes).fill(0xff);
  whole.set(content.subarray(0, flashBytes));
  return whole;
}
