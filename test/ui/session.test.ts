import { afterEach, describe, expect, it } from 'vitest';
import { FakeBench } from './fake-bench.ts';
import { closeScreens, openScreen } from './open-screen.ts';
import { batch, runningSlot, settledSlot, slot, twelve } from './slots.ts';

afterEach(closeScreens);

const busy = () => new FakeBench([batch(twelve())]);
const calm = () => new FakeBench([batch([settledSlot(1, 'PASS'), settledSlot(2, 'CURRENT')])]);
const RESTORED = '\u001b[?1049l\u001b[?25h';

describe('leaving', () => {
  it('quits at once when nothing is at work, restores the terminal and prints the summary', async () => {
    const screen = await openScreen({ bench: calm() });
    await screen.press('q');
    expect(await screen.ended).toBe(0);
    expect(screen.bench.calls).toEqual(['shutdown']);
    expect(screen.tty.written).toContain(RESTORED);
    expect(screen.stdin.raw).toBe(false);
    const summary = screen.tty.written.split(RESTORED)[1];
    expect(summary).toContain('B-0143  Mijia Bedside Lamp 2: 2 units: 1 PASS, 1 CURRENT');
    expect(summary).toContain('/batches/B-0143\n');
  });

  it('asks while units are at work and names those at risk; Esc stays', async () => {
    const screen = await openScreen({ bench: busy() });
    await screen.press('q');
    expect(await screen.text()).toContain('A write has begun: lamp#6.');
    await screen.press('Esc');
    expect(screen.bench.calls).toEqual([]);
    await screen.press('q', 'y');
    expect(await screen.ended).toBe(130);
    expect(screen.bench.calls).toEqual(['shutdown']);
  });

  it('stops on the second Ctrl+C only, whatever has the focus', async () => {
    const screen = await openScreen({ bench: busy() });
    await screen.press('/', 'Ctrl+C');
    expect(screen.bench.calls).toEqual([]);
    await screen.tick(3100);
    await screen.press('Ctrl+C');
    expect(screen.bench.calls).toEqual([]);
    await screen.press('Ctrl+C');
    expect(await screen.ended).toBe(130);
  });

  it('waits for the safe points and says which places still have to', async () => {
    const bench = busy();
    let atSafePoint = () => {};
    bench.holdShutdown = new Promise((resolve) => (atSafePoint = resolve));
    const screen = await openScreen({ bench });
    await screen.press('Ctrl+C', 'Ctrl+C');
    expect(await screen.text()).toContain('Stopping at safe points');
    expect(await screen.text()).toContain('Being written: lamp#6. Leaving now could lose them.');
    expect(screen.tty.written).not.toContain(RESTORED);
    await screen.press('q', 'r');
    expect(bench.calls).toEqual(['shutdown']);
    atSafePoint();
    expect(await screen.ended).toBe(130);
    expect(screen.tty.written).toContain(RESTORED);
  });

  it('has a way out of a stop that never ends', async () => {
    const bench = busy();
    let release = () => {};
    bench.holdShutdown = new Promise((resolve) => (release = resolve));
    const screen = await openScreen({ bench });
    await screen.press('Ctrl+C', 'Ctrl+C', 'Ctrl+C');
    expect(await screen.text()).toContain('Ctrl+C once more leaves at once.');
    await screen.press('Ctrl+C');
    expect(await screen.ended).toBe(130);
    release();
  });

  it.each(['SIGTERM', 'SIGHUP', 'SIGINT'])('goes to the safe points on %s', async (signal) => {
    const screen = await openScreen({ bench: busy() });
    screen.signals.emit(signal);
    expect(await screen.ended).toBe(130);
    expect(screen.bench.calls).toEqual(['shutdown']);
    expect(screen.tty.written).toContain(RESTORED);
  });

  it('goes to the safe points when the terminal is closed', async () => {
    const screen = await openScreen({ bench: busy() });
    screen.tty.emit('error', new Error('write EIO'));
    screen.stdin.emit('end');
    expect(await screen.ended).toBe(130);
    expect(screen.bench.calls).toEqual(['shutdown']);
  });

  it.each(['exit', 'uncaughtExceptionMonitor'])('gives the terminal back on %s', async (event) => {
    const screen = await openScreen({ bench: busy() });
    screen.signals.emit(event);
    expect(screen.tty.written).toContain(RESTORED);
    expect(screen.stdin.raw).toBe(false);
  });

  it('gives the terminal back and stops the bench when the screen itself fails', async () => {
    const bench = busy();
    const screen = await openScreen({ bench });
    const broken = runningSlot(1, 'flash');
    Object.defineProperty(broken, 'label', {
      get: () => {
        throw new Error('a defect');
      },
    });
    bench.set(batch([broken]));
    await screen.tick(100);
    await expect(screen.ended).rejects.toThrow('a defect');
    expect(screen.tty.written).toContain('The screen failed; every place goes to its next safe point.');
    expect(bench.calls).toEqual(['shutdown']);
    expect(screen.tty.written).toContain(RESTORED);
  });

  it('leaves no listener behind', async () => {
    const screen = await openScreen({ bench: calm() });
    await screen.press('q');
    await screen.ended;
    for (const event of screen.signals.eventNames()) expect(screen.signals.listenerCount(event)).toBe(0);
    expect(screen.tty.listenerCount('resize')).toBe(0);
    expect(screen.stdin.listenerCount('data')).toBe(0);
  });

  it('ends with 1 when a unit is not good', async () => {
    const bench = new FakeBench([
      batch([
        settledSlot(1, 'PASS'),
        settledSlot(2, 'UNSURE', { code: 'BOOT_NOT_SEEN', advice: 'Look again.' }),
      ]),
    ]);
    const screen = await openScreen({ bench });
    await screen.press('q');
    expect(await screen.ended).toBe(1);
    expect(screen.tty.written).toContain('  UNSURE  lamp#2  24:6f:28:10:aa:02  BOOT_NOT_SEEN  Look again.');
  });
});

