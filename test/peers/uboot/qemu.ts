import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { onTestFinished } from 'vitest';
import { systemClock } from '../../../src/core/clock.ts';
import { parseLinks } from '../../../src/core/link.ts';
import type { LogSink } from '../../../src/core/log.ts';
import { openSerialPort } from '../../../src/drivers/serial/open-serial-port.ts';
import { UbootConsole } from '../../../src/protocols/uboot/index.ts';
import { answers } from '../serial/peer-process.ts';
import { freePort } from './free-port.ts';

const BIOS = '/usr/lib/u-boot/qemu_arm/u-boot.bin';
/** RAM of the machine `virt` begins at 0x40000000; U-Boot itself sits at its end. */
export const RAM = 0x4020_0000;

export function whyNoQemu(): string | undefined {
  if (!existsSync(BIOS)) return 'the package u-boot-qemu is not installed';
  return answers('qemu-system-arm', '--version') ? undefined : 'qemu-system-arm is not installed';
}

/** Debian's U-Boot on an emulated board that gets its power when the console is opened. */
export async function bootQemu() {
  const port = await freePort();
  const serial = `tcp:127.0.0.1:${port},server=on,wait=on`;
  const child = spawn(
    'qemu-system-arm',
    [
      '-M',
      'virt',
      '-m',
      '256',
      '-nographic',
      '-monitor',
      'none',
      '-net',
      'none',
      '-bios',
      BIOS,
      '-serial',
      serial,
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let said = '';
  const listening = new Promise<void>((resolve, reject) => {
    const add = (text: Buffer) => {
      said += text.toString();
      if (said.includes('waiting for connection')) resolve();
    };
    child.stdout.on('data', add);
    child.stderr.on('data', add);
    child.once('error', reject);
    child.once('exit', () => reject(new Error(`qemu-system-arm ended: ${said}`)));
  });
  const log: string[] = [];
  const sink: LogSink = (_level, text) => void log.push(text);
  onTestFinished(async () => {
    if (child.exitCode != null || child.signalCode != null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  });
  await listening;
  const link = await openSerialPort(parseLinks(`socket://127.0.0.1:${port}`)[0]!, { baudRate: 115_200 });
  const console = new UbootConsole({
    port: link,
    clock: systemClock,
    log: sink,
    writable: { from: 0x4_0000, to: 0x100_0000 },
  });
  onTestFinished(async () => {
    console.close();
    await link.close();
  });
  return { console, port: link, log };
}
