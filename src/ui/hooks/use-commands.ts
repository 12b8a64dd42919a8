import { useEffect, useRef } from 'react';
import { LAYERS } from '../keys/focus-stack.ts';
import type { InputEvent } from '../keys/key-reader.ts';
import { keysOf } from '../keys/key-table.ts';
import type { CommandId, KeyRow, ScreenName } from '../keys/key-table.ts';
import type { KeyContext } from '../keys/why-not.ts';
import { useScreenContext } from '../state/screen-context.ts';

export type Commands = Partial<Record<CommandId, (key: string) => void>>;

export interface ScreenKeys {
  readonly screen: ScreenName;
  readonly context: KeyContext;
  readonly commands: Commands;
  /** What a key is called here, where the table's word is too general. */
  readonly labels?: Partial<Record<CommandId, string>>;
  readonly paste?: (text: string) => void;
  readonly scan?: (text: string, ended: boolean) => void;
}

/** Binds a screen to its keys; returns the rows of the key table that work now, for the footer. */
export function useCommands(keys: ScreenKeys): readonly KeyRow[] {
  const context = useScreenContext();
  const { screen: store, focus } = context;
  const all: ScreenKeys = {
    ...keys,
    commands: {
      back: () => store.back(),
      leave: () => store.back(),
      help: () => store.push({ name: 'help', of: keys.screen }),
      quit: () => context.quit(),
      unit: () =>
        store.ask({
          kind: 'input',
          title: 'History of which unit?',
          hint: 'MAC, last six digits, or run number',
          value: '',
          check: (text) => (text.trim() === '' ? 'Type a MAC, six digits or a number.' : undefined),
          run: (query) => store.push({ name: 'unit', query: query.trim() }),
        }),
      settings: () => store.push({ name: 'settings' }),
      ...keys.commands,
    },
  };
  const latest = useRef(all);
  latest.current = all;

  useEffect(
    () =>
      focus.push({
        priority: LAYERS.screen,
        wantsText: () => false,
        handle: (event) =>
          handle(
            event,
            latest.current,
            (reason) => store.say(reason, 'warning'),
            () => store.clearToast(),
          ),
      }),
    [focus, store],
  );
  return keysOf(keys.screen)
    .filter(({ id, why }) => all.commands[id] !== undefined && why?.(keys.context) === undefined)
    .map((row) => ({ ...row, label: keys.labels?.[row.id] ?? row.label }));
}

function handle(
  event: InputEvent,
  keys: ScreenKeys,
  refuse: (reason: string) => void,
  hush: () => void,
): boolean {
  if (event.kind === 'paste') {
    keys.paste?.(event.text);
    return keys.paste !== undefined;
  }
  if (event.kind === 'scan') {
    keys.scan?.(event.text, event.ended);
    return true;
  }
  const row = keysOf(keys.screen).find(
    ({ id, keys: names }) => names.includes(event.name) && keys.commands[id] !== undefined,
  );
  if (row === undefined) {
    if (event.name.length === 1) refuse(`${event.name} does nothing here; ? lists the keys.`);
    return false;
  }
  const reason = row.why?.(keys.context);
  if (reason !== undefined) refuse(reason);
  else {
    hush();
    keys.commands[row.id]?.(event.name);
  }
  return true;
}