describe('suspending', () => {
  it('gives the terminal back, and draws all again when continued', async () => {
    const screen = await openScreen({ bench: calm() });
    await screen.press('Ctrl+Z');
    expect(screen.suspended).toHaveLength(1);
    expect(screen.stdin.raw).toBe(false);
    screen.signals.emit('SIGCONT');
    await screen.tick(0);
    expect(screen.stdin.raw).toBe(true);
    expect(await screen.text()).toContain('B-0143');
  });

  it('refuses while a unit is being written', async () => {
    const screen = await openScreen({ bench: busy() });
    await screen.press('Ctrl+Z');
    expect(screen.suspended).toEqual([]);
    expect(await screen.text()).toContain('Not now: lamp#6 would be left in the middle of a write.');
  });
});

describe('the size of the terminal', () => {
  it('is followed at will', async () => {
    const screen = await openScreen({ bench: busy(), size: [100, 30] });
    for (const [columns, rows] of [
      [60, 20],
      [140, 40],
      [80, 24],
      [61, 16],
    ] as const) {
      screen.tty.resize(columns, rows);
      await screen.tick(0);
      const text = await screen.text();
      const fresh = await openScreen({ bench: busy(), size: [columns, rows] });
      expect(text).toBe(await fresh.text());
    }
  });

  it('says when it is too small, and the work and q go on', async () => {
    const screen = await openScreen({ bench: new FakeBench([batch([slot(1)])]), size: [100, 30] });
    screen.tty.resize(40, 10);
    await screen.tick(0);
    expect(await screen.text()).toContain('Too small: 40x10.\nNeeds 60x16. Work goes on.');
    await screen.press('r', 'c', 's');
    expect(screen.bench.calls).toEqual([]);
    await screen.press('q', 'y');
    expect(await screen.ended).toBe(130);
  });

  it('never gets a frame as tall as itself', async () => {
    const screen = await openScreen({ bench: busy(), size: [80, 24] });
    await screen.press('Enter', '?', 'Esc', 'l', 'Esc', 'e', 'q');
    expect(screen.tty.written).not.toContain('\u001b[24;1H');
    expect(screen.tty.written.split('\u001b[2J')).toHaveLength(2);
  });

  it('draws all anew on Ctrl+L', async () => {
    const screen = await openScreen({ bench: calm() });
    const before = await screen.text();
    screen.tty.emulator.write('\u001b[5;5Hnoise of another program');
    await screen.press('Ctrl+L');
    expect(await screen.text()).toBe(before);
  });
});
