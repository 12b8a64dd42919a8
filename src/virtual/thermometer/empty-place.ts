import type { EmptyPlaceOptions, SerialUnit } from '../virtual-device.ts';
import { THERMOMETER_WIRINGS } from './adapter.ts';

const ASSUMED_BAUD = 460_800;
const BITS_PER_CHARACTER = 10;

/** A jig without a unit: TX and RX still meet at its pin, so that what is sent comes back where RX is wired. */
export function emptyPlace({ wiring, wire }: EmptyPlaceOptions): SerialUnit {
  const wired = THERMOMETER_WIRINGS.find(({ name }) => name === (wiring ?? THERMOMETER_WIRINGS[0].name));
  const hears = wired?.name !== 'tx-only';
  return {
    baudRate: ASSUMED_BAUD,
    hasControlLines: wired != null && 'hasControlLines' in wired,
    receive(bytes, atMs, hostBaud = ASSUMED_BAUD) {
      const wireMs = (bytes.length * BITS_PER_CHARACTER * 1000) / hostBaud;
      if (hears) wire.send(bytes, atMs - wireMs, hostBaud);
    },
    perform() {},
    setLines() {},
    opened() {},
    close() {},
  };
}
