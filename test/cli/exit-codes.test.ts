import { describe, expect, it } from 'vitest';
import type { SettledView } from '../../src/bench/view.ts';
import { BenchError, type ErrorCode } from '../../src/core/errors.ts';
import { command, FakeBench, FakeHost, FakeServices } from './fakes.ts';

const RUN = ['run', 'lamp-flow', '--link', 'virtual:lamp?n=2', '--firmware', 'lamp.bin'];
const unknown = { step: 'detect', identity: {}, outcome: 'ERROR' } as const;

describe('exit code of a batch', () => {
  it.each<[number, string, Partial<SettledView>[]]>([
    [0, 'every unit proved', [{}, {}]],
    [0, 'one was current', [{}, { outcome: 'CURRENT' }]],
    [1, 'one failed', [{}, { outcome: 'FAIL', code: 'VERIFY_MISMATCH' }]],
    [1, 'one is unsure', [{}, { outcome: 'UNSURE', code: 'BOOT_NOT_SEEN' }]],
    [1, 'all were skipped', [{ outcome: 'SKIPPED' }, { outcome: 'SKIPPED' }]],
    [1, 'nothing was heard', [{ ...unknown, code: 'NOTHING_HEARD' }]],
    [1, 'one port was missing', [{}, { ...unknown, code: 'PORT_NOT_FOUND' }]],
    [
      3,
      'no port could be opened',
      [
        { ...unknown, code: 'PORT_NOT_FOUND' },
        { ...unknown, code: 'PORT_BUSY' },
      ],
    ],
    [1, 'no unit came at all', []],
  ])('%i when %s', async (expected, _, script) => {
    const { code } = await command(RUN, new FakeServices(new FakeBench(script)));
    expect(code).toBe(expected);
  });

  it.each<[number, ErrorCode]>([
    [2, 'FIRMWARE_REFUSED'],
    [2, 'FILE_NOT_FOUND'],
    [2, 'USAGE'],
    [2, 'LINK_UNKNOWN'],
    [3, 'DATA_DIR_OWNED'],
    [3, 'DATA_DIR_UNUSABLE'],
    [3, 'DISK_FULL'],
    [1, 'BUG'],
  ])('%i when the start is refused with %s', async (expected, errorCode) => {
    const bench = new FakeBench();
    bench.refuses = new BenchError(errorCode, { message: 'That is how it is.', advice: 'Do this now.' });
    const { code, host, services } = await command(RUN, new FakeServices(bench));
    expect(code).toBe(expected);
    expect(host.stderr.text).toBe(`benchflash: That is how it is. [${errorCode}]\n  Do this now.\n`);
    expect(host.stdout.text).toBe('');
    expect(services.closed).toBe(1);
    expect(host.listeners()).toBe(0);
  });
});

describe('a start that is refused, with --json', () => {
  it.each<[number, ErrorCode]>([
    [2, 'FIRMWARE_REFUSED'],
    [3, 'DATA_DIR_OWNED'],
    [1, 'BUG'],
  ])('ends with %i and says %s in one event', async (expected, errorCode) => {
    const bench = new FakeBench();
    bench.refuses = new BenchError(errorCode, { message: 'That is how it is.', advice: 'Do this now.' });
    const { code, host } = await command([...RUN, '--json'], new FakeServices(bench));
    expect(code).toBe(expected);
    expect(host.stdout.json).toEqual([
      {
        type: 'error',
        time: '2026-01-02T03:04:05.000Z',
        code: errorCode,
        message: 'That is how it is.',
        advice: 'Do this now.',
        blame: bench.refuses.blame,
        retry: bench.refuses.retry,
        next: null,
      },
    ]);
    expect(host.stderr.text).toContain('That is how it is.');
  });
});

describe('interrupting', () => {
  const started = (bench: FakeBench, words = RUN) => {
    const host = new FakeHost();
    const services = new FakeServices(bench);
    const waiting = new Promise<void>((resolve) => (bench.whenWaiting = resolve));
    const again = (signal: 'SIGINT') => {
      services.monotonicMs += 1000;
      host.signal(signal);
    };
    return { host, waiting, again, ended: command(words, services, host) };
  };

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    '%s cancels at safe points and ends with 130',
    async (signal) => {
      const bench = new FakeBench();
      const { host, waiting, ended } = started(bench);
      await waiting;
      host.signal(signal);
      expect(bench.cancelled).toEqual([['B-0001/1', 'B-0001/2']]);
      bench.end([{ outcome: 'ABORTED', code: 'ABORTED' }, {}]);
      expect((await ended).code).toBe(130);
      expect(host.exits).toEqual([]);
      expect(host.listeners()).toBe(0);
    },
  );

  it('names the slots it waits for, and gives them up only on the third time', async () => {
    const bench = new FakeBench();
    bench.writing = true;
    const { host, waiting, again, ended } = started(bench);
    await waiting;
    host.signal('SIGINT');
    expect(host.stderr.text).toContain('safe point of virtual:lamp#1, virtual:lamp#2');
    again('SIGINT');
    expect(host.exits).toEqual([]);
    expect(host.stderr.text).toContain('half written');
    again('SIGINT');
    expect(host.exits).toEqual([130]);
    bench.end([]);
    await ended;
  });

  it('leaves at once on the second time when nothing is being written', async () => {
    const bench = new FakeBench();
    const { host, waiting, again, ended } = started(bench);
    await waiting;
    host.signal('SIGINT');
    // npm passes on the Ctrl+C that the terminal has sent to the program already.
    host.signal('SIGINT');
    expect(host.exits).toEqual([]);
    again('SIGINT');
    expect(host.exits).toEqual([130]);
    bench.end([]);
    await ended;
  });

  it('in cycle mode lets the unit in place finish first', async () => {
    const bench = new FakeBench();
    const { host, waiting, ended } = started(bench, [...RUN, '--cycle']);
    await waiting;
    host.signal('SIGINT');
    expect(bench.finished).toEqual(['B-0001']);
    expect(bench.cancelled).toEqual([]);
    bench.end([{}]);
    expect((await ended).code).toBe(0);
  });
});
