import { EventEmitter } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { FdStream } from '../../../src/drivers/serial/fd-stream.ts';
import { ManualClock } from '../../harness/manual-clock.ts';

class FakePoller extends EventEmitter {
  watched: number[] = [];
  poll(events: number): void {
    this.watched.push(events);
  }
}

describe('reading and writing a descriptor', () => {
  const folder = mkdtempSync(join(tmpdir(), 'benchflash-fd-'));
  const file = join(folder, 'tty');
  let fd = -1;
  let clock = new ManualClock();
  const start = (content: string, flags: string) => {
    writeFileSync(file, content);
    clock = new ManualClock();
    fd = openSync(file, flags);
    const poller = new FakePoller();
    const heard: Uint8Array[] = [];
    const gone: Error[] = [];
    const stream = new FdStream(
      { fd, poller },
      clock,
      (bytes) => heard.push(bytes),
      (error) => gone.push(error),
    );
    return { poller, stream, heard, gone };
  };
  afterEach(() => {
    closeSync(fd);
    rmSync(file);
  });

  it('hands on what is there, then takes a read of no bytes for the end and reads no more', () => {
    const { poller, heard, gone } = start('boot', 'r');
    poller.emit('readable', null);
    expect(heard).toEqual([new TextEncoder().encode('boot')]);
    expect(gone).toEqual([]);
    poller.emit('readable', null);
    expect(gone).toHaveLength(1);
    const watched = poller.watched.length;
    poller.emit('readable', null);
    expect(gone).toHaveLength(1);
    expect(poller.watched).toHaveLength(watched);
  });

  it('leaves what comes during a rest in the kernel, and watches for it afterwards', () => {
    const { poller, stream, heard } = start('boot', 'r');
    stream.rest(40);
    poller.emit('readable', null);
    expect(heard).toEqual([]);
    expect(poller.watched).toEqual([1]);
    clock.pass(40);
    expect(poller.watched).toEqual([1, 1]);
    poller.emit('readable', null);
    expect(heard).toEqual([new TextEncoder().encode('boot')]);
  });

  it('forgets a rest when it is stopped', () => {
    const { stream } = start('boot', 'r');
    stream.rest(40);
    stream.stop();
    expect(clock.pendingTimers).toBe(0);
  });

  it('takes an error of the poller for the end, but not once it was stopped', () => {
    const { poller, stream, gone } = start('boot', 'r');
    stream.stop();
    poller.emit('readable', new Error('Canceled'));
    expect(gone).toEqual([]);
    closeSync(fd);
    const second = start('boot', 'r');
    second.poller.emit('readable', new Error('bad file descriptor'));
    expect(second.gone).toMatchObject([{ message: 'bad file descriptor' }]);
  });

  it('writes', async () => {
    const { stream } = start('', 'w');
    await stream.write(new TextEncoder().encode('sync'), new AbortController().signal);
    expect(readFileSync(file, 'utf8')).toBe('sync');
  });

  it('rejects a write that the kernel refuses', async () => {
    const { stream } = start('boot', 'r');
    await expect(stream.write(Uint8Array.of(1), new AbortController().signal)).rejects.toMatchObject({
      code: 'EBADF',
    });
  });
});
