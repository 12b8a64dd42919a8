import type { NamedChoice } from '../virtual-device.ts';

/** Faults of a thermometer. Each is also known with the suffix `-once`. */
export const THERMOMETER_FAULTS = [
  // By wire; the chip side does them.
  {
    name: 'asleep',
    text: 'sleeps so deeply that its wire answers only right after the battery was put in',
  },
  { name: 'locked-flash', text: 'the flash ignores erase and program until its status register is cleared' },
  { name: 'busy-flash', text: 'erasing takes ten times as long' },
  {
    name: 'ftdi',
    text: 'the adapter loses characters after a framing error: it writes well and cannot read',
  },
  { name: 'tx-rx-swapped', text: 'TX and RX are swapped: nothing is heard on either side' },
  { name: 'no-power', text: 'no battery: what is sent comes back, nobody answers' },
  { name: 'echo-only', text: 'the wire to the pad is open: what is sent comes back, nobody answers' },
  { name: 'led-on-rx', text: 'a LED on RX bends the levels: what comes back is garbage' },
  {
    name: 'gap-in-stream',
    text: 'the adapter stalls now and then within a byte above 230400 baud: bits arrive wrong',
  },
  { name: 'drops-characters', text: 'the adapter loses a character of every 97th answer' },
  {
    name: 'blank-after-flash',
    text: 'nothing runs after the first flash by wire; a second flash cures it',
  },
  { name: 'watchdog', text: 'a halted chip restarts after three seconds unless its watchdog is stopped' },
  { name: 'swapped-unit', text: 'another unit is in the place after the MAC was read by wire once' },
  {
    name: 'dies-at-50%',
    text: 'loses power after half of the image that is being written, until it is powered again',
  },
  {
    name: 'unplugged-at-50%',
    text: 'the adapter is pulled out after half of the image that is being written',
  },
  { name: 'low-battery', text: 'the cell is nearly empty, until it is changed' },
  // By radio; the firmware side does them.
  { name: 'wrong-token', text: 'its token is not the one it was registered with: login is refused' },
  { name: 'lost-frame', text: 'a frame of a transfer is lost: it asks for that frame again' },
  { name: 'drops-link-at-50%', text: 'the radio link breaks after half of an update over the air' },
  { name: 'ota-status-3', text: 'refuses an update over the air with status 3' },
  {
    name: 'old-firmware-returns',
    text: 'takes an update over the air cleanly and comes back with the old firmware',
  },
  { name: 'weak-signal', text: 'it is far away: -92 dBm, and advertisements are missed' },
  { name: 'neighbours', text: 'others on the air send the new firmware already' },
] as const satisfies readonly NamedChoice[];

export type ThermometerFault = (typeof THERMOMETER_FAULTS)[number]['name'];
