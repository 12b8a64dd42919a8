import { Box } from 'ink';
import { useMemo } from 'react';
import { toBenchError } from '../../core/errors.ts';
import type { LogLine } from '../../core/log.ts';
import { Footer } from '../components/footer.tsx';
import { headerLine, ruleLine } from '../components/frame-parts.ts';
import { Lines } from '../components/lines.tsx';
import { useCopy } from '../hooks/use-copy.ts';
import { useCommands } from '../hooks/use-commands.ts';
import { useLog } from '../hooks/use-log.ts';
import { useFrame, useRemembered } from '../hooks/use-stores.ts';
import { windowText } from '../layout/window.ts';
import { useScreenContext } from '../state/screen-context.ts';
import type { Line } from '../text/line.ts';
import { findSlot } from '../words/bench-rows.ts';
import { logLines } from '../words/log-lines.ts';

/** Header, rule, footer. */
const FIXED = 3;

interface Position {
  /** First row in sight, or following the end. */
  readonly top: number | 'end';
  readonly search: string;
}

/** The whole log of a place: follows its end, scrolls, searches. */
export function LogScreen({
  slotId,
  cells,
  height,
}: {
  readonly slotId: string;
  readonly cells: number;
  readonly height: number;
}) {
  const { view } = useFrame();
  const { screen, services, symbols } = useScreenContext();
  const copy = useCopy();
  const slot = findSlot(view, slotId);
  const log = useLog(slotId);
  const [{ top: wanted, search }, remember] = useRemembered<Position>(`log.${slotId}`, {
    top: 'end',
    search: '',
  });
  const room = height - FIXED;
  const { rows, matches } = useRows(log, cells, search);
  const highest = Math.max(0, rows.length - room);
  const top = wanted === 'end' ? highest : Math.max(0, Math.min(wanted, highest));
  const move = (to: number) => remember({ top: Math.max(0, Math.min(to, highest)), search });
  const match = (next: number | undefined) => {
    if (next === undefined) screen.say(`No other line has "${search}".`, 'warning');
    else move(next);
  };

  const footer = useCommands({
    screen: 'log',
    context: { slot, hasMatch: matches.length > 0 },
    labels: { filter: 'search' },
    commands: {
      up: () => move(top - 1),
      down: () => move(top + 1),
      first: () => move(0),
      last: () => remember({ top: 'end', search }),
      pageUp: () => move(top - room + 1),
      pageDown: () => move(top + room - 1),
      follow: () => remember({ top: wanted === 'end' ? top : 'end', search }),
      filter: () =>
        screen.ask({
          kind: 'input',
          title: 'Search the log for',
          value: search,
          run: (text) => {
            const wantedText = text.trim();
            const found = matchesIn(log, cells, wantedText);
            remember({ top: found.find((row) => row >= top) ?? found[0] ?? top, search: wantedText });
            if (found.length === 0 && wantedText !== '')
              screen.say(`No line has "${wantedText}".`, 'warning');
          },
        }),
      copy: () => copy(rows.slice(top, top + room)),
      saveLog: () => {
        if (slot === undefined) return;
        services.saveLog(slot.batchId, slot.link.text).then(
          (path) => screen.say(`Written: ${path}`),
          (error: unknown) => screen.say(toBenchError(error).message, 'warning'),
        );
      },
      nextMatch: () => match(matches.find((row) => row > top)),
      previousMatch: () => match(matches.findLast((row) => row < top)),
    },
  });
  const searching = search === '' ? '' : `  "${search}" in ${matches.length} lines`;
  return (
    <Box flexDirection="column" width={cells} height={height}>
      <Lines
        cells={cells}
        lines={[
          headerLine(
            `log ${slot?.label ?? ''}`,
            searching,
            wanted === 'end' ? 'following' : 'f follows again',
            cells,
          ),
        ]}
      />
      <Lines lines={rows.slice(top, top + room)} cells={cells} height={room} />
      <Lines
        cells={cells}
        lines={[
          ruleLine(
            '',
            cells,
            symbols,
            windowText({ top, end: top + room, above: top, below: Math.max(0, rows.length - top - room) }),
          ),
        ]}
      />
      <Footer rows={footer} cells={cells} />
    </Box>
  );
}

const hit = (entry: LogLine, search: string): boolean =>
  search !== '' && entry.text.toLowerCase().includes(search.toLowerCase());

function matchesIn(log: readonly LogLine[], cells: number, search: string): number[] {
  return layOut(log, cells, search).matches;
}

function layOut(log: readonly LogLine[], cells: number, search: string): { rows: Line[]; matches: number[] } {
  const rows: Line[] = [];
  const matches: number[] = [];
  for (const entry of log) {
    const found = hit(entry, search);
    if (found) matches.push(rows.length);
    rows.push(...logLines(entry, cells, found ? 'field' : undefined));
  }
  return { rows, matches };
}

/** Laid out anew only when a line came: a log is long. */
function useRows(log: readonly LogLine[], cells: number, search: string) {
  const { length } = log;
  // The bench may hand out the same array each time; its length and last line say whether a line came.
  const newest = log.at(-1);
  return useMemo(() => layOut(log, cells, search), [length, newest, cells, search]);
}
