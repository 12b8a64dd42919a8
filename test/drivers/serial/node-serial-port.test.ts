import { describe, expect, it } from 'vitest';
import { openNodeSerialPort } from '../../../src/drivers/serial/node-serial-port.ts';
import type { DeviceFiles } from '../../../src/drivers/serial/port-errors.ts';
import { ManualClock } from '../../harness/manual-clock.ts';
import { until } from '../until.ts';
import { listen } from './contract.ts';
import { FakeBinding } from './fake-binding.ts';

const baudRate = 115_200;
const path = '/dev/ttyUSB7';

const files = (overrides: Partial<DeviceFiles> = {}): DeviceFiles => ({
  stat: async () => ({ gid: 20, isCharacterDevice: () => true }),
  mayUse: async () => undefined,
  groups: async () => 'root:x:0:\ndialout:x:20:alice\nuucp:x:14:\n',
  ...overrides,
});
const failing = (code: string) => async () => {
  throw Object.assign(new Error(code), { code });
};
const open = (binding: FakeBinding, more: Partial<Parameters<typeof openNodeSerialPort>[1]> = {}) =>
  openNodeSerialPort(path, { baudRate, binding, platform: 'linux', ...more });

describe('opening a serial port', () => {
  it('says that a port is not there', async () => {
    const opening = open(new FakeBinding(), { files: files({ stat: failing('ENOENT') }) });
    await expect(opening).rejects.toMatchObject({ code: 'PORT_NOT_FOUND', detail: { path } });
  });

  it('says that a file is no port', async () => {
    const stat = async () => ({ gid: 0, isCharacterDevice: () => false });
    await expect(open(new FakeBinding(), { files: files({ stat }) })).rejects.toMatchObject({
      code: 'PORT_NOT_FOUND',
      message: `${path} is not a serial port.`,
    });
  });

  it.each([
    [20, 'dialout'],
    [14, 'uucp'],
    [77, '77'],
  ])('names the group that may open the port: %i is %s', async (gid, group) => {
    const binding = new FakeBinding();
    const stat = async () => ({ gid, isCharacterDevice: () => true });
    const opening = open(binding, { files: files({ stat, mayUse: failing('EACCES') }) });
    await expect(opening).rejects.toMatchObject({
      code: 'PORT_NO_PERMISSION',
      message: `This user may not open ${path}: it belongs to the group ${group}.`,
      advice: expect.stringContaining(`usermod -aG ${group} `) as string,
      detail: { path, group },
    });
    expect(binding.openCount).toBe(0);
  });

  it('does not advise to join the group root', async () => {
    const stat = async () => ({ gid: 0, isCharacterDevice: () => true });
    const opening = open(new FakeBinding(), { files: files({ stat, mayUse: failing('EACCES') }) });
    await expect(opening).rejects.toMatchObject({
      code: 'PORT_NO_PERMISSION',
      advice: expect.not.stringContaining('usermod') as string,
    });
  });

  // The texts are what node-serialport 13.0.0 was seen to say, or its source prints.
  it.each([
    ['linux', 'Error Resource temporarily unavailable Cannot lock port', 'PORT_BUSY'],
    ['linux', 'Error: Device or resource busy, cannot open /dev/ttyUSB7', 'PORT_BUSY'],
    ['darwin', 'Error: Resource busy, cannot open /dev/tty.usbserial', 'PORT_BUSY'],
    ['win32', 'Opening COM3: Access denied', 'PORT_BUSY'],
    ['linux', 'Error: Permission denied, cannot open /dev/ttyUSB7', 'PORT_NO_PERMISSION'],
    ['linux', 'Error: No such file or directory, cannot open /dev/ttyUSB7', 'PORT_NOT_FOUND'],
    ['linux', 'Error: No such device or address, cannot open /dev/ttyUSB7', 'PORT_NOT_FOUND'],
    ['win32', 'Opening COM9: File not found', 'PORT_NOT_FOUND'],
    ['win32', 'Opening COM9: Unknown error code 31', 'PORT_OPEN_FAILED'],
    ['linux', 'Error: Input/output error, cannot open /dev/ttyUSB7', 'PORT_OPEN_FAILED'],
  ] as const)('on %s knows "%s"', async (platform, text, code) => {
    const opening = open(new FakeBinding({ openError: new Error(text) }), { platform });
    await expect(opening).rejects.toMatchObject({ code });
  });

  it('gives up on a driver that does not answer', async () => {
    const clock = new ManualClock();
    const binding = new FakeBinding({ opensNever: true });
    const opening = open(binding, { clock });
    const failed = expect(opening).rejects.toMatchObject({ code: 'PORT_OPEN_FAILED' });
    await until(() => expect(clock.pendingTimers).toBe(1));
    clock.pass(10_000);
    await failed;
  });

  it('can be aborted', async () => {
    const abort = new AbortController();
    const binding = new FakeBinding({ opensNever: true });
    const opening = open(binding, { signal: abort.signal });
    const failed = expect(opening).rejects.toBe('enough');
    await until(() => expect(binding.openCount).toBe(1));
    abort.abort('enough');
    await failed;
    await expect(open(binding, { signal: abort.signal })).rejects.toBe('enough');
    expect(binding.openCount).toBe(1);
  });

  it('refuses a rate that the driver silently replaced, and closes', async () => {
    const binding = new FakeBinding({ realRate: () => 9600 });
    await expect(open(binding)).rejects.toMatchObject({ code: 'BAUD_REFUSED', detail: { real: 9600 } });
    expect(binding.closeCount).toBe(1);
  });

  it('finds out about the lines without moving them', async () => {
    const withLines = new FakeBinding();
    expect((await open(withLines)).hasControlLines).toBe(true);
    expect(withLines.lines).toEqual({ dtr: true, rts: true });
    expect((await open(new FakeBinding({ hasLines: false }))).hasControlLines).toBe(false);
  });
});

