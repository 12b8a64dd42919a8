import { describe, expect, it } from 'vitest';
import { LineWriter, type TextStream } from '../../src/cli/line-writer.ts';
import { command, FakeBench, FakeHost, FakeServices, FakeStream } from './fakes.ts';

/** Takes writes and calls back only when told to. */
class LateStream extends FakeStream {
  readonly done: ((error?: Error | null) => void)[] = [];
  override write(text: string, done?: (error?: Error | null) => void): boolean {
    this.text += text;
    if (done) this.done.push(done);
    return !this.slow;
  }
}

const isSettled = async (promise: Promise<void>): Promise<boolean> => {
  const pending = Symbol('pending');
  return (await Promise.race([promise, Promise.resolve(pending)])) !== pending;
};

describe('LineWriter', () => {
  it('waits for a slow reader, keeps the order and only the newest progress of each slot', () => {
    const stream = new FakeStream();
    stream.slow = true;
    const writer = new LineWriter(stream);
    writer.line('first');
    writer.line('progress a 1', 'a');
    writer.line('progress b 1', 'b');
    writer.line('event');
    writer.line('progress a 2', 'a');
    expect(stream.lines).toEqual(['first']);
    stream.slow = false;
    stream.emit('drain');
    expect(stream.lines).toEqual(['first', 'progress a 2', 'progress b 1', 'event']);
  });

  it('flushes when everything has been taken', async () => {
    const stream = new LateStream();
    const writer = new LineWriter(stream);
    writer.line('one');
    const flushed = writer.flush();
    expect(await isSettled(flushed)).toBe(false);
    stream.done.forEach((done) => done());
    await flushed;
  });

  it('goes on quietly when the reader has gone', async () => {
    const stream = new FakeStream();
    stream.slow = true;
    const writer = new LineWriter(stream);
    writer.line('one');
    writer.line('two');
    stream.emit('error', Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
    expect(writer.broken).toBe(true);
    writer.line('three');
    await writer.flush();
    expect(stream.lines).toEqual(['one']);
  });

  it('notices a failing write even without an error event', async () => {
    const stream = new LateStream();
    const writer = new LineWriter(stream satisfies TextStream);
    writer.line('one');
    stream.done[0]!(new Error('EIO'));
    expect(writer.broken).toBe(true);
    await writer.flush();
  });
});

it('a batch runs to its end and keeps its exit code when the reader of its events has gone', async () => {
  const host = new FakeHost();
  const bench = new FakeBench();
  bench.whenWaiting = () => {
    host.stdout.emit('error', Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
    bench.end([{}]);
  };
  const words = ['run', 'lamp-flow', '--link', 'virtual:lamp', '--firmware', 'x.bin', '--json'];
  const { code, services } = await command(words, new FakeServices(bench), host);
  expect(code).toBe(0);
  expect(services.closed).toBe(1);
});
