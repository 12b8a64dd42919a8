import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { appDescriptor, esp32Image, esp8266Image, noise } from '../../firmware/build-images.ts';
import { esptoolDoes, esptoolRefuses, KNOWN, WITHOUT_STUB, type Way } from './esptool.ts';
import { withUnit, type Device, type Scheme, type ServedUnit, type ServeOptions } from './served-unit.ts';

const SECTOR = 0x1000;
/** The last sector of a 64 KiB block: the ROM of an ESP8266 counts the sectors up to its end twice. */
const PLACE = 0xf000;
const old = new Map<Device, Uint8Array>();
const oldContent = (device: Device): Uint8Array => {
  const content = old.get(device) ?? noise(KNOWN[device].flashBytes, 7);
  old.set(device, content);
  return content;
};

/**
 * Noise with as many blanks, of a length that no block and no word fits. An even number of sectors: of an odd
 * one the ROM of an ESP8266 erases one more.
 */
const payload = Uint8Array.from(noise(13_003, 21), (byte, index) => (index % 64 < 32 ? byte : 0));

/** `content` after a write of `bytes`: its sectors erased, then programmed. */
function written(content: Uint8Array, bytes: Uint8Array, offset: number): Uint8Array {
  const flash = content.slice();
  flash.fill(0xff, offset - (offset % SECTOR), Math.ceil((offset + bytes.length) / SECTOR) * SECTOR);
  flash.set(bytes, offset);
  return flash;
}

export interface OperationsOptions {
  /** Bytes that one read may take: without stub 64 of them are a command, and pyserial is slow by RFC 2217. */
  readonly longestSlowRead: number;
}

