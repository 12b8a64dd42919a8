import { Box } from 'ink';
import { Footer } from '../components/footer.tsx';
import { headerLine, ruleLine } from '../components/frame-parts.ts';
import { Lines } from '../components/lines.tsx';
import { useCommands } from '../hooks/use-commands.ts';
import { useList } from '../hooks/use-list.ts';
import type { ScreenPreferences } from '../services.ts';
import { useScreenContext } from '../state/screen-context.ts';
import { line, span } from '../text/line.ts';
import { padEnd } from '../text/measure.ts';

/** Header, rule, help, data directory, footer. */
const FIXED = 5;

const BELL_WORDS = { off: 'off', once: 'once for each request', 'every-minute': 'every minute' } as const;
const SYMBOL_WORDS = { auto: 'as the terminal says', unicode: 'unicode', ascii: 'ascii' } as const;
const HELP = [
  'Stands in the records of all runs.',
  'When a place needs you.',
  'Glyphs and lines of the screen.',
];

const after = <T extends string>(values: readonly T[], value: T): T =>
  values[(values.indexOf(value) + 1) % values.length] ?? value;

/** Few on purpose: what belongs to a job is set in the job. */
export function SettingsScreen({ cells, height }: { readonly cells: number; readonly height: number }) {
  const context = useScreenContext();
  const { services, symbols, screen } = context;
  const preferences = services.preferences();
  const room = height - FIXED;
  const list = useList('settings.cursor', 3, room);
  const set = (changes: Partial<ScreenPreferences>) => {
    services.setPreferences(changes);
    context.applyPreferences();
  };
  const edits = [
    () =>
      screen.ask({
        kind: 'input',
        title: 'Operator name',
        value: preferences.operatorName,
        run: (text) => set({ operatorName: text.trim() }),
      }),
    () => set({ bell: after(['off', 'once', 'every-minute'] as const, preferences.bell) }),
    () => set({ symbols: after(['auto', 'unicode', 'ascii'] as const, preferences.symbols) }),
  ];
  const rows = [
    ['Operator name', preferences.operatorName === '' ? 'not given' : preferences.operatorName],
    ['Bell', BELL_WORDS[preferences.bell]],
    ['Symbols', SYMBOL_WORDS[preferences.symbols]],
  ] as const;
  const footer = useCommands({
    screen: 'settings',
    context: { canOpen: true },
    labels: { open: 'change' },
    commands: { ...list.commands, open: () => edits[list.cursor]?.() },
  });
  const lines = rows.map(([title, value], index) => [
    span(index === list.cursor ? ' > ' : '   ', 'key'),
    span(padEnd(title, 20), index === list.cursor ? 'strong' : 'plain'),
    span(value),
  ]);
  return (
    <Box flexDirection="column" width={cells} height={height}>
      <Lines cells={cells} lines={[headerLine('settings', '', `benchflash ${services.version}`, cells)]} />
      <Lines lines={lines} cells={cells} height={room} />
      <Lines
        cells={cells}
        lines={[
          ruleLine('', cells, symbols),
          line(` ${HELP[list.cursor] ?? ''} Enter changes it.`),
          line(` Records, backups and settings: ${services.dataDirectory}`, 'dim'),
        ]}
      />
      <Footer rows={footer} cells={cells} />
    </Box>
  );
}
