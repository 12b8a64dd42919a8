import { Box } from 'ink';
import { Footer } from '../components/footer.tsx';
import { headerLine, ruleLine } from '../components/frame-parts.ts';
import { Lines } from '../components/lines.tsx';
import { useCopy } from '../hooks/use-copy.ts';
import { useCommands } from '../hooks/use-commands.ts';
import { useList } from '../hooks/use-list.ts';
import { useLoaded } from '../hooks/use-loaded.ts';
import { useNote } from '../hooks/use-note.ts';
import { useSlotCommands } from '../hooks/use-slot-commands.ts';
import { useFrame, useRemembered } from '../hooks/use-stores.ts';
import { canRetry } from '../keys/why-not.ts';
import { windowText } from '../layout/window.ts';
import { useScreenContext } from '../state/screen-context.ts';
import { line, span, spread } from '../text/line.ts';
import type { Line } from '../text/line.ts';
import { findBatch, findSlot } from '../words/bench-rows.ts';
import { runLines } from '../words/device-lines.ts';
import { explain } from '../words/explain.ts';
import { resultHeadings, resultLine } from '../words/result-line.ts';
import { countRows, isOpenResult, rowsOfBatch, rowsOfRecords } from '../words/result-rows.ts';
import type { ResultRow } from '../words/result-rows.ts';
import { plural } from '../text/format.ts';
import { totalsLine, yieldPercent } from '../words/totals.ts';

/** Header, totals, headings, rule, footer. */
const FIXED = 5;

