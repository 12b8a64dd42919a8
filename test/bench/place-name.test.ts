import { expect, it } from 'vitest';
import { placeName } from '../../src/bench/place-name.ts';
import { parseLinks } from '../../src/core/link.ts';

it.each([
  ['virtual:lamp?unit=3', 'lamp#3'],
  ['ble:a4:c1:38:00:11:22', '001122'],
  ['http://192.168.1.41', '192.168.1.41'],
  ['http://127.0.0.1:8100', '127.0.0.1:8100'],
  ['esphome://kitchen.local', 'kitchen.local'],
  ['/dev/ttyUSB0', 'slot 7'],
])('a place without a name of its own: %s is %s', (link, name) => {
  expect(placeName(parseLinks(link)[0]!, 7)).toBe(name);
});
