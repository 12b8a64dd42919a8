import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { noise } from '../../firmware/build-images.ts';
import { KNOWN } from './esptool.ts';
import { COMPRESSED, RAW, type Job, type Report } from './esptool-js-job.ts';
import { withUnit, type Device } from './served-unit.ts';

const child = fileURLToPath(new URL('esptool-js-child.ts', import.meta.url));
const tsx = import.meta.resolve('tsx');

async function esptoolJs(job: Job): Promise<Report> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--import', tsx, child, JSON.stringify(job)],
    {
      maxBuffer: 64 * 1024 * 1024,
      timeout: 120_000,
    },
  );
  return JSON.parse(/^RESULT (.*)$/m.exec(stdout)?.[1] ?? 'null') as Report;
}

const FLASH_LINES: Record<Device, readonly string[]> = {
  lamp: ['Manufacturer: c8', 'Device: 4016', 'Detected flash size: 4MB'],
  'plug-esp8266': ['Manufacturer: ef', 'Device: 4015', 'Detected flash size: 2MB'],
};

describe.concurrent('esptool-js', () => {
  for (const device of ['lamp', 'plug-esp8266'] as const) {
    const content = noise(KNOWN[device].flashBytes, 7);
    const mac = `MAC: ${KNOWN[device].mac}`;

    it.concurrent(`detects ${device} without its stub`, () =>
      withUnit(device, 'rfc2217', async ({ link }) => {
        const { printed } = await esptoolJs({ link, baudRate: 115_200, task: 'detect without stub' });
        expect(printed).toEqual(expect.arrayContaining([mac, ...FLASH_LINES[device]]));
      }),
    );

    for (const baudRate of [115_200, 460_800, 921_600])
      it.concurrent(`writes and reads ${device} at ${baudRate} baud`, () =>
        withUnit(
          device,
          'rfc2217',
          async (unit) => {
            const { link } = unit;
            const { printed, faults } = await esptoolJs({ link, baudRate, task: 'write and read' });
            expect(printed).toEqual(expect.arrayContaining(['Stub running...', mac, ...FLASH_LINES[device]]));
            if (baudRate !== 115_200) expect(printed).toContain(`Changing baudrate to ${baudRate}`);
            expect(printed.join('\n')).not.toMatch(/Continuing at 115200/);
            expect(printed.filter((line) => line === 'Hash of data verified.')).toHaveLength(2);
            expect(faults).toEqual([]);

            const flash = await unit.flash();
            const expected = content.slice();
            for (const { offset, bytes } of [RAW, COMPRESSED]) {
              expected.fill(0xff, offset, Math.ceil((offset + bytes.length) / 0x1000) * 0x1000);
              expected.set(bytes, offset);
            }
            expect(Buffer.compare(flash, expected)).toBe(0);
          },
          { content },
        ),
      );

    it.concurrent(`erases ${device}`, () =>
      withUnit(
        device,
        'rfc2217',
        async (unit) => {
          const { faults } = await esptoolJs({ link: unit.link, baudRate: 115_200, task: 'erase' });
          expect(faults).toEqual([]);
          expect((await unit.flash()).every((byte) => byte === 0xff)).toBe(true);
        },
        { content },
      ),
    );

    it.concurrent(`starts the firmware of ${device} by the lines`, () =>
      withUnit(device, 'rfc2217', async ({ link }) => {
        expect(await esptoolJs({ link, baudRate: 115_200, task: 'reset' })).toMatchObject({ faults: [] });
      }),
    );
  }
});
