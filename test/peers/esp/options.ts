import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { noise } from '../../firmware/build-images.ts';
import {
  esptoolDoes,
  esptoolRefuses,
  KNOWN,
  runPeer,
  WITH_OLD_STUB,
  WITH_STUB,
  WITHOUT_STUB,
} from './esptool.ts';
import type { Firmware } from './firmware.ts';
import { withUnit, type Device } from './served-unit.ts';

const DEVICES: readonly Device[] = ['lamp', 'plug-esp8266'];
const SECTOR = 0x1000;
/** What the tests write to: full of old noise. */
const content = noise(KNOWN['plug-esp8266'].flashBytes, 7);
const lampContent = noise(KNOWN.lamp.flashBytes, 7);
const contentOf = (device: Device) => (device === 'lamp' ? lampContent : content);

/** What esptool can be told with its operations. */
export function esptoolOptions(firmware: Firmware): void {
  describe.concurrent('other rates than 115200 baud', () => {
    for (const [device, way, rate] of [
      ['lamp', WITH_STUB, '921600'],
      ['lamp', WITH_STUB, '460800'],
      ['lamp', WITH_OLD_STUB, '921600'],
      ['lamp', WITHOUT_STUB, '460800'],
      ['plug-esp8266', WITH_STUB, '921600'],
      ['plug-esp8266', WITH_OLD_STUB, '460800'],
    ] as const)
      it.concurrent(`${device} ${way.name} at ${rate}`, () =>
        withUnit(device, 'rfc2217', async (unit) => {
          const data = noise(16_000, 3);
          await writeFile(join(unit.folder, 'new.bin'), data);
          const text = await esptoolDoes(
            unit,
            way,
            ...['--baud', rate, 'write-flash', '--no-progress', '0x100000', 'new.bin'],
          );
          expect(text).toContain(`Changing baud rate to ${rate}...\nChanged.`);
          expect(text).toContain('Hash of data verified.');
          expect(
            Buffer.compare((await unit.flash()).subarray(0x10_0000, 0x10_0000 + data.length), data),
          ).toBe(0);
        }),
      );
  });

  describe.concurrent('header of a boot image', () => {
    const patch = ['--flash-mode', 'dio', '--flash-freq', '80m'];
    for (const [device, name, offset, size, byte] of [
      ['lamp', 'lamp-dout-bootloader.bin', 0x1000, '4MB', 0x2f],
      ['plug-esp8266', 'plug-tasmota.bin', 0x0, '2MB', 0x3f],
      ['plug-esp8266', 'plug-tasmota.bin', 0x0, 'detect', 0x3f],
    ] as const)
      it.concurrent(`is patched on the way: ${device}, ${size}`, () =>
        withUnit(device, 'socket', async (unit) => {
          const words = [
            'write-flash',
            '--no-progress',
            ...patch,
            '--flash-size',
            size,
            `0x${offset.toString(16)}`,
          ];
          await esptoolDoes(unit, WITH_STUB, ...words, firmware.path(name));
          const original = await firmware.bytes(name);
          const image = (await unit.flash()).slice(offset, offset + original.length);
          expect([...image.subarray(0, 4)]).toEqual([0xe9, original[1], 2, byte]);
          await writeFile(join(unit.folder, 'image.bin'), image);
          const { text } = await runPeer('esptool', ['image-info', 'image.bin'], unit.folder);
          expect(text).toMatch(/^Checksum: 0x[0-9a-f]+ \(valid\)$/m);
          if (device === 'lamp') expect(text).toMatch(/^Validation hash: [0-9a-f]{64} \(valid\)$/m);
        }),
      );

    for (const [name, sentence] of [
      ['lamp-esphome.bin', 'Project name: practice-lamp\n'],
      ['lamp-dout-app.bin', 'Project name: practice-dout\n'],
      ['lamp-dout-bootloader.bin', 'Chip ID: 0 (ESP32)\n'],
      ['plug-tasmota.bin', 'Flash mode: DOUT\n'],
    ] as const)
      it.concurrent(`image-info finds ${name} whole`, async () => {
        const { code, text } = await runPeer('esptool', ['image-info', firmware.path(name)]);
        expect(code, text).toBe(0);
        expect(text).toContain(sentence);
        expect(text).toMatch(/^Checksum: 0x[0-9a-f]+ \(valid\)$/m);
        expect(text).not.toMatch(/invalid|WARNING/i);
      });
  });

  describe.concurrent('what is written, and what is left alone', () => {
    const at = 0x3_0000;
    const first = noise(5 * SECTOR, 31);
    const second = first.slice();
    second.set(noise(300, 33), 2 * SECTOR + 100);

    for (const device of DEVICES) {
      it.concurrent(`--erase-all on ${device}`, () =>
        withUnit(
          device,
          'socket',
          async (unit) => {
            await writeFile(join(unit.folder, 'new.bin'), first);
            const words = ['write-flash', '--no-progress', '--erase-all', '0x30000', 'new.bin'];
            await esptoolRefuses('ROM does not support function erase_flash', unit, WITHOUT_STUB, ...words);
            await esptoolDoes(unit, WITH_STUB, ...words);
            const expected = new Uint8Array(content.length).fill(0xff);
            expected.set(first, at);
            expect(Buffer.compare((await unit.flash()).subarray(0, content.length), expected)).toBe(0);
          },
          { content: contentOf(device) },
        ),
      );

      it.concurrent(`several files at once on ${device}`, () =>
        withUnit(
          device,
          'socket',
          async (unit) => {
            await writeFile(join(unit.folder, 'one.bin'), first);
            await writeFile(join(unit.folder, 'two.bin'), second);
            const files = ['0x50000', 'two.bin', '0x30000', 'one.bin'];
            await esptoolDoes(unit, WITH_STUB, 'write-flash', '--no-progress', ...files);
            const expected = contentOf(device).slice();
            expected.set(first, at);
            expected.set(second, 0x5_0000);
            expect(Buffer.compare(await unit.flash(), expected)).toBe(0);
          },
          { content: contentOf(device) },
        ),
      );
    }

    for (const way of [WITH_STUB, WITHOUT_STUB])
      it.concurrent(`--skip-flashed and --diff-with on lamp, ${way.name}`, () =>
        withUnit('lamp', 'socket', async (unit) => {
          await writeFile(join(unit.folder, 'first.bin'), first);
          await writeFile(join(unit.folder, 'second.bin'), second);
          const write = (...words: string[]) =>
            esptoolDoes(unit, way, 'write-flash', '--no-progress', '0x30000', ...words);
          // What is not in the flash is not trusted to be: the first file is written whole.
          expect(await write('first.bin', '--diff-with', 'first.bin')).toContain('Data not found in flash');
          expect(await write('first.bin', '--skip-flashed')).toContain('already in flash, skipping write');
          expect(await write('second.bin', '--diff-with', 'first.bin')).toContain(
            'Reflashing 1 changed sector at 0x00032000',
          );
          const flash = await unit.flash();
          expect(Buffer.compare(flash.subarray(at, at + second.length), second)).toBe(0);
        }),
      );
  });

  describe.concurrent('resets', () => {
    for (const device of DEVICES)
      it.concurrent(`by the lines into the loader: ${device}`, () =>
        withUnit(device, 'rfc2217', async (unit) => {
          await esptoolDoes(unit, WITH_STUB, 'read-mac');
          // The reset at the end is no matter here: esptool goes before the chip has started.
          expect(await unit.stop()).toMatch(
            /starts from flash: runs[^]*waits in its ROM loader[^]*stub v2 runs/,
          );
        }),
      );

    it.concurrent('with a client that does not wait for the lines to be confirmed', () =>
      withUnit('lamp', 'rfc2217', async (unit) => {
        const link = `${unit.link}?ign_set_control`;
        expect(await esptoolDoes({ ...unit, link }, WITHOUT_STUB, 'read-mac')).toContain(KNOWN.lamp.mac);
      }),
    );

    for (const way of [WITH_OLD_STUB, WITHOUT_STUB])
      it.concurrent(`into the firmware by command: plug-esp8266 ${way.name}`, () =>
        withUnit('plug-esp8266', 'socket', async (unit) => {
          await esptoolDoes(unit, way, '--after', 'soft-reset', 'read-mac');
          expect(await unit.stop()).toContain('starts from flash: runs');
        }),
      );

    it.concurrent('of an ESP32 by command is refused in the words of esptool', () =>
      withUnit('lamp', 'socket', (unit) =>
        esptoolRefuses(
          'Soft resetting is currently only supported on ESP8266',
          unit,
          WITH_STUB,
          ...['--after', 'soft-reset', 'read-mac'],
        ),
      ),
    );
  });

  it.concurrent('espefuse reads the efuses of the lamp, its wrong MAC CRC and its one core', () =>
    withUnit('lamp', 'socket', async ({ link }) => {
      const words = ['--port', link, '--before', 'no-reset', '--chip', 'esp32', 'summary', 'check-error'];
      const { code, text } = await runPeer('espefuse', words);
      expect(code, text).toBe(0);
      expect(text).toMatch(/04:cf:8c:b3:6d:7c \(CRC 0x[0-9a-f]{2} invalid/);
      expect(text).toMatch(/DISABLE_APP_CPU .* = True/);
      expect(text).toMatch(/FLASH_CRYPT_CNT .* = 0 /);
      expect(text).toContain('No errors detected.');
    }),
  );
}
