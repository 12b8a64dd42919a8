import { unknownChoice, type FaultLedger } from '../fault-ledger.ts';
import { BusyTime } from '../flash-chip/busy-time.ts';
import { SLOW_ERASE_FACTOR } from '../flash-chip/flash-times.ts';
import { NorFlash } from '../flash-chip/nor-flash.ts';
import type { SerialUnitOptions } from '../virtual-device.ts';
import type { DafangFault } from './faults.ts';
import { DAFANG_STATES, dafangFlash, jedecIdOf, type DafangState } from './images/factory-flash.ts';
import { DAFANG_CHIP_BYTES } from './images/flash-map.ts';

/** All block-protect bits of status register 1. */
const WHOLE_CHIP_PROTECTED = 0x1c;

/** The flash chip of one camera; the same whether it sits on the programmer or on the board. */
export function dafangChip(
  { storage, unit, state: wanted, clock, paced }: SerialUnitOptions,
  faults: FaultLedger<DafangFault>,
): NorFlash {
  const { notes } = storage;
  const state = stateCalled(wanted ?? DAFANG_STATES[0]!.name);
  // What chip was soldered in lasts; a link without `state=` finds it again.
  const soldered =
    wanted == null && storage.content != null && typeof notes.state === 'string'
      ? stateCalled(notes.state)
      : state;
  const content = storage.content == null ? dafangFlash(state, unit) : wholeChip(storage.content);
  storage.adopt(content);
  if (storage.content == null) Object.assign(notes, { device: 'dafang', unit, state: state.name });
  const flash = new NorFlash(content, jedecIdOf(soldered), storage);
  const slow = faults.strikes('busy');
  flash.busy = new BusyTime(clock, paced || slow);
  if (slow) flash.eraseSlowness = SLOW_ERASE_FACTOR;
  if (faults.strikes('protected')) {
    flash.protect(WHOLE_CHIP_PROTECTED);
    flash.lockedForGood = true;
  }
  return flash;
}

function stateCalled(name: string): DafangState {
  const state = DAFANG_STATES.find((each) => each.name === name);
  if (state == null) throw unknownChoice('state', name, DAFANG_STATES);
  return state;
}

/** A shorter file is filled up with FF; a longer one loses what the chip has no room for. */
function wholeChip(content: Uint8Array): Uint8Array {
  if (content.length === DAFANG_CHIP_BYTES) return content;
  const whole = new Uint8Array(DAFANG_CHIP_BYTES).fill(0xff);
  whole.set(content.subarray(0, DAFANG_CHIP_BYTES));
  return whole;
}
