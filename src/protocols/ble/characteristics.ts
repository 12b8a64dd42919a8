import { BenchError } from '../../core/errors.ts';
import {
  findCharacteristic,
  type CharacteristicRef,
  type GattCharacteristic,
  type GattConnection,
} from '../../drivers/ble/radio.ts';

/** `what` names it for the operator: `the Telink update service`. Throws GATT_SERVICE_MISSING. */
export function requireCharacteristic(
  connection: GattConnection,
  ref: CharacteristicRef,
  what: string,
): GattCharacteristic {
  const found = findCharacteristic(connection, ref);
  if (found != null) return found;
  throw new BenchError('GATT_SERVICE_MISSING', {
    message: `The unit does not show ${what}: other firmware than it seemed, not logged in yet, or this computer remembers the services of the firmware before.`,
    detail: { service: ref.service, characteristic: ref.characteristic },
  });
}

/** Writes in the way the characteristic takes: acknowledged where it can be. */
export function send(
  connection: GattConnection,
  characteristic: GattCharacteristic,
  bytes: Uint8Array,
): Promise<void> {
  return characteristic.canWrite
    ? connection.write(characteristic, bytes)
    : connection.writeWithoutResponse(characteristic, bytes);
}