/** Every operation esptool has for the chip, one test each. */
export function esptoolOperations(
  device: Device,
  scheme: Scheme,
  way: Way,
  { longestSlowRead }: OperationsOptions,
): void {
  const known = KNOWN[device];
  const isRomOf8266 = device === 'plug-esp8266' && way === WITHOUT_STUB;
  const test = (name: string, use: (unit: ServedUnit) => Promise<void>, options?: ServeOptions) =>
    it.concurrent(name, () => withUnit(device, scheme, use, options));
  /** On a flash full of old noise, so that whatever is touched shows. */
  const testOnNoise = (name: string, use: (unit: ServedUnit, content: Uint8Array) => Promise<void>) =>
    it.concurrent(name, () => {
      const content = oldContent(device);
      return withUnit(device, scheme, (unit) => use(unit, content), { content });
    });
  const does = (unit: ServedUnit, ...words: string[]) => esptoolDoes(unit, way, ...words);
  const refuses = (sentence: string, unit: ServedUnit, ...words: string[]) =>
    esptoolRefuses(sentence, unit, way, ...words);

  describe.concurrent(`${device} on ${scheme}://, ${way.name}`, () => {
    test('detects the chip, its MAC and its flash', async (unit) => {
      const text = await does(unit, 'flash-id');
      expect(text).toContain(known.chip);
      expect(text).toContain(known.mac);
      expect(text).toContain(known.flash);
    });

    test('chip-id', async (unit) => {
      const text = await does(unit, 'chip-id');
      expect(text).toContain(device === 'lamp' ? 'ESP32 has no chip ID' : 'Chip ID: 0x0033897c');
      expect(text).toContain(known.mac);
    });

    test('read-mac', async (unit) => {
      expect(await does(unit, 'read-mac')).toContain(known.mac);
    });

    test('get-security-info is not there on this chip', (unit) =>
      refuses(
        way === WITHOUT_STUB
          ? 'This command (0x14) is not supported in the current download mode'
          : 'Command not implemented',
        unit,
        'get-security-info',
      ));

    test('read-mem, dump-mem', async (unit) => {
      const text = await does(unit, 'read-mem', '0x40001000');
      const value = Number(/0x40001000 = (0x[0-9a-f]{8})/.exec(text)?.[1]);
      await does(unit, 'dump-mem', '0x40001000', '64', 'mem.bin');
      const dump = await readFile(join(unit.folder, 'mem.bin'));
      expect(dump).toHaveLength(64);
      expect(dump.readUInt32LE(0)).toBe(value);
    });

    test('write-mem', async (unit) => {
      expect(await does(unit, 'write-mem', '0x3ffe8000', '0x12345678', '0xffffffff')).toMatch(
        /Wrote 0x12345678 with mask 0xffffffff to 0x3ffe8000/i,
      );
    });

    test('read-flash-status, write-flash-status', async (unit) => {
      expect(await does(unit, 'read-flash-status', '--bytes', '2')).toContain('status: 0x0000');
      const text = await does(unit, 'write-flash-status', '--bytes', '2', '--non-volatile', '0x0200');
      expect(text).toMatch(/Initial flash memory status: +0x0000/);
      expect(text).toMatch(/After flash memory status: +0x0200/);
    });

    test('read-flash-sfdp', async (unit) => {
      expect(await does(unit, 'read-flash-sfdp', '0', '4')).toContain('0x53 0x46 0x44 0x50');
    });

    testOnNoise('read-flash of several sizes', async (unit, content) => {
      if (isRomOf8266)
        return refuses(
          'ESP8266 ROM does not support function read_flash_slow',
          unit,
          'read-flash',
          '0',
          '64',
          'r',
        );
      const sizes = way === WITHOUT_STUB ? [1, longestSlowRead] : [1, 4096, 70_001];
      for (const size of sizes) {
        await does(unit, 'read-flash', '--no-progress', '0x1ffe', String(size), 'read.bin');
        const read = await readFile(join(unit.folder, 'read.bin'));
        expect(read.equals(content.subarray(0x1ffe, 0x1ffe + size)), `${size} bytes`).toBe(true);
      }
    });

    testOnNoise('write-flash, verify-flash', async (unit, content) => {
      await writeFile(join(unit.folder, 'new.bin'), payload);
      const at = [`0x${PLACE.toString(16)}`, 'new.bin'];
      const text = await does(unit, 'write-flash', '--no-progress', ...at);
      if (isRomOf8266)
        await refuses('ESP8266 ROM does not support function flash_md5sum', unit, 'verify-flash', ...at);
      else {
        expect(text).toContain('Hash of data verified.');
        expect(await does(unit, 'verify-flash', ...at)).toContain('Verification successful');
        await refuses('Verification failed', unit, 'verify-flash', '0x8000', 'new.bin');
      }
      const flash = await unit.flash();
      expect(Buffer.compare(flash, written(content, payload, PLACE))).toBe(0);
    });

    for (const [option, title] of [
      ['--compress', 'compressed'],
      ['--no-compress', 'raw'],
    ] as const)
      testOnNoise(`write-flash, ${title}`, async (unit, content) => {
        await writeFile(join(unit.folder, 'new.bin'), payload);
        const words = ['write-flash', '--no-progress', option, '0x1000', 'new.bin'];
        if (isRomOf8266 && title === 'compressed')
          return refuses('ESP8266 ROM does not support function flash_defl_begin', unit, ...words);
        expect(await does(unit, ...words)).toMatch(
          title === 'raw' ? /Wrote 1300\d bytes at/ : /compressed\) at/,
        );
        const flash = await unit.flash();
        expect(Buffer.compare(flash, written(content, payload, 0x1000))).toBe(0);
      });

    testOnNoise('erase-region', async (unit, content) => {
      const words = ['erase-region', '0x3f000', '0x12000'];
      if (isRomOf8266) return refuses('ESP8266 ROM does not support function erase_region', unit, ...words);
      await does(unit, ...words);
      const flash = await unit.flash();
      expect(Buffer.compare(flash, written(content, new Uint8Array(0x1_2000).fill(0xff), 0x3_f000))).toBe(0);
    });

    testOnNoise('erase-flash', async (unit) => {
      if (way === WITHOUT_STUB)
        return refuses('ROM does not support function erase_flash', unit, 'erase-flash');
      expect(await does(unit, 'erase-flash')).toContain('erased successfully');
      const flash = await unit.flash();
      expect(flash.every((byte) => byte === 0xff)).toBe(true);
    });

    test('load-ram', async (unit) => {
      const descriptor = appDescriptor({ project: 'ram', version: '1', idf: 'v5.3' });
      const image =
        device === 'lamp'
          ? esp32Image([
              { address: 0x3ffb_0000, data: descriptor },
              { address: 0x4008_0000, data: noise(7_000) },
            ])
          : esp8266Image([
              { address: 0x3ffe_8000, data: noise(200) },
              { address: 0x4010_0000, data: noise(7_000) },
            ]);
      await writeFile(join(unit.folder, 'ram.bin'), image);
      expect(await does(unit, 'load-ram', 'ram.bin')).toContain('Loaded 2 segments');
      // Without a descriptor nothing tells a program from one more stub, as the model does not run it.
      if (device === 'lamp') expect(await unit.stop()).toContain('a program of the user runs in RAM');
    });

    test('run', async (unit) => {
      await does(unit, 'run');
    });
  });
}
