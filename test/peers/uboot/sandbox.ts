import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { parseLinks } from '../../../src/core/link.ts';
import { openSerialPort } from '../../../src/drivers/serial/open-serial-port.ts';
import { repositoryRoot } from '../../count-reporter.ts';
import { answers } from '../serial/peer-process.ts';
import { freePort } from './free-port.ts';

/** Where `build-sandbox.sh` puts it. U-Boot starts itself anew by this path at `reset`. */
const FOLDER = join(repositoryRoot, '.venv', 'u-boot-sandbox');
const SECTOR_BYTES = 512;
const CARD_SECTORS = 196_608;
const PARTITION_AT = 2_048;
/** Small clusters: with fewer than 65,525 of them it would be FAT16. */
const SECTORS_A_CLUSTER = 1;

export function whyNoSandbox(): string | undefined {
  if (!existsSync(join(FOLDER, 'u-boot')))
    return 'test/peers/uboot/build-sandbox.sh .venv/u-boot-sandbox was not run';
  if (!answers('mformat', '--version')) return 'the package mtools is not installed';
  return answers('socat', '-V') ? undefined : 'socat is not installed';
}

/** U-Boot's sandbox with a flash chip and an SD card in files; it gets its power when the console is opened. */
export async function bootSandbox(flash: Uint8Array, demo: Uint8Array) {
  const folder = mkdtempSync(join(tmpdir(), 'benchflash-sandbox-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const spi = join(folder, 'spi.bin');
  writeFileSync(spi, flash);
  makeCard(folder, demo);
  const port = await freePort();
  const program = `${join(FOLDER, 'u-boot')} -d ${join(FOLDER, 'board.dtb')} -t raw`;
  const child = spawn(
    'socat',
    ['-d', '-d', `TCP-LISTEN:${port},bind=127.0.0.1`, `EXEC:${program},pty,setsid,ctty,raw,echo=0`],
    { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] },
  );
  onTestFinished(async () => {
    if (child.exitCode != null || child.signalCode != null) return;
    const ended = once(child, 'exit');
    child.kill();
    await ended;
  });
  await new Promise<void>((resolve, reject) => {
    child.stderr.on('data', (text: Buffer) => {
      if (text.includes('listening on')) resolve();
    });
    child.once('error', reject);
    child.once('exit', () => reject(new Error('socat ended')));
  });
  const link = await openSerialPort(parseLinks(`socket://127.0.0.1:${port}`)[0]!, { baudRate: 115_200 });
  onTestFinished(() => link.close());
  return { port: link, flash: () => readFileSync(spi) };
}

/** One FAT32 partition with one file. */
function makeCard(folder: string, demo: Uint8Array): void {
  const image = join(folder, 'mmc0.img');
  writeFileSync(join(folder, 'demo.bin'), demo);
  const table = Buffer.alloc(SECTOR_BYTES);
  table[0x1be + 4] = 0x0c;
  table.writeUInt32LE(PARTITION_AT, 0x1be + 8);
  table.writeUInt32LE(CARD_SECTORS - PARTITION_AT, 0x1be + 12);
  table.writeUInt16LE(0xaa55, 0x1fe);
  const file = openSync(image, 'w');
  writeSync(file, table, 0, SECTOR_BYTES, 0);
  writeSync(file, Buffer.alloc(1), 0, 1, CARD_SECTORS * SECTOR_BYTES - 1);
  closeSync(file);
  const at = `${image}@@${PARTITION_AT * SECTOR_BYTES}`;
  const geometry = ['-T', `${CARD_SECTORS - PARTITION_AT}`, '-h', '64', '-s', '32'];
  execFileSync('mformat', ['-i', at, '-F', '-c', `${SECTORS_A_CLUSTER}`, ...geometry, '::']);
  execFileSync('mcopy', ['-i', at, join(folder, 'demo.bin'), '::demo.bin']);
}
