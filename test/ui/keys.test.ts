import { describe, expect, it } from 'vitest';
import { FocusStack, LAYERS } from '../../src/ui/keys/focus-stack.ts';
import { KeyReader, SCAN_GAP_MS } from '../../src/ui/keys/key-reader.ts';
import type { InputEvent } from '../../src/ui/keys/key-reader.ts';
import { KEY_TABLE, keysOf } from '../../src/ui/keys/key-table.ts';
import type { KeyRow } from '../../src/ui/keys/key-table.ts';
import { asciiSymbols } from '../../src/ui/theme/symbols.ts';
import { footerLine } from '../../src/ui/components/frame-parts.ts';
import { helpLines } from '../../src/ui/screens/help-screen.tsx';
import { lineWidth } from '../../src/ui/text/line.ts';
import { batch, runningSlot, settledSlot, twelve } from './slots.ts';
import { ManualClock } from '../harness/manual-clock.ts';

function reader(wantsText = false) {
  const clock = new ManualClock();
  const events: InputEvent[] = [];
  const keys = new KeyReader(
    clock,
    (event) => events.push(event),
    () => wantsText,
  );
  return {
    clock,
    events,
    keys,
    names: () => events.map((event) => (event.kind === 'key' ? event.name : `${event.kind}:${event.text}`)),
  };
}

describe('the key reader', () => {
  it('reads arrows, ends, pages and control keys of the usual terminals', () => {
    const { keys, names } = reader();
    keys.feed('\u001b[A\u001bOB\u001b[H\u001b[4~\u001b[5~\u001b[6~\u001b[Z\r\t\u007f\u0003\u001a\f');
    expect(names()).toEqual([
      'up',
      'down',
      'home',
      'end',
      'pageup',
      'pagedown',
      'shift-tab',
      'enter',
      'tab',
      'backspace',
      'ctrl-c',
      'ctrl-z',
      'ctrl-l',
    ]);
  });

  it('puts a sequence together that came in two pieces, and knows a lone Esc by the silence after it', () => {
    const { keys, names, clock } = reader();
    keys.feed('\u001b');
    keys.feed('[B');
    expect(names()).toEqual(['down']);
    keys.feed('\u001b');
    expect(names()).toEqual(['down']);
    clock.pass(SCAN_GAP_MS);
    expect(names()).toEqual(['down', 'escape']);
  });

  it('ignores sequences it does not know, and half of one that never ends', () => {
    const { keys, names, clock } = reader();
    keys.feed('\u001b[38;2u\u001b[');
    clock.pass(SCAN_GAP_MS);
    keys.feed('A');
    clock.pass(SCAN_GAP_MS);
    expect(names()).toEqual(['A']);
  });

  it('gives a letter as a key once no scanner can be typing it', () => {
    const { keys, names, clock } = reader();
    keys.feed('r');
    expect(names()).toEqual([]);
    clock.pass(SCAN_GAP_MS);
    expect(names()).toEqual(['r']);
  });

  it('takes a burst that ends with Enter or Tab for a scan, in one piece or letter by letter, never for keys', () => {
    for (const end of ['\r', '\n', '\t']) {
      const { keys, names } = reader();
      keys.feed(`LMP-0048811${end}`);
      expect(names()).toEqual(['scan:LMP-0048811']);
    }
    const { keys, names, clock } = reader();
    for (const letter of 'rscq7\r') {
      keys.feed(letter);
      clock.pass(5);
    }
    expect(names()).toEqual(['scan:rscq7']);
  });

  it('takes a burst without an end for a scan too', () => {
    const { keys, names, clock } = reader();
    keys.feed('246f2810aa03');
    clock.pass(SCAN_GAP_MS);
    expect(names()).toEqual(['scan:246f2810aa03']);
  });

  it('takes a held-down key and quick cursor moves for keys', () => {
    const { keys, names, clock } = reader();
    keys.feed('cccccc');
    keys.feed('\u001b[B');
    keys.feed('jjjkG');
    clock.pass(SCAN_GAP_MS);
    expect(names()).toEqual([...'cccccc', 'down', ...'jjjkG']);
  });

  it('hands letters through at once where text is wanted', () => {
    const { keys, names } = reader(true);
    keys.feed('scan1\r');
    expect(names()).toEqual([...'scan1', 'enter']);
  });

  it('decodes a bracketed paste, split anywhere, with line breaks inside', () => {
    const whole = '\u001b[200~/tmp/lämp.bin\nq\u001b[201~x';
    for (let cut = 1; cut < whole.length; cut++) {
      const { keys, events, clock } = reader();
      keys.feed(whole.slice(0, cut));
      keys.feed(whole.slice(cut));
      clock.pass(SCAN_GAP_MS);
      expect(events).toEqual([
        { kind: 'paste', text: '/tmp/lämp.bin\nq' },
        { kind: 'key', name: 'x' },
      ]);
    }
  });

  it('does not keep the keyboard dead when the end of a paste is lost', () => {
    const { keys, names, clock } = reader();
    keys.feed('\u001b[200~half');
    clock.pass(1000);
    keys.feed('q');
    clock.pass(SCAN_GAP_MS);
    expect(names()).toEqual(['paste:half', 'q']);
  });

  it('puts characters together whose bytes came apart', () => {
    const { keys, names } = reader(true);
    const bytes = Buffer.from('ü');
    keys.feed(bytes.subarray(0, 1));
    keys.feed(bytes.subarray(1));
    expect(names()).toEqual(['ü']);
  });
});

