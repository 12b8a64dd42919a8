import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RowBlocks } from '../../src/ui/state/row-blocks.ts';
import { Terminal } from '../../src/ui/terminal.ts';
import { FakeStdin, FakeTty } from './open-screen.ts';

const on = (columns = 20, rows = 6) => {
  const tty = new FakeTty(columns, rows);
  const stdin = new FakeStdin();
  return { tty, stdin, terminal: new Terminal(tty, stdin) };
};

describe('the terminal', () => {
  it('enters the alternate screen and gives everything back in the end, once', () => {
    const { tty, stdin, terminal } = on();
    terminal.enter();
    expect(stdin.raw).toBe(true);
    for (const mode of ['?1049h', '?25l', '?2004h', '?7l']) expect(tty.written).toContain(`\u001b[${mode}`);
    const before = tty.writes.length;
    terminal.leave();
    terminal.leave();
    expect(stdin.raw).toBe(false);
    const last = tty.writes.slice(before).join('');
    for (const mode of ['?1049l', '?25h', '?2004l', '?7h', '?2026l', '0m'])
      expect(last.split(`\u001b[${mode}`).length).toBe(2);
  });

  it('leaves what was on the normal screen as it was', async () => {
    const { tty, terminal } = on();
    tty.emulator.write('$ benchflash\r\n');
    terminal.enter();
    terminal.draw('a\nb');
    expect(await tty.text()).toBe('a\nb');
    terminal.leave();
    tty.write('B-0001: 12 PASS\r\n');
    expect(await tty.text()).toBe('$ benchflash\nB-0001: 12 PASS');
  });

  it('writes only the lines that changed', () => {
    const { tty, terminal } = on();
    terminal.enter();
    terminal.draw('one\ntwo\nthree');
    const before = tty.writes.length;
    terminal.draw('one\nTWO\nthree');
    const update = tty.writes.slice(before).join('');
    expect(update).toContain('\u001b[2;1HTWO');
    expect(update).not.toMatch(/one|three/);
    terminal.draw('one\nTWO\nthree');
    expect(tty.writes.length).toBe(before + 1);
  });

  it('after any updates shows just what the last frame says', async () => {
    // `|` makes lines that fill the row to its last cell, where erasing to the end would eat a letter.
    const row = fc.oneof(
      fc.string({ maxLength: 20 }),
      fc.constant('|'.repeat(20)),
      fc.constant('漢字漢字漢字漢字漢字'),
      fc.constant('\u001b[1mbold\u001b[22m'),
    );
    const frame = fc.array(
      row.map((text) => text.replaceAll(/\n/g, ' ')),
      { maxLength: 6 },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(frame, { minLength: 1, maxLength: 6 }), async (frames) => {
        const { tty, terminal } = on();
        terminal.enter();
        for (const rows of frames) terminal.draw(rows.join('\n'));
        const fresh = on();
        fresh.terminal.enter();
        fresh.terminal.draw((frames.at(-1) ?? []).join('\n'));
        expect(await tty.text()).toBe(await fresh.tty.text());
      }),
      { numRuns: 60 },
    );
  });

  it('writes no line below the last one, so that nothing scrolls', async () => {
    const { tty, terminal } = on(20, 4);
    terminal.enter();
    terminal.draw('1\n2\n3\n4\n5\n6');
    expect(await tty.text()).toBe('1\n2\n3\n4');
    expect(tty.written).not.toContain('\u001b[5;1H');
  });

  it('draws all anew after a resize, without leftovers', async () => {
    const { tty, terminal } = on(20, 6);
    terminal.enter();
    terminal.draw('a long first line\nb\nc\nd');
    tty.resize(10, 3);
    terminal.draw('short\nb');
    terminal.redraw();
    expect(await tty.text()).toBe('short\nb');
  });

  it('gives a slow terminal the newest frame when it is ready, not every one', () => {
    const { tty, terminal } = on();
    terminal.enter();
    tty.ready = false;
    terminal.draw('frame 1');
    const before = tty.writes.length;
    for (let frame = 2; frame <= 50; frame++) terminal.draw(`frame ${frame}`);
    expect(tty.writes.length).toBe(before);
    tty.ready = true;
    tty.emit('drain');
    expect(tty.writes.slice(before).join('')).toContain('frame 50');
    expect(tty.writes.length).toBe(before + 1);
  });

  it('outlives a terminal that goes away', () => {
    const { tty, terminal } = on();
    terminal.enter();
    tty.emit('error', new Error('write EIO'));
    const before = tty.writes.length;
    terminal.draw('nobody looks');
    terminal.leave();
    expect(tty.writes.length).toBe(before);
    expect(terminal.gone).toBe(true);
  });
});

describe('rows that stand in for themselves in the layout', () => {
  it('come back in their places, beside and under each other', () => {
    const blocks = new RowBlocks();
    const left = blocks.open();
    const right = blocks.open();
    const a = blocks.show(left, ['\u001b[1mone\u001b[22m', 'two']);
    const b = blocks.show(right, ['1', '2']);
    const [a1 = '', a2 = ''] = a.split('\n');
    const [b1 = '', b2 = ''] = b.split('\n');
    expect(blocks.expand(`${a1}      ${b1}\n${a2}      ${b2}\n`)).toBe(
      '\u001b[1mone\u001b[22m    1\ntwo    2\n',
    );
  });

  it('change what the layout sees whenever they change, and only then', () => {
    const blocks = new RowBlocks();
    const block = blocks.open();
    const first = blocks.show(block, ['a']);
    expect(blocks.show(block, ['a'])).toBe(first);
    expect(blocks.show(block, ['b'])).not.toBe(first);
  });

  it('use a character again when its block is gone', () => {
    const blocks = new RowBlocks();
    for (let round = 0; round < 10_000; round++) blocks.close(blocks.open());
    expect(() => blocks.open()).not.toThrow();
  });
});
