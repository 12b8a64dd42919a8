import type { ThermometerBody } from '../body.ts';
import { FLASH_MAP } from '../images/flash-map.ts';
import { constant, UUID, type Service } from './gatt.ts';
import type { Reading } from './sensor.ts';

export interface DeviceStrings {
  readonly model: string;
  readonly serial: string;
  readonly firmware: string;
  readonly hardware: string;
  readonly software: string;
}

/** Service 0x180A, the six strings in the order both kinds of firmware list them. */
export function deviceInformation(strings: DeviceStrings): Service {
  const text = (uuid: string, value: string) => constant(uuid, new TextEncoder().encode(value));
  return {
    uuid: UUID.deviceInformation,
    characteristics: [
      text('2a24', strings.model),
      text('2a25', strings.serial),
      text('2a26', strings.firmware),
      text('2a27', strings.hardware),
      text('2a28', strings.software),
      text('2a29', 'miaomiaoce.com'),
    ],
  };
}

/** Revision and serial as the factory wrote them; undefined where flash was erased. */
export function factoryStrings(
  body: ThermometerBody,
): { readonly revision: string; readonly serial: string } | undefined {
  for (const offset of [FLASH_MAP.hardwareString, FLASH_MAP.hardwareStringCopy]) {
    const bytes = body.flash.read(offset, FLASH_MAP.hardwareStringBytes);
    const text = Buffer.from(bytes).toString('latin1');
    if (/^[BV]\d\.\d/.test(text)) return { revision: text.slice(0, 4), serial: text.slice(4) };
  }
  return undefined;
}

export function batteryService(reading: () => Reading): Service {
  return {
    uuid: UUID.battery,
    characteristics: [
      {
        uuid: '2a19',
        properties: ['read', 'notify'],
        read: () => Uint8Array.of(reading().batteryPercent),
      },
    ],
  };
}
