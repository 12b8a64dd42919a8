import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openSerialPort } from '../../../src/drivers/serial/open-serial-port.ts';
import { listen, pattern, serialPortContract } from '../../drivers/serial/contract.ts';
import { answers, PeerProcess } from './peer-process.ts';

const baudRate = 115_200;
const missing = answers('socat', '-V') ? undefined : 'socat is not installed';
const serial = (path: string) => openSerialPort({ kind: 'serial', text: path }, { baudRate });

/** A pseudo terminal whose other end is socat's standard input and output. */
async function pty() {
  const folder = mkdtempSync(join(tmpdir(), 'benchflash-pty-'));
  const path = join(folder, 'tty');
  const socat = new PeerProcess('socat', ['-d', '-d', `PTY,raw,echo=0,link=${path}`, 'STDIO']);
  await socat.said(/starting data transfer/);
  const dispose = async () => {
    await socat.stop();
    rmSync(folder, { recursive: true });
  };
  return { path, peer: socat.peer, dispose };
}

describe.skipIf(missing)(`socat${missing ? ` (${missing})` : ''}`, () => {
  serialPortContract('node-serialport on a real pseudo terminal', async () => {
    const { path, peer, dispose } = await pty();
    return { port: await serial(path), peer, dispose };
  });

  serialPortContract('socket:// to socat', async () => {
    const socat = new PeerProcess('socat', ['-d', '-d', 'TCP-LISTEN:0,bind=127.0.0.1', 'STDIO']);
    const [, address] = await socat.said(/listening on AF=2 (127\.0\.0\.1:\d+)/);
    const port = await openSerialPort({ kind: 'socket', text: `socket://${address}` }, { baudRate });
    await socat.said(/starting data transfer/);
    return { port, peer: socat.peer, dispose: () => socat.stop() };
  });

  it('shows a port without control lines', async () => {
    const { path, dispose } = await pty();
    const port = await serial(path);
    expect(port).toMatchObject({ hasControlLines: false, hasBaudRate: true });
    await port.close();
    await dispose();
  });

  it('is for one at a time, and names who has it', async () => {
    const { path, dispose } = await pty();
    const first = await serial(path);
    await expect(serial(path)).rejects.toMatchObject({ code: 'PORT_BUSY', detail: { path } });
    if (process.platform === 'linux')
      await expect(serial(path)).rejects.toThrow(new RegExp(`\\(process ${process.pid}\\)`));
    await first.close();
    const second = await serial(path);
    await second.close();
    await dispose();
  });

  it('carries a megabyte between two of our ports, both ways at once', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'benchflash-pty-'));
    const [left, right] = [join(folder, 'left'), join(folder, 'right')];
    const socat = new PeerProcess('socat', [
      '-d',
      '-d',
      `PTY,raw,echo=0,link=${left}`,
      `PTY,raw,echo=0,link=${right}`,
    ]);
    await socat.said(/starting data transfer/);
    const ports = [await serial(left), await serial(right)] as const;
    const bytes = pattern(1024 * 1024);
    const heard = ports.map((port) => listen(port).atLeast(bytes.length));
    await Promise.all(ports.map((port) => port.write(bytes)));
    for (const received of await Promise.all(heard)) expect(Buffer.compare(received, bytes)).toBe(0);
    for (const port of ports) await port.close();
    await socat.stop();
    rmSync(folder, { recursive: true });
  });
});