describe('the focus stack', () => {
  const layer = (priority: number, heard: string[], name: string, uses: boolean, text = false) => ({
    priority,
    wantsText: () => text,
    handle: () => {
      heard.push(name);
      return uses;
    },
  });

  it('asks from the top down until one uses the key', () => {
    const stack = new FocusStack();
    const heard: string[] = [];
    stack.push(layer(LAYERS.screen, heard, 'screen', true));
    stack.push(layer(LAYERS.global, heard, 'global', true));
    const close = stack.push(layer(LAYERS.dialog, heard, 'dialog', false, true));
    expect(stack.wantsText()).toBe(true);
    stack.dispatch({ kind: 'key', name: 'x' });
    expect(heard).toEqual(['dialog', 'screen']);
    close();
    expect(stack.wantsText()).toBe(false);
  });
});

describe('the key table', () => {
  const screens = [...new Set((KEY_TABLE as readonly KeyRow[]).flatMap(({ on }) => on))];

  it.each(screens)('has no key twice on the screen %s', (screen) => {
    const keys = keysOf(screen).flatMap((row) => row.keys);
    expect(keys.filter((key, index) => keys.indexOf(key) !== index)).toEqual([]);
  });

  it('has a sentence for every key and a short word for the footer', () => {
    for (const { help, label } of KEY_TABLE) {
      expect(help).toMatch(/\.$/);
      expect(label.length).toBeLessThanOrEqual(12);
    }
  });

  it.each(screens)('makes the help of the screen %s, with every key of it', (screen) => {
    const text = helpLines(screen, 80, asciiSymbols)
      .map((line) => line.map((part) => part.text).join(''))
      .join('\n');
    for (const { help } of keysOf(screen)) expect(text).toContain(help.slice(0, 30));
  });

  it('shows as many keys in the footer as fit, and always the ways out', () => {
    for (const cells of [40, 60, 80, 200]) {
      const line = footerLine(keysOf('bench'), cells, asciiSymbols);
      expect(lineWidth(line)).toBeLessThanOrEqual(cells + 2);
      const text = line.map((part) => part.text).join('');
      expect(text).toContain('q quit');
      expect(text).toContain('? help');
    }
  });

  const why = (id: string, context: Parameters<NonNullable<KeyRow['why']>>[0]) =>
    (KEY_TABLE as readonly KeyRow[]).find((row) => row.id === id)?.why?.(context);
  const [pass, , , failed, asked, flashing] = twelve();
  const at = (slot: typeof pass & object) => ({ slot, targets: [slot], batch: batch([slot]) });

  it('says why a key does nothing', () => {
    expect(why('retry', at(pass!))).toContain('only settled places that did not pass');
    expect(why('retry', at(failed!))).toBeUndefined();
    expect(why('skip', at(flashing!))).toContain('too late to skip; c cancels');
    expect(why('skip', at(asked!))).toBeUndefined();
    expect(why('cancel', at(pass!))).toContain('nothing runs there');
    expect(why('lookAgain', at(failed!))).toContain('only UNSURE');
    expect(why('lookAgain', at(settledSlot(1, 'UNSURE')))).toBeUndefined();
    expect(why('perform', at(asked!))).toBeUndefined();
    expect(why('perform', at(pass!))).toBe('Nothing is asked at lamp#1.');
    expect(why('finish', at(pass!))).toContain('no cycle batch');
    expect(why('perform', {})).toBe('There is no place under the cursor.');
  });

  it('has no key for an act on a real link: the answer of the unit is the only answer', () => {
    const real = runningSlot(1, 'wire-check', {
      state: 'needs-operator',
      prompt: { ...asked!.prompt!, canPerform: false },
    });
    expect(why('perform', at(real))).toContain('the prompt goes when the unit answers');
  });

  it('acts on those marked places that can take it', () => {
    expect(why('retry', { targets: [pass!, failed!] })).toBeUndefined();
    expect(why('retry', { targets: [pass!, flashing!] })).toContain('lamp#1, lamp#6');
  });
});
