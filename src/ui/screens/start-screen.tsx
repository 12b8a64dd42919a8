import { Box } from 'ink';
import { Footer } from '../components/footer.tsx';
import { headerLine, ruleLine } from '../components/frame-parts.ts';
import { Lines } from '../components/lines.tsx';
import { useLoaded } from '../hooks/use-loaded.ts';
import { useStartCommands } from '../hooks/use-start-commands.ts';
import { useAdapters, useFrame, useRemembered } from '../hooks/use-stores.ts';
import { windowRows, windowText } from '../layout/window.ts';
import type { AdapterView } from '../services.ts';
import { useScreenContext } from '../state/screen-context.ts';
import { plural } from '../text/format.ts';
import { line, span, spread } from '../text/line.ts';
import type { Line } from '../text/line.ts';
import { cutEnd, cutMiddle, padEnd, width, wrap } from '../text/measure.ts';
import type { Symbols } from '../theme/symbols.ts';
import { startCells, startRows, startSentence } from '../words/start-rows.ts';
import type { StartRow } from '../words/start-rows.ts';
import { isOpen } from '../words/slot-words.ts';

/** Header, adapters, rule, two for the sentence, footer. */
const FIXED = 6;

/** Jobs, flows, earlier batches and what is plugged in. */
export function StartScreen({ cells, height }: { readonly cells: number; readonly height: number }) {
  const { services, symbols, practice } = useScreenContext();
  const { view } = useFrame();
  const adapters = useAdapters();
  const live = view.batches.map(({ id, endedAt }) => `${id}${endedAt ?? ''}`).join();
  const jobs = useLoaded(live, () => services.jobs(), true);
  const batches = useLoaded(live, () => services.earlierBatches(), true);
  const rows = startRows({
    jobs: jobs.value ?? [],
    flows: services.flows,
    batches: (batches.value ?? []).filter(({ id }) =>
      view.batches.every((batch) => batch.id !== id || batch.endedAt !== undefined),
    ),
    practiceFirst: practice || adapters.length === 0,
  });

  const [wanted, setCursor] = useRemembered<string | undefined>('start.cursor', undefined);
  const [top, setTop] = useRemembered('start.top', 0);
  const found = rows.findIndex((row) => keyOf(row) === wanted);
  const cursor = found >= 0 ? found : rows.findIndex(({ kind }) => kind !== 'heading');
  const room = height - FIXED;
  // The heading above the first row of a section comes into sight with it.
  const shown = rows[cursor - 1]?.kind === 'heading' ? cursor - 1 : cursor;
  const window = windowRows(rows.length, cursor, room, windowRows(rows.length, shown, room, top).top);
  const selectable = rows.flatMap(({ kind }, index) => (kind === 'heading' ? [] : [index]));
  const move = (step: number) => {
    const position = Math.max(0, Math.min(selectable.indexOf(cursor) + step, selectable.length - 1));
    const row = rows[selectable[position] ?? -1];
    if (row !== undefined) setCursor(keyOf(row));
    setTop(window.top);
  };
  const row = rows[cursor];
  const footer = useStartCommands(row, {
    move,
    page: room - 1,
    reload: () => {
      jobs.reload();
      batches.reload();
    },
  });

  const names = rows.flatMap((each) => (each.kind === 'heading' ? [] : [width(startCells(each)[0])]));
  const nameCells = Math.min(Math.max(0, ...names), Math.floor(cells / 3));
  const lines = rows
    .slice(window.top, window.end)
    .map((each, index) => rowLine(each, window.top + index === cursor, nameCells, cells, symbols));
  const open = view.batches.flatMap(({ slots }) => slots).filter(isOpen).length;
  const running = open === 0 ? '' : `${plural(open, 'place')} at work (b)   `;
  const { operatorName } = services.preferences();
  return (
    <Box flexDirection="column" width={cells} height={height}>
      <Lines
        cells={cells}
        lines={[
          headerLine(
            `benchflash ${services.version}`,
            services.readOnlyBecause === undefined ? '' : 'LOOKING ONLY',
            `${running}${operatorName === '' ? '' : `operator ${operatorName}`}`,
            cells,
          ),
        ]}
      />
      <Lines lines={lines} cells={cells} height={room} />
      <Lines
        cells={cells}
        lines={[
          ruleLine('', cells, symbols, windowText(window)),
          adapterLine(adapters, cells, symbols),
          ...sentence(row, services.readOnlyBecause, cells),
        ]}
        height={4}
      />
      <Footer rows={footer} cells={cells} />
    </Box>
  );
}

const keyOf = (row: StartRow): string => {
  switch (row.kind) {
    case 'heading':
      return `heading ${row.title}`;
    case 'practice':
      return 'practice';
    case 'job':
      return `job ${row.job.name}`;
    case 'flow':
      return `flow ${row.flow.id}`;
    default:
      return `batch ${row.batch.id}`;
  }
};

function rowLine(row: StartRow, cursor: boolean, nameCells: number, cells: number, symbols: Symbols): Line {
  if (row.kind === 'heading') return ruleLine(row.title, cells, symbols);
  const [name, what, right] = startCells(row);
  const whatCells = cells - nameCells - right.length - 7;
  const warning = row.kind === 'unfinished' || (row.kind === 'job' && row.job.problem !== undefined);
  return spread(
    [
      span(
        cursor ? ' > ' : row.kind === 'unfinished' ? ' ! ' : '   ',
        warning && !cursor ? 'warning' : 'key',
      ),
      span(padEnd(cutEnd(name, nameCells, symbols.ellipsis), nameCells), cursor ? 'strong' : 'plain'),
      span(`  ${cutEnd(what, whatCells, symbols.ellipsis)}`, cursor ? 'strong' : 'plain'),
    ],
    [span(`${right} `, warning ? 'warning' : 'dim')],
    cells,
  );
}

function adapterLine(adapters: readonly AdapterView[], cells: number, symbols: Symbols): Line {
  if (adapters.length === 0)
    return line(' Adapters: none plugged in. p: practice bench, no hardware needed.', 'dim');
  const names = adapters.map(({ label, chip, usable }) => {
    const about = chip === undefined || label.includes(chip) ? '' : ` ${chip}`;
    return cutMiddle(label, 24, symbols.ellipsis) + about + (usable ? '' : ' (not usable, see A)');
  });
  return line(cutEnd(` Adapters: ${adapters.length}: ${names.join(', ')}`, cells, symbols.ellipsis), 'dim');
}

function sentence(row: StartRow | undefined, readOnlyBecause: string | undefined, cells: number): Line[] {
  const text =
    readOnlyBecause === undefined
      ? row === undefined
        ? ''
        : startSentence(row)
      : `Looking only: ${readOnlyBecause}`;
  return wrap(text, cells - 2)
    .slice(0, 2)
    .map((part) => line(` ${part}`));
}
