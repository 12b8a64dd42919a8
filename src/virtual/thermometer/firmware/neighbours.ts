import type { Clock } from '../../../core/clock.ts';
import type { VirtualPeripheral } from '../../air/peripheral.ts';
import { unitIdentity } from '../images/unit-identity.ts';
import { UUID } from './gatt.ts';
import { bthomeBeacon } from './open-beacons.ts';

/** Their unit numbers begin here, apart from those of the bench. */
const FIRST_NEIGHBOUR = 800_000;
const COUNT = 2;
const INTERVAL_MS = 2500;

/**
 * Fault `neighbours`: thermometers of somebody else on the same air, of the same maker, that send what pvvx firmware
 * sends by default. They belong to no place of the bench and take no connection. Whoever lays the unit puts them on
 * the air.
 */
export function neighboursOf(unit: number, clock: Clock, paced: boolean): VirtualPeripheral[] {
  return Array.from({ length: COUNT }, (_, index) =>
    neighbour(FIRST_NEIGHBOUR + unit * COUNT + index, clock, paced),
  );
}

function neighbour(
  number: number,
  clock: Clock,
  paced: boolean,
): VirtualPeripheral & { readonly paced: boolean } {
  const { address, mac } = unitIdentity(number);
  let events = 0;
  return {
    address,
    paced,
    rssiDbm: -71 - (number % 9),
    advertisement() {
      events += 1;
      const reading = {
        centiCelsius: 1990 + ((Math.floor(clock.now() / 60_000) + number) % 40),
        centiHumidity: 5120,
        batteryMv: 2900,
        batteryPercent: 87,
      };
      const part = events % 2 === 1 ? 'values' : 'voltage';
      return {
        localName: `ATC_${address.slice(9).replaceAll(':', '').toUpperCase()}`,
        connectable: true,
        serviceUuids: [],
        serviceData: [{ uuid: UUID.bthome, data: bthomeBeacon(mac, reading, events >> 2, part, undefined) }],
        intervalMs: INTERVAL_MS,
      };
    },
    accept: () => undefined,
  };
}
