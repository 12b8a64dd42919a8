import { describe, expect, it } from 'vitest';
import { inspectBytes } from '../../src/firmware/inspect.ts';
import { recognizeProduct } from '../../src/firmware/products.ts';
import { arduinoEsp8266, esp32App, filled, text } from './build-images.ts';

const product = (strings: string) => recognizeProduct(text(`\0${strings}\0`));

describe('firmware told by its own strings', () => {
  it.each([
    ['ESPHome version 2024.6.0 compiled on %s', { name: 'ESPHome', version: '2024.6.0' }],
    ['ESPHome version 2025.2.0-dev compiled on', { name: 'ESPHome', version: '2025.2.0-dev' }],
    ['_esphomelib', { name: 'ESPHome' }],
    ['Tasmota\0 9.2.0(lite)', { name: 'Tasmota', version: '9.2.0', variant: 'lite' }],
    ['Tasmota\0 9.2.0(tasmota)', { name: 'Tasmota', version: '9.2.0', variant: 'tasmota' }],
    ['Tasmota\0 12.1.1.2(sensors)', { name: 'Tasmota', version: '12.1.1', variant: 'sensors' }],
    ['Tasmota\0minimal\0tasmota', { name: 'Tasmota', variant: 'minimal' }],
    ['Tasmota\0tasmota', { name: 'Tasmota', variant: 'tasmota' }],
    ['Tasmota\0tasmota32c3', { name: 'Tasmota', variant: 'tasmota32c3' }],
    ['Tasmota\0ir\0display\0tasmota', { name: 'Tasmota', variant: 'display' }],
    ['ESPURNA 1.13.5', { name: 'ESPurna', version: '1.13.5' }],
    ['HAA Installer 7.14.0', { name: 'HAA installer', version: '7.14.0' }],
    ['github.com/RavenSystem/haa/releases', { name: 'HAA' }],
    ['"app": "shelly-plug-s"\0Mongoose OS %s', { name: 'Mongoose OS', variant: 'shelly-plug-s' }],
    ['VTRUST-FLASH 1.5', { name: 'VTRUST-FLASH' }],
  ])('%j', (strings, expected) => {
    expect(product(strings)).toEqual(expected);
  });

  it.each(['', 'Tasmota is mentioned only', 'ESPHome version unknown', 'hello'])(
    'is not made up from %j',
    (strings) => {
      expect(product(strings)).toBeUndefined();
    },
  );

  it('takes the version of Tasmota from its compatibility marker, unless that is empty', () => {
    const image = (version: readonly number[]) =>
      Uint8Array.of(
        ...text('Tasmota\0lite\0tasmota\0'),
        ...[0xa5, 0x5a, 0xa5, 0x5a],
        ...version,
        ...[0x5a, 0xa5, 0x5a, 0xa5],
      );
    expect(recognizeProduct(image([0, 0, 2, 9]))).toMatchObject({ version: '9.2.0' });
    expect(recognizeProduct(image([255, 255, 255, 255]))?.version).toBeUndefined();
  });

  it('ends up in title, part and facts; ESPHome is said to hold the password', async () => {
    const file = await inspectBytes(
      'x',
      esp32App({ project: 'bedside-lamp', strings: 'ESPHome version 2024.6.0 compiled on %s' }),
    );
    expect(file.title).toBe('ESPHome 2024.6.0 for ESP32: bedside-lamp');
    expect(file.parts[0]?.product).toEqual({ name: 'ESPHome', version: '2024.6.0' });
    expect(file.facts.find(({ label }) => label === 'Secrets')?.value).toMatch(/Wi-Fi password/);
  });

  it('leaves out the project when it only names the build system', async () => {
    const file = await inspectBytes(
      'x',
      esp32App({ project: 'arduino-lib-builder', strings: 'Tasmota\0 14.3.0(tasmota32)' }),
    );
    expect(file.title).toBe('Tasmota 14.3.0 (tasmota32) for ESP32');
  });

  it('of an ESP8266 shows flash mode and size', async () => {
    const file = await inspectBytes('x', arduinoEsp8266('ESPURNA 1.13.5'));
    expect(file.title).toBe('ESPurna 1.13.5 for ESP8266, DOUT, 40 MHz, 1 MiB');
  });

  it('is not slowed down by a file full of its own lead', () => {
    const lead = text('ESPHome version ');
    expect(recognizeProduct(filled(1 << 20, 0).map((_, index) => lead[index % 16] ?? 0))).toBeUndefined();
  });
});
