import { describe, expect, it, vi } from 'vitest';
import type { InhibitorCommand } from '../../../src/drivers/host/inhibitor-commands.ts';
import { createSleepInhibitor, type HoldingProcess } from '../../../src/drivers/host/sleep-inhibitor.ts';
import { ManualClock } from '../../harness/manual-clock.ts';

type Behaviour = 'holds' | 'missing' | 'refused' | 'silent';

class FakeProcess implements HoldingProcess {
  running = true;
  readonly command: InhibitorCommand;
  #output: (text: string) => void = () => undefined;
  readonly #ends: ((why: string) => void)[] = [];

  constructor(command: InhibitorCommand) {
    this.command = command;
  }
  onOutput(listener: (text: string) => void): void {
    this.#output = listener;
  }
  onEnd(listener: (why: string) => void): void {
    this.#ends.push(listener);
  }
  end(): void {
    this.die('ended with SIGTERM');
  }
  say(text: string): void {
    this.#output(text);
  }
  die(why: string): void {
    this.running = false;
    for (const listener of this.#ends.splice(0)) listener(why);
  }
}

describe('the sleep inhibitor', () => {
  const create = (platform: NodeJS.Platform, behaviours: readonly Behaviour[]) => {
    const processes: FakeProcess[] = [];
    const clock = new ManualClock();
    const onLost = vi.fn();
    const start = (command: InhibitorCommand) => {
      const behaviour = behaviours[processes.length] ?? 'holds';
      const child = new FakeProcess(command);
      processes.push(child);
      queueMicrotask(() => {
        if (behaviour === 'holds') child.say('he');
        if (behaviour === 'holds') child.say('ld\r\n');
        if (behaviour === 'missing') child.die('not installed');
        if (behaviour === 'refused') {
          child.say('Access denied\n');
          child.die('ended with 1');
        }
      });
      return child;
    };
    const inhibitor = createSleepInhibitor({ platform, clock, start, onLost });
    return { inhibitor, processes, clock, onLost };
  };

  it.each([
    ['linux', 'systemd-inhibit'],
    ['darwin', 'caffeinate'],
    ['win32', 'SetThreadExecutionState'],
  ] as const)('on %s holds by %s until the last release', async (platform, by) => {
    const { inhibitor, processes } = create(platform, []);
    const [first, second] = await Promise.all([inhibitor.acquire('flashing'), inhibitor.acquire('flashing')]);
    expect(first.state).toEqual({ state: 'held', by });
    expect(second.state).toEqual({ state: 'held', by });
    expect(processes).toHaveLength(1);
    first.release();
    first.release();
    expect(inhibitor.current).toEqual({ state: 'held', by });
    second.release();
    expect(inhibitor.current).toEqual({ state: 'off' });
    expect(processes.map(({ running }) => running)).toEqual([false]);
    const third = await inhibitor.acquire('flashing');
    expect(third.state).toEqual({ state: 'held', by });
    expect(processes).toHaveLength(2);
  });

  it('goes from the best command to the next', async () => {
    const { inhibitor, processes } = create('linux', ['refused', 'missing', 'holds']);
    const { state } = await inhibitor.acquire('flashing');
    expect(state).toEqual({ state: 'held', by: 'gnome-session-inhibit' });
    expect(processes.map(({ command }) => command.file)).toEqual([
      'systemd-inhibit',
      'systemd-inhibit',
      'gnome-session-inhibit',
    ]);
  });

  it('says why nothing holds, lets the work go on, and tries again the next time', async () => {
    const { inhibitor } = create('linux', ['refused', 'refused', 'missing', 'holds']);
    const lease = await inhibitor.acquire('flashing');
    expect(lease.state).toEqual({
      state: 'unavailable',
      why: 'systemd-inhibit: Access denied; systemd-inhibit: Access denied; gnome-session-inhibit: not installed',
    });
    expect((await inhibitor.acquire('flashing')).state).toMatchObject({ state: 'held' });
    lease.release();
    expect(inhibitor.current).toMatchObject({ state: 'held' });
  });

  it('says so where no way is known', async () => {
    const { inhibitor } = create('sunos', []);
    expect((await inhibitor.acquire('flashing')).state).toMatchObject({ state: 'unavailable' });
  });

  it('does not wait for ever for a command that says nothing', async () => {
    const { inhibitor, processes, clock } = create('darwin', ['silent']);
    const acquiring = inhibitor.acquire('flashing');
    clock.pass(15_000);
    expect((await acquiring).state).toEqual({
      state: 'unavailable',
      why: expect.stringContaining('does not answer') as string,
    });
    expect(processes[0]?.running).toBe(false);
  });

  it('reports that its command was ended by someone else', async () => {
    const { inhibitor, processes, onLost } = create('darwin', []);
    await inhibitor.acquire('flashing');
    processes[0]?.die('ended with SIGKILL');
    expect(inhibitor.current).toEqual({ state: 'unavailable', why: 'caffeinate ended: ended with SIGKILL' });
    expect(onLost).toHaveBeenCalledTimes(1);
  });

  it('leaves nothing running when it is closed while a command starts', async () => {
    const { inhibitor, processes, onLost } = create('darwin', []);
    const acquiring = inhibitor.acquire('flashing');
    inhibitor.close();
    await acquiring;
    expect(inhibitor.current).toEqual({ state: 'off' });
    expect(processes.map(({ running }) => running)).toEqual([false]);
    expect(onLost).not.toHaveBeenCalled();
  });

  it('gives the reason to the system as one argument', async () => {
    const { inhibitor, processes } = create('linux', []);
    await inhibitor.acquire('flashing 12 units; $(touch x)');
    expect(processes[0]?.command.args).toContain('--why=flashing 12 units; $(touch x)');
  });
});

describe.skipIf(process.platform === 'win32')('a real command', () => {
  it('that is not installed is unavailable, not an error', async () => {
    const path = process.env['PATH'];
    process.env['PATH'] = '/nonexistent';
    try {
      const { state } = await createSleepInhibitor().acquire('flashing');
      expect(state).toMatchObject({
        state: 'unavailable',
        why: expect.stringContaining('not installed') as string,
      });
    } finally {
      process.env['PATH'] = path;
    }
  });
});
