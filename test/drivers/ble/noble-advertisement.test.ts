import { describe, expect, it } from 'vitest';
import { advertisementOf, peerAddress } from '../../../src/drivers/ble/noble/advertisement.ts';
import type { NoblePeripheral } from '../../../src/drivers/ble/noble/noble-types.ts';
import { gattUuid } from '../../../src/drivers/ble/uuid.ts';

describe('what noble says of a peer', () => {
  it.each([
    ['a4c138001122', 'a4:c1:38:00:11:22', 'a4:c1:38:00:11:22', true],
    ['a4c138001122', 'A4-C1-38-00-11-22', 'a4:c1:38:00:11:22', true],
    // macOS: an id of its own; noble finds the MAC in some preferences file, or not.
    ['F00DF00DF00DF00DF00DF00DF00DF00D', '', 'f00df00df00df00df00df00df00df00d', false],
    ['F00DF00DF00DF00DF00DF00DF00DF00D', 'a4:c1:38:00:11:22', 'f00df00df00df00df00df00df00df00d', false],
  ])('%s at "%s" is %s', (id, address, expected, isMac) => {
    expect(peerAddress({ id, address })).toEqual({ address: expected, addressIsMac: isMac });
  });

  it('may be nearly nothing', () => {
    const peripheral = {
      id: 'a4c138001122',
      address: 'a4:c1:38:00:11:22',
      rssi: -70,
      connectable: false,
      advertisement: { localName: '' },
    } as NoblePeripheral;
    expect(advertisementOf(peripheral, 5)).toEqual({
      address: 'a4:c1:38:00:11:22',
      addressIsMac: true,
      rssiDbm: -70,
      connectable: false,
      serviceUuids: [],
      serviceData: [],
      heardAtMs: 5,
    });
  });

  it.each([
    ['4', '0004'],
    ['FE95', 'fe95'],
    ['0000fe95-0000-1000-8000-00805f9b34fb', 'fe95'],
    ['00010203-0405-0607-0809-0A0B0C0D1912', '000102030405060708090a0b0c0d1912'],
  ])('UUID %s is %s', (text, uuid) => expect(gattUuid(text)).toBe(uuid));
});