describe('an open serial port', () => {
  it('keeps what came before anyone listened', async () => {
    const binding = new FakeBinding();
    const port = await open(binding);
    binding.peer.send(Uint8Array.of(1, 2));
    binding.peer.send(Uint8Array.of(3));
    await port.write(Uint8Array.of(0));
    expect(await listen(port).atLeast(3)).toEqual(Uint8Array.of(1, 2, 3));
  });

  it('takes a read of no bytes for an unplugged adapter', async () => {
    const binding = new FakeBinding();
    const port = await open(binding);
    const lost = new Promise<Error>((resolve) => port.onLost(resolve));
    binding.peer.sendNothing();
    expect(await lost).toMatchObject({ code: 'LINK_LOST' });
    await until(() => expect(binding.closeCount).toBe(1));
  });

  it('writes each block in one call and drains it', async () => {
    const binding = new FakeBinding();
    const port = await open(binding);
    binding.orders.length = 0;
    await port.write(new Uint8Array(16_384));
    expect(binding.orders).toEqual(['write 16384', 'drain']);
  });

  it.each([
    ['linux', 256],
    ['darwin', 640],
  ] as const)('on %s says what an adapter may still hold after a write', async (platform, unsentBytes) => {
    const port = await open(new FakeBinding(), { platform, files: files() });
    expect(port.unsentBytes).toBe(unsentBytes);
  });

  it('drains writes that are queued behind one another once, after the last', async () => {
    const binding = new FakeBinding();
    const port = await open(binding);
    binding.orders.length = 0;
    await Promise.all([240, 240, 50].map((length) => port.write(new Uint8Array(length))));
    expect(binding.orders).toEqual(['write 240', 'write 240', 'write 50', 'drain']);
    await Promise.all([port.write(new Uint8Array(1)), port.setBaudRate(9600), port.write(new Uint8Array(2))]);
    expect(binding.orders.slice(4)).toEqual(['write 1', 'drain', 'rate 9600', 'write 2', 'drain']);
  });

  it('a failed run of writes is no reason for the next one to fail', async () => {
    const binding = new FakeBinding();
    const clock = new ManualClock();
    const port = await open(binding, { clock });
    binding.peer.stall();
    for (let round = 0; round < 2; round++) {
      const writes = [port.write(Uint8Array.of(1)), port.write(Uint8Array.of(2))];
      const failed = Promise.all(
        writes.map((write) => expect(write).rejects.toMatchObject({ code: 'WRITE_TIMEOUT' })),
      );
      const written = () => binding.orders.filter((order) => order === 'write 1').length;
      for (let limit = 1; limit <= 2; limit++) {
        await until(() => expect(written()).toBe(2 * round + limit));
        await clock.advance(10_001);
      }
      await failed;
    }
    await port.close();
  });

  it('ends a write that the adapter does not take, after its wire time and ten seconds', async () => {
    const clock = new ManualClock();
    const binding = new FakeBinding();
    const port = await open(binding, { clock });
    binding.peer.stall();
    let ended = false;
    const writing = port.write(new Uint8Array(11_520)).catch((error: unknown) => {
      ended = true;
      return error;
    });
    await until(() => expect(clock.pendingTimers).toBe(1));
    clock.pass(10_999);
    await Promise.resolve();
    expect(ended).toBe(false);
    clock.pass(1);
    expect(await writing).toMatchObject({ code: 'WRITE_TIMEOUT' });
    await port.close();
  });

  it('changes neither rate nor buffers before the bytes written earlier are out', async () => {
    const binding = new FakeBinding();
    const port = await open(binding);
    binding.orders.length = 0;
    binding.peer.stall();
    const orders = [port.write(Uint8Array.of(1)), port.setBaudRate(460_800), port.flushInput()];
    const failed = Promise.all(
      orders.map((order) => expect(order).rejects.toMatchObject({ code: 'LINK_LOST' })),
    );
    await port.setLines({ dtr: false, rts: true });
    await until(() => expect(binding.orders.toSorted()).toEqual(['dtr false rts true', 'write 1']));
    await port.close();
    await failed;
  });

  it('keeps the old rate when the new one is refused', async () => {
    const refuses = new FakeBinding({ updateError: new Error('Error: Invalid argument setting baud rate') });
    const port = await open(refuses);
    await expect(port.setBaudRate(123_456)).rejects.toMatchObject({ code: 'BAUD_REFUSED' });
    expect(port.baudRate).toBe(baudRate);

    const replaces = new FakeBinding({ realRate: (asked) => (asked > 500_000 ? 460_800 : asked) });
    const other = await open(replaces);
    await expect(other.setBaudRate(921_600)).rejects.toMatchObject({ code: 'BAUD_REFUSED' });
    expect(other.baudRate).toBe(baudRate);
    expect(replaces.baudRate).toBe(baudRate);
  });

  it('loses its lines when the driver refuses to move them', async () => {
    const port = await open(new FakeBinding({ setError: new Error('Error: Invalid argument, cannot set') }));
    expect(port.hasControlLines).toBe(true);
    await expect(port.setLines({ dtr: false, rts: true })).rejects.toMatchObject({
      code: 'NO_CONTROL_LINES',
    });
    expect(port.hasControlLines).toBe(false);
    expect(port.lostBecause).toBeUndefined();
  });

  it('notices by an order that the adapter is gone', async () => {
    const port = await open(new FakeBinding({ setError: new Error('Error: No such device, cannot set') }));
    const lines = port.setLines({ dtr: false, rts: true });
    await expect(lines).rejects.toMatchObject({ code: 'LINK_LOST' });
    expect(port.lostBecause).toMatchObject({ code: 'LINK_LOST' });
  });
});
