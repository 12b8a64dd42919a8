import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { ESP_FAULTS } from '../../src/virtual/esp/faults.ts';
import { practice } from './practice.ts';

/** How a run ends on a unit with this fault: the code, or the outcome where all went well in spite of it. */
const ENDS: Record<(typeof ESP_FAULTS)[number]['name'], string[]> = {
  'gpio0-high': ['GPIO0_HIGH'],
  'tx-rx-swapped': ['NOTHING_HEARD'],
  'host-tx-open': ['HOST_TX_NOT_HEARD'],
  'no-power': ['NOTHING_HEARD'],
  'sagging-supply': ['PASS'],
  'drops-bytes': ['PASS'],
  'dies-at-50%': ['LOADER_SILENT'],
  'slow-erase': ['PASS'],
  'baud-limit-460800': ['PASS'],
  'flash-encrypted': ['FLASH_ENCRYPTED'],
  'secure-boot': ['SECURE_BOOT'],
  'wrong-chip': ['WRONG_CHIP'],
  'boot-loop-after-flash': ['BOOT_LOOP'],
  'mac-crc-abort': ['BOOT_LOOP'],
  'swapped-unit': ['UNIT_SWAPPED', 'PASS'],
  'silent-after-boot': ['BOOT_NOT_SEEN'],
  'unknown-flash-id': ['PASS'],
  'flash-silent': ['FLASH_CHIP_SILENT'],
  'write-protected': ['VERIFY_MISMATCH'],
  'lost-answer': ['PASS'],
  'split-chunks': ['PASS'],
  'merged-chunks': ['PASS'],
  'boot-garbage': ['PASS'],
  'hostile-text': ['PASS'],
  'stuck-stub': ['PASS'],
  'loses-first-syncs': ['PASS'],
  'unplugged-at-50%': ['LINK_LOST'],
};

// eslint-disable-next-line no-control-regex -- control characters are what must not be there
const CONTROL = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/;

/** At 115200 the boot text of an ESP8266 (74880 baud) is garbage: what lies behind it cannot be told apart. */
const ENDS_ESP8266 = {
  ...ENDS,
  'host-tx-open': ['GARBAGE_HEARD'],
  // Noise falls into the only line that names the firmware: open, not proved.
  'boot-garbage': ['BOOT_NOT_SEEN'],
};

describe.each([
  {
    flowId: 'mijia-bedside-lamp-2',
    device: 'lamp',
    image: 'lamp-esphome.bin',
    espOnly: [] as string[],
    expected: ENDS,
  },
  {
    flowId: 'esp8266-plug-wire',
    device: 'plug-esp8266',
    image: 'plug-tasmota.bin',
    espOnly: ['flash-encrypted', 'secure-boot', 'mac-crc-abort'],
    expected: ENDS_ESP8266,
  },
])('every fault of a virtual $device', ({ flowId, device, image, espOnly, expected }) => {
  const faults = ESP_FAULTS.map(({ name }) => name).filter((name) => !espOnly.includes(name));

  it('ends in its own outcome, and PASS is true', { timeout: 240_000 }, async () => {
    const bench = await practice();
    const file = await bench.image(device, image);
    const link = `virtual:${device}?n=${faults.length}&${faults.map((name, index) => `fault=${index + 1}:${encodeURIComponent(name)}`).join('&')}`;
    const { results, events } = await bench.run({ flowId, link, images: [file] });

    const ends = Object.fromEntries(
      faults.map((name, index) => [
        name,
        results.get(index + 1)!.map(({ code, outcome }) => code ?? outcome),
      ]),
    );
    expect(ends).toEqual(Object.fromEntries(faults.map((name) => [name, expected[name]])));

    const firmware = await readFile(file);
    for (const [unit, runs] of results) {
      for (const run of runs) {
        if (run.outcome !== 'PASS' && run.outcome !== 'CURRENT') expect(run.advice, run.code).toMatch(/\w/);
      }
      if (runs.length !== 1 || runs[0]!.outcome !== 'PASS') continue;
      // The header may have been corrected (flash size): the body is what tells.
      const body = firmware.subarray(0x1000, firmware.length - 0x100);
      expect((await bench.flashOf(device, unit)).includes(body), `unit ${unit}`).toBe(true);
    }
    for (const event of events) if (event.type === 'log') expect(event.text).not.toMatch(CONTROL);
  });
});
