import { useEffect, useRef, useState } from 'react';
import { LAYERS } from '../keys/focus-stack.ts';
import type { InputEvent } from '../keys/key-reader.ts';
import { editText, fieldOf, insertText } from '../state/edit-text.ts';
import type { TextField } from '../state/edit-text.ts';
import { useScreenContext } from '../state/screen-context.ts';
import type { Dialog } from '../state/screen-store.ts';
import { span } from '../text/line.ts';
import type { Line, Span } from '../text/line.ts';
import { wrap } from '../text/measure.ts';
import { ruleLine } from './frame-parts.ts';
import { Lines } from './lines.tsx';

const takesText = (dialog: Dialog): boolean => dialog.kind === 'input' || dialog.typed !== undefined;
const bodyLines = (dialog: Dialog, cells: number): string[] =>
  (dialog.kind === 'confirm' ? dialog.lines : dialog.hint === undefined ? [] : [dialog.hint]).flatMap(
    (text) => wrap(text, cells - 2),
  );

/** Rows the dialog takes from the screen above it. */
export const dialogHeight = (dialog: Dialog | undefined, cells: number): number =>
  dialog === undefined ? 0 : 1 + bodyLines(dialog, cells).length + (takesText(dialog) ? 2 : 0) + 1;

/** A question of the program at the bottom of the screen. Keep one per dialog (`key`), it holds what is typed. */
export function DialogPanel({ dialog, cells }: { readonly dialog: Dialog; readonly cells: number }) {
  const { screen, focus, symbols } = useScreenContext();
  const [field, setField] = useState<TextField>(() => fieldOf(dialog.kind === 'input' ? dialog.value : ''));
  const [problem, setProblem] = useState(dialog.kind === 'input' ? dialog.problem : undefined);
  const state = useRef({ field, dialog });
  state.current = { field, dialog };

  useEffect(() => {
    const edit = (next: TextField) => {
      const { dialog: now } = state.current;
      // Keys may come faster than draws: the next one must find this one's text.
      state.current = { ...state.current, field: next };
      setField(next);
      setProblem(undefined);
      if (now.kind === 'input') now.change?.(next.text);
    };
    const handle = (event: InputEvent): boolean => {
      const { field: current, dialog: now } = state.current;
      if (event.kind !== 'key') {
        if (takesText(now)) edit(insertText(current, event.text));
        return true;
      }
      if (event.name === 'escape') {
        screen.closeDialog();
        if (now.kind === 'input') now.giveUp?.();
      } else if (!takesText(now)) {
        if (event.name === 'y' || event.name === 'n' || event.name === 'q') screen.closeDialog();
        if (event.name === 'y' && now.kind === 'confirm') now.run();
      } else if (event.name === 'enter') {
        const reason = refusal(now, current.text);
        if (reason !== undefined) setProblem(reason);
        else {
          screen.closeDialog();
          if (now.kind === 'input') now.run(current.text);
          else now.run();
        }
      } else {
        const next = editText(current, event.name);
        if (next !== undefined) edit(next);
      }
      return true;
    };
    return focus.push({ priority: LAYERS.dialog, wantsText: () => takesText(state.current.dialog), handle });
  }, [focus, screen]);

  const lines: Line[] = [ruleLine(dialog.title, cells, symbols)];
  for (const text of bodyLines(dialog, cells)) lines.push([span(` ${text}`)]);
  if (takesText(dialog)) {
    const secret = dialog.kind === 'input' && dialog.secret === true;
    lines.push(
      fieldLine(field, secret, cells),
      problem === undefined ? [] : [span(` ${problem}`, 'warning')],
    );
  }
  lines.push(hintLine(dialog));
  return <Lines lines={lines} cells={cells} />;
}

function refusal(dialog: Dialog, text: string): string | undefined {
  if (dialog.kind === 'input') return dialog.check?.(text);
  return text.trim() === dialog.typed ? undefined : `Type ${dialog.typed ?? ''} exactly, or Esc to go back.`;
}

/** The caret is a cell in inverse; a long text shows the part around it. */
function fieldLine(field: TextField, secret: boolean, cells: number): Line {
  const characters = [...(secret ? '*'.repeat([...field.text].length) : field.text), ' '];
  const room = cells - 4;
  const from = Math.max(0, field.caret - room + 1);
  const shown: Span[] = [
    span(' > ', 'key'),
    span(characters.slice(from, field.caret).join('')),
    span(characters[field.caret] ?? ' ', 'field'),
    span(characters.slice(field.caret + 1, from + room).join('')),
  ];
  return shown;
}

function hintLine(dialog: Dialog): Line {
  const yes = dialog.kind === 'confirm' ? dialog.yes : 'take it';
  const how: Span[] = takesText(dialog)
    ? [...(dialog.kind === 'confirm' ? [span(` type ${dialog.typed ?? ''} and`)] : []), span(' Enter', 'key')]
    : [span(' y', 'key')];
  return [...how, span(` ${yes}`), span('   Esc', 'key'), span(' back')];
}
