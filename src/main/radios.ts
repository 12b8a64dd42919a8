import type { Clock } from '../core/clock.ts';
import type { BleRadio } from '../drivers/ble/radio.ts';
import type { RadioOpener } from '../drivers/ble/noble/open-noble.ts';
import type { Air } from '../virtual/air/air.ts';

/** As many as a good adapter holds: a tray goes through several at a time, and still has to wait its turn. */
const PRACTICE_CONNECTIONS = 8;

const PRACTICE = { name: 'practice bench', maxConnections: PRACTICE_CONNECTIONS };

/**
 * The radio of the practice bench: noble's own API over virtual peripherals where noble is installed, else the same
 * driver straight on the virtual air.
 */
export async function openPracticeRadio(air: Air, clock: Clock): Promise<BleRadio> {
  const { openRadioOver } = await import('../drivers/ble/noble/open-noble.ts');
  const { VirtualNobleBindings } = await import('../virtual/air/noble-bindings.ts');
  const bindings = new VirtualNobleBindings(air, clock, { mostLinks: PRACTICE_CONNECTIONS });
  const overNoble = await openRadioOver(bindings, { clock, ...PRACTICE });
  if (overNoble) return overNoble;
  const { BenchRadio } = await import('../drivers/ble/bench-radio.ts');
  const { AirStack } = await import('../virtual/air/air-stack.ts');
  return new BenchRadio(new AirStack(air, clock, PRACTICE), clock);
}

/** This computer's radio. Nothing of Bluetooth is loaded before somebody asks for it. */
export function lazyRadioOpener(clock: Clock): RadioOpener {
  let opener: Promise<RadioOpener> | undefined;
  return {
    async open(options) {
      opener ??= import('../drivers/ble/noble/open-noble.ts').then(({ createRadioOpener }) =>
        createRadioOpener({ clock }),
      );
      return (await opener).open(options);
    },
    async close() {
      await (await opener)?.close();
    },
  };
}
