import { Box } from 'ink';
import { Footer } from '../components/footer.tsx';
import { headerLine, ruleLine } from '../components/frame-parts.ts';
import { Lines } from '../components/lines.tsx';
import { useCommands } from '../hooks/use-commands.ts';
import { useScroll } from '../hooks/use-list.ts';
import { useLoaded } from '../hooks/use-loaded.ts';
import { windowText } from '../layout/window.ts';
import type { UnitHistory } from '../services.ts';
import { useScreenContext } from '../state/screen-context.ts';
import { bytes, dateTime, plural } from '../text/format.ts';
import { blank, line, span } from '../text/line.ts';
import type { Line } from '../text/line.ts';
import { cutMiddle, wrap } from '../text/measure.ts';
import type { Symbols } from '../theme/symbols.ts';
import { explain } from '../words/explain.ts';
import { settledOfRecord } from '../words/result-rows.ts';

/** Header, rule, footer. */
const FIXED = 3;

/** All that is known of one unit, over all batches: newest run first, and what each backup can bring back. */
export function UnitScreen({
  query,
  cells,
  height,
}: {
  readonly query: string;
  readonly cells: number;
  readonly height: number;
}) {
  const { services, symbols, screen } = useScreenContext();
  const { value, error } = useLoaded(query, async () => ({ history: await services.unitHistory(query) }));
  const history = value?.history;
  const missing =
    error !== undefined
      ? `${error.message} ${error.advice}`
      : value === undefined
        ? 'Reading the records'
        : `The records know no unit "${query}". h asks again.`;
  const lines =
    history !== undefined
      ? historyLines(history, cells, symbols)
      : wrap(missing, cells - 2).map((text) => line(` ${text}`));
  const room = height - FIXED;
  const scroll = useScroll(`unit.${query}`, lines.length, room);
  const footer = useCommands({
    screen: 'unit',
    context: {},
    commands: scroll.commands,
    scan: (text) => {
      screen.back();
      screen.push({ name: 'unit', query: text.trim() });
    },
  });
  const what =
    history === undefined
      ? ''
      : [
          history.chip,
          history.flashSizeBytes === undefined ? undefined : `${bytes(history.flashSizeBytes)} flash`,
        ]
          .filter(Boolean)
          .join(', ');
  return (
    <Box flexDirection="column" width={cells} height={height}>
      <Lines
        cells={cells}
        lines={[
          headerLine(
            `unit ${history?.mac ?? query}`,
            what,
            history === undefined ? '' : plural(history.runs.length, 'run'),
            cells,
          ),
        ]}
      />
      <Lines lines={lines.slice(scroll.window.top, scroll.window.end)} cells={cells} height={room} />
      <Lines cells={cells} lines={[ruleLine('', cells, symbols, windowText(scroll.window))]} />
      <Footer rows={footer} cells={cells} />
    </Box>
  );
}

function historyLines(history: UnitHistory, cells: number, symbols: Symbols): Line[] {
  const lines: Line[] = [ruleLine('backups', cells, symbols)];
  if (history.backups.length === 0) lines.push(line(' None of this unit.'));
  for (const backup of history.backups) {
    const mark = backup.mark === 'first' ? 'before any write' : 'taken after a write';
    lines.push([
      span(` ${dateTime(backup.takenAt)} `, 'dim'),
      span(` ${bytes(backup.bytes)} ${backup.whole ? 'whole' : 'part'}, ${mark}`, 'strong'),
    ]);
    if (backup.contents !== undefined) lines.push(line(`   brings back: ${backup.contents}`));
    lines.push(line(`   ${cutMiddle(backup.file, cells - 4, symbols.ellipsis)}`, 'dim'));
  }
  for (const record of [...history.runs].reverse()) {
    const who = record.operator === undefined || record.operator === '' ? '' : `, ${record.operator}`;
    lines.push(
      blank,
      ruleLine(
        `${dateTime(record.startedAt)}  ${record.batch}  ${record.task}  ${record.flow}${who}`,
        cells,
        symbols,
      ),
      ...explain(settledOfRecord(record), cells, symbols),
    );
  }
  return lines;
}
