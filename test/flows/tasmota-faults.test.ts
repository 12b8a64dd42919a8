import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { TASMOTA_FAULTS, type TasmotaFault } from '../../src/virtual/plug/tasmota/faults.ts';
import { practice } from './practice.ts';
import { endsOf, lastOf } from './thermometers.ts';

const DEVICE = 'tasmota-plug';

/** Of another test: it waits until the unit has run for a minute. */
type Tested = Exclude<TasmotaFault, 'just-plugged-in'>;

/** How a run ends on a unit with this fault: the code, or the outcome where all went well. */
const ENDS: Record<Tested, string> = {
  'upload-error-1': 'TASMOTA_NO_FILE',
  'upload-error-2': 'TASMOTA_NO_SPACE',
  'upload-error-3': 'TASMOTA_MAGIC',
  'upload-error-4': 'TASMOTA_FLASH_SIZE',
  'upload-error-5': 'TASMOTA_MISCOMPARE',
  'upload-error-6': 'TASMOTA_UPLOAD_FAILED',
  'upload-error-7': 'TASMOTA_UPLOAD_ABORTED',
  'upload-error-8': 'TASMOTA_FILE_INVALID',
  'upload-error-9': 'TASMOTA_FILE_TOO_LARGE',
  'upload-error-10': 'TASMOTA_SECOND_CHIP',
  'upload-error-11': 'TASMOTA_SECOND_CHIP',
  'upload-error-12': 'TASMOTA_SECOND_CHIP',
  'upload-error-13': 'TASMOTA_SECOND_CHIP',
  'upload-error-14': 'TASMOTA_NOT_COMPATIBLE',
  // It holds the image, and nothing here makes it start: neither a restart nor a second upload.
  'referer-silent-after-staging': 'TASMOTA_MAYBE_STAGED',
  'wrong-password': 'PLUG_LOCKED',
  'restart-loop': 'NEW_FIRMWARE_SILENT',
  'comes-back-minimal': 'TASMOTA_STAYED_MINIMAL',
  'comes-back-old': 'OLD_FIRMWARE_STAYED',
  'never-comes-back': 'NEW_FIRMWARE_SILENT',
  'new-address': 'PASS',
  'reset-at-last-byte': 'PASS',
  // This computer has taken all of it when the connection breaks: whether the unit has it, nothing tells.
  'drops-upload': 'TASMOTA_MAYBE_STAGED',
  'power-loss-in-copy': 'NEW_FIRMWARE_SILENT',
  'short-of-space': 'TASMOTA_MINIMAL_NEEDED',
  'weak-signal': 'PLUG_SIGNAL_WEAK',
  // Only by URL.
  'never-fetches': 'PASS',
};

/** Struck once, the same run goes on by itself. */
const ONCE: Partial<Record<Tested, string>> = {
  'upload-error-6': 'PASS',
  'upload-error-7': 'PASS',
  'comes-back-minimal': 'PASS',
  'comes-back-old': 'OLD_FIRMWARE_STAYED',
  'referer-silent-after-staging': 'TASMOTA_MAYBE_STAGED',
};

it(
  'every fault of a plug with Tasmota has its own end, and PASS is what lies in its flash',
  { timeout: 180_000 },
  async () => {
    const bench = await practice();
    const file = await bench.image(DEVICE, 'tasmota-lite.bin');
    const image = await readFile(file);
    const cases = [
      ...TASMOTA_FAULTS.filter(({ name }) => name !== 'just-plugged-in').map(
        ({ name }) => [name, ENDS[name as Tested]] as const,
      ),
      ...Object.entries(ONCE).map(([name, end]) => [`${name}-once`, end] as const),
    ];
    const run = await bench.run({
      flowId: 'tasmota',
      link: cases.map(([name], index) => `virtual:${DEVICE}?unit=${index + 1}&fault=${name}`),
      images: [file],
      settings: { 'wait-seconds': '40' },
      assume: ['wired', 'pilot'],
    });
    const ends = endsOf(run);
    expect(Object.fromEntries(cases.map(([name], index) => [name, ends[index]]))).toEqual(
      Object.fromEntries(cases),
    );
    for (const [index, [name, end]] of cases.entries()) {
      const settled = lastOf(run, index + 1);
      const flash = await bench.flashOf(DEVICE, index + 1);
      // The updater writes the flash mode that runs into the header: the third byte is the unit's own.
      const runs = flash.subarray(0x1000, image.length).equals(image.subarray(0x1000));
      if (end === 'PASS') expect(runs, name).toBe(true);
      else expect(settled.advice, name).toMatch(/\w/);
    }
  },
);
