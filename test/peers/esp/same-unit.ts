import { on, once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { Readable } from 'node:stream';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import type { Outcome } from '../../../src/core/outcome.ts';
import { benchflash, outcomesOf, type EventLine } from '../../e2e/program.ts';
import { esptoolDoes, KNOWN, WITH_STUB } from './esptool.ts';
import type { Firmware } from './firmware.ts';
import { withUnit, type Device, type ServedUnit } from './served-unit.ts';

const FLOW: Record<Device, string> = {
  lamp: 'mijia-bedside-lamp-2',
  'plug-esp8266': 'esp8266-plug-wire',
};
const FIRMWARE: Record<Device, string> = { lamp: 'lamp-esphome.bin', 'plug-esp8266': 'plug-tasmota.bin' };
const DEVICES: readonly Device[] = ['lamp', 'plug-esp8266'];

/** One run of our program on the unit, which must end with `outcome`; the event that says so. */
async function ours(
  outcome: Outcome,
  unit: ServedUnit,
  command: string,
  ...words: string[]
): Promise<EventLine> {
  const { code, stdout, stderr } = await benchflash([
    ...[command, FLOW[unit.device], '--link', unit.link, '--assume', 'wired', '--json'],
    ...['--data-dir', join(unit.folder, 'data'), ...words],
  ]);
  const [event] = outcomesOf(stdout);
  if (event?.outcome !== outcome) throw new Error(`${command} ended with ${code}:\n${stdout}\n${stderr}`);
  return event;
}

/** Reset as esptool does it, but line by line: what drives the lines here is a serial port over the network itself. */
const SERVER_SETTINGS = {
  ESPTOOL_CFGFILE: 'esptool.cfg',
  PYTHONUNBUFFERED: '1',
};
const SERVER_CONFIG = `[esptool]
custom_reset_sequence = D0|R1|W0.1|D1|R0|W0.05|D0
custom_hard_reset_sequence = R1|W0.1|R0
`;

/** Adds to the fault of `work` what the server said, which knows why. */
async function explainedBy(server: { readonly all: Readable }, work: (output: Readable) => Promise<void>) {
  let said = '';
  server.all.on('data', (chunk: Buffer) => (said += chunk.toString()));
  try {
    await work(server.all);
  } catch (cause) {
    throw new Error(`${String(cause)}\nThe server said:\n${said}`, { cause });
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  if (address == null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/** Our client and esptool on one unit must be of one mind. */
export function sameUnit(firmware: Firmware): void {
  describe.concurrent('our client and esptool on one unit', () => {
    // Of raw TCP pyserial takes one byte at a time, 10 s of a processor for a MiB: no more than a part of the lamp.
    for (const [device, state, flashBytes, size, readBytes] of [
      ['plug-esp8266', '1mb', 0x10_0000, 'ALL', 0x10_0000],
      ['lamp', 'factory', 0x40_0000, '0x60000', 0x6_0000],
    ] as const)
      it.concurrent(`a backup of ${device} is what esptool reads`, () =>
        withUnit(
          device,
          'socket',
          async (unit) => {
            const { backup } = await ours('PASS', unit, 'backup');
            const { file, bytes } = backup as { file: string; bytes: number };
            expect(bytes).toBe(flashBytes);
            const kept = await readFile(file);
            await esptoolDoes(unit, WITH_STUB, 'read-flash', '--no-progress', '0', size, 'read.bin');
            const read = await readFile(join(unit.folder, 'read.bin'));
            expect(read.equals(kept.subarray(0, readBytes))).toBe(true);
          },
          { state },
        ),
      );

    for (const device of DEVICES) {
      it.concurrent(`firmware that esptool wrote to ${device} is CURRENT`, () =>
        withUnit(device, 'rfc2217', async (unit) => {
          const file = firmware.path(FIRMWARE[device]);
          const offset = device === 'lamp' ? '0x10000' : '0x0';
          await esptoolDoes(unit, WITH_STUB, 'write-flash', '--no-progress', offset, file);
          expect(await ours('CURRENT', unit, 'run', '--firmware', file)).toMatchObject({
            bytesWritten: 0,
            identity: { mac: KNOWN[device].mac },
          });
        }),
      );

      it.concurrent(`firmware that we wrote to ${device} verifies for esptool`, () =>
        withUnit(device, 'rfc2217', async (unit) => {
          const file = firmware.path(FIRMWARE[device]);
          await ours('PASS', unit, 'run', '--firmware', file);
          const offset = device === 'lamp' ? '0x10000' : '0x0';
          expect(await esptoolDoes(unit, WITH_STUB, 'verify-flash', offset, file)).toContain(
            'Verification successful',
          );
        }),
      );
    }

    it.concurrent('our client works through the RFC 2217 server of esptool', () =>
      withUnit(
        'plug-esp8266',
        'rfc2217',
        async (unit) => {
          await writeFile(join(unit.folder, SERVER_SETTINGS.ESPTOOL_CFGFILE), SERVER_CONFIG);
          const port = await freePort();
          const server = execa('esp_rfc2217_server', ['--localport', String(port), unit.link], {
            cwd: unit.folder,
            env: SERVER_SETTINGS,
            reject: false,
            all: true,
          });
          try {
            await explainedBy(server, async (output) => {
              for await (const [line] of on(output, 'data', { close: ['end'] }) as AsyncIterable<[Buffer]>)
                if (line.includes('Waiting for connection')) break;
              const link = `rfc2217://127.0.0.1:${port}`;
              const file = firmware.path(FIRMWARE[unit.device]);
              expect(await ours('PASS', { ...unit, link }, 'run', '--firmware', file)).toMatchObject({
                proof: ['read back', 'banner'],
                identity: { mac: KNOWN[unit.device].mac },
              });
            });
          } finally {
            server.kill('SIGKILL');
            await server;
          }
        },
        { state: '1mb' },
      ),
    );
  });
}