/** A batch, live or from the records: first what did not pass, each explained. */
export function ResultsScreen({
  batchId,
  cells,
  height,
}: {
  readonly batchId: string;
  readonly cells: number;
  readonly height: number;
}) {
  const { view } = useFrame();
  const { services, symbols, screen } = useScreenContext();
  const batch = findBatch(view, batchId);
  const records = useLoaded(batchId, () =>
    batch === undefined ? services.runs(batchId) : Promise.resolve([]),
  );
  const all = batch === undefined ? rowsOfRecords(records.value ?? []) : rowsOfBatch(batch);
  const open = all.filter(isOpenResult);
  const [choice, choosePasses] = useRemembered<boolean | undefined>(`results.${batchId}.passes`, undefined);
  const [marks, setMarks] = useRemembered<ReadonlySet<number>>(`results.${batchId}.marks`, new Set());
  // With nothing to see to, the passes are the result.
  const showPasses = choice ?? open.length === 0;
  const rows = showPasses ? all : open;

  const room = height - FIXED;
  const listRoom = Math.max(3, Math.min(rows.length, Math.floor(room * 0.55)));
  const list = useList(`results.${batchId}.cursor`, rows.length, listRoom);
  const row = rows[list.cursor];
  const marked = rows.filter(({ settled }) => marks.has(settled.run));
  const acted = marked.length > 0 ? marked : open.filter(({ slotId }) => slotId !== undefined);
  const targets = acted
    .flatMap(({ slotId }) => (slotId === undefined ? [] : [findSlot(view, slotId)]))
    .filter((slot) => slot !== undefined);
  const copy = useCopy();
  const note = useNote(batchId, records.reload);

  const slot = row?.slotId === undefined ? undefined : findSlot(view, row.slotId);
  const slotCommands = useSlotCommands(targets, slot ?? batch?.slots[0]);
  const toggle = (run: number) =>
    setMarks(new Set(marks.has(run) ? [...marks].filter((other) => other !== run) : [...marks, run]));
  const retryable = targets.filter(canRetry).length;
  const footer = useCommands({
    screen: 'results',
    context: {
      slot,
      targets,
      batch: batch ?? (records.value === undefined ? undefined : EARLIER),
      hasNote: row !== undefined,
      canOpen: row !== undefined,
    },
    labels: { retry: retryable === 1 ? 'retry this one' : `retry these ${retryable}` },
    commands: {
      ...list.commands,
      ...(batch !== undefined && {
        retry: () => {
          slotCommands.retry?.('r');
          setMarks(new Set());
          screen.back();
        },
        lookAgain: slotCommands.lookAgain,
      }),
      open: () => {
        if (row?.slotId !== undefined) screen.push({ name: 'device', slotId: row.slotId });
        else if (row?.settled.identity.mac !== undefined)
          screen.push({ name: 'unit', query: row.settled.identity.mac });
        else screen.say('This unit never said its MAC: there is no history of it.', 'warning');
      },
      mark: () => {
        if (row === undefined) return;
        toggle(row.settled.run);
        list.move(list.cursor + 1);
      },
      all: () =>
        setMarks(new Set(marked.length === rows.length ? [] : rows.map(({ settled }) => settled.run))),
      passes: () => choosePasses(!showPasses),
      copy: () => row !== undefined && copy(runLines(row.place, row.settled, symbols)),
      note: () => row !== undefined && note(row.settled),
      export: () =>
        void services.exportCsv(batchId).then(
          (path) => screen.say(`Written: ${path}`),
          (error: unknown) => screen.say(error instanceof Error ? error.message : String(error), 'warning'),
        ),
      unit: () =>
        row?.settled.identity.mac !== undefined &&
        screen.push({ name: 'unit', query: row.settled.identity.mac }),
    },
    scan: (text) => {
      const found = rows.findIndex((each) => isScanned(each, text));
      if (found >= 0) list.move(found);
      else screen.say(`Scanned ${text}: no unit of this list has that MAC.`, 'warning');
    },
  });

  const counts = countRows(all);
  const percent = yieldPercent(counts);
  const where =
    batch === undefined ? 'from the records' : batch.endedAt === undefined ? 'still running' : 'ended';
  const totals: Line = spread(
    [
      span(' '),
      ...totalsLine({ outcomes: counts, running: 0, needsOperator: 0, waiting: 0 }, symbols, cells < 90),
    ],
    percent === undefined ? [] : [span(`yield ${percent}% `, 'dim')],
    cells,
  );
  const hidden = showPasses ? '' : plural(all.length - open.length, 'pass', 'passes');
  const shown = rows.slice(list.window.top, list.window.end);
  const lines = shown.map((each, index) =>
    resultLine(each, cells, symbols, {
      cursor: list.window.top + index === list.cursor,
      marked: marks.has(each.settled.run),
    }),
  );
  if (rows.length === 0) lines.push(line(emptyText(records.error?.message, batch !== undefined), 'dim'));
  return (
    <Box flexDirection="column" width={cells} height={height}>
      <Lines
        cells={cells}
        lines={[
          headerLine(`${batchId} results`, `${plural(all.length, 'unit')}, ${where}`, '', cells),
          totals,
          resultHeadings(cells),
        ]}
      />
      <Lines lines={lines} cells={cells} height={listRoom} />
      <Lines
        cells={cells}
        lines={[
          ruleLine(
            '',
            cells,
            symbols,
            [windowText(list.window), hidden === '' ? '' : `${hidden} hidden`].filter(Boolean).join(', '),
          ),
        ]}
      />
      <Lines
        lines={row === undefined ? [] : explain(row.settled, cells, symbols)}
        cells={cells}
        height={room - listRoom}
      />
      <Footer rows={footer} cells={cells} />
    </Box>
  );
}

/** Stands for a batch of the records where only its being there matters. */
const EARLIER = { cycle: false, slots: [] } as unknown as NonNullable<ReturnType<typeof findBatch>>;

const isScanned = ({ settled }: ResultRow, scan: string): boolean => {
  const digits = scan.toLowerCase().replaceAll(/[^0-9a-f]/g, '');
  return digits.length >= 6 && settled.identity.mac?.replaceAll(':', '').endsWith(digits) === true;
};

const emptyText = (problem: string | undefined, live: boolean): string =>
  problem !== undefined ? ` ${problem}` : live ? ' No unit is settled yet.' : ' Reading the records';
