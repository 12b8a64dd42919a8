import { Box } from 'ink';
import type { BatchView, SlotView } from '../../bench/view.ts';
import { bannerLine } from '../components/banner.ts';
import { Footer } from '../components/footer.tsx';
import { headerLine, ruleLine } from '../components/frame-parts.ts';
import { Lines, Row } from '../components/lines.tsx';
import { SlotRow } from '../components/slot-row.tsx';
import { useBenchCommands } from '../hooks/use-bench-commands.ts';
import { useBenchRows } from '../hooks/use-bench-rows.ts';
import { useLog } from '../hooks/use-log.ts';
import { useFrame } from '../hooks/use-stores.ts';
import { benchLayout } from '../layout/bench-layout.ts';
import { slotColumns } from '../layout/slot-columns.ts';
import { windowText } from '../layout/window.ts';
import { useScreenContext } from '../state/screen-context.ts';
import { duration } from '../text/format.ts';
import { line, lineWidth, span, spread } from '../text/line.ts';
import type { Line, Span } from '../text/line.ts';
import { width, wrap } from '../text/measure.ts';
import { logTail } from '../words/log-lines.ts';
import { slotHeadings } from '../words/slot-row.ts';
import { isOpen, slotSentence, TASK_WORDS } from '../words/slot-words.ts';
import { vitalsText } from '../words/vitals.ts';
import { heardCounts, sumCounts, totalsLine, yieldPercent } from '../words/totals.ts';

/** All batches of this session that are not put away, one row a place. */
export function BenchScreen({ cells, height }: { readonly cells: number; readonly height: number }) {
  const { view, now, tick } = useFrame();
  const { symbols, services } = useScreenContext();
  const onNetwork = new Set(
    services.flows.filter(({ linkKinds }) => linkKinds.includes('http')).map(({ id }) => id),
  );
  const rows = useBenchRows(view);
  const layout = benchLayout(cells, height, rows.items.length);
  const { items, cursorIndex, slot, marks, filter, window } = rows.inHeight(layout.rows);
  const footer = useBenchCommands(rows, layout.rows);
  const log = useLog(slot?.id);

  // Plugs tell the strength of their signal too, but nobody waits to hear them.
  const byRadio = rows.batches.filter(({ flowId }) => !onNetwork.has(flowId));

  const columns = slotColumns(layout.table, {
    slots: Math.max(1, ...rows.batches.map((batch) => batch.slots.length)),
    longestPlace: Math.max(
      0,
      ...rows.batches.flatMap((batch) => batch.slots.map(({ label }) => width(label))),
    ),
    hasVitals: rows.batches.some((batch) => batch.slots.some(({ vitals }) => vitals !== undefined)),
  });
  const nameOf = (batch: BatchView) => batchName(batch, rows.batches);
  const visible = items.slice(window.top, window.end);
  const table = (
    <Box flexDirection="column" width={layout.table} height={layout.rows} flexShrink={0}>
      {visible.map((item, index) =>
        item.kind === 'batch' ? (
          <Row
            key={item.batch.id}
            spans={batchHeading(item.batch, nameOf(item.batch), now, layout.table)}
            cells={layout.table}
          />
        ) : (
          <SlotRow
            key={item.slot.id}
            slot={item.slot}
            columns={columns}
            now={isOpen(item.slot) ? now - (now % 1000) : 0}
            tick={spins(item.slot) ? tick : 0}
            cursor={window.top + index === cursorIndex}
            marked={marks.has(item.slot.id)}
          />
        ),
      )}
      {items.length === 0 && <Row spans={line(emptyText(filter), 'dim')} cells={layout.table} />}
    </Box>
  );
  const logTitle = slot === undefined ? '' : `log ${slot.label}`;
  const shownLog = layout.logColumns > 0 ? logTail(log, layout.logColumns, layout.rows) : [];
  return (
    <Box flexDirection="column" width={cells} height={height}>
      <Lines
        cells={cells}
        lines={[
          header(rows.batches, now, filter, cells),
          totals(rows.batches, byRadio, cells, symbols),
          bannerLine(view, now, cells, symbols),
        ]}
      />
      {layout.logColumns === 0 ? (
        <>
          <Row spans={slotHeadings(columns)} cells={cells} />
          {table}
          <Row
            spans={ruleLine(layout.logRows > 0 ? logTitle : '', cells, symbols, windowText(window))}
            cells={cells}
          />
          <Lines lines={logTail(log, cells, layout.logRows)} cells={cells} height={layout.logRows} />
        </>
      ) : (
        <>
          <Box>
            <Row spans={slotHeadings(columns)} cells={layout.table} />
            <Box flexGrow={1} />
            <Box width={layout.logColumns} flexShrink={0}>
              <Row spans={ruleLine(logTitle, layout.logColumns, symbols)} cells={layout.logColumns} />
            </Box>
          </Box>
          <Box>
            {table}
            <Box width={1} flexShrink={0} />
            <Lines lines={shownLog} cells={layout.logColumns} height={layout.rows} />
          </Box>
          <Row spans={ruleLine('', cells, symbols, windowText(window))} cells={cells} />
        </>
      )}
      <Lines lines={sentenceLines(slot, layout.sentence, cells)} cells={cells} height={layout.sentence} />
      <Footer rows={footer} cells={cells} />
    </Box>
  );
}

const spins = ({ state, progress }: SlotView) => state === 'running' && progress?.total === undefined;

const emptyText = (filter: string): string =>
  filter === ''
    ? ' No batch on this screen. + starts one, Esc goes to the start screen.'
    : ` No place matches ${filter}. / changes the filter.`;

function header(batches: readonly BatchView[], now: number, filter: string, cells: number): Line {
  const [only] = batches;
  const filterText = filter === '' ? '' : `filter: ${filter}   `;
  const started = Math.min(...batches.map(({ startedAt }) => startedAt));
  const time = batches.length === 0 ? '' : duration(endOf(batches, now) - started);
  const practice = batches.some((batch) => batch.practice) ? 'practice bench   ' : '';
  if (batches.length !== 1 || only === undefined)
    return headerLine(`${batches.length} batches`, '', `${filterText}${practice}${time}`, cells);
  return headerLine(only.id, batchWords(only), `${filterText}${practice}${time}`, cells);
}

const batchWords = (batch: BatchView, name = batch.jobName ?? batch.device): string =>
  `${TASK_WORDS[batch.task]}${batch.cycle ? ', one jig' : ''}: ${name}${batch.endedAt === undefined ? '' : '  ended'}`;

/** Beside another way to the same kind of device the way counts. */
function batchName(batch: BatchView, batches: readonly BatchView[]): string {
  const isAlike = batches.some(({ device, flowId }) => device === batch.device && flowId !== batch.flowId);
  return batch.jobName ?? (isAlike ? batch.flowTitle : batch.device);
}

const endOf = (batches: readonly BatchView[], now: number): number =>
  Math.max(...batches.map(({ endedAt }) => endedAt ?? now));

function totals(
  batches: readonly BatchView[],
  byRadio: readonly BatchView[],
  cells: number,
  symbols: Parameters<typeof totalsLine>[1],
): Line {
  const counts = sumCounts(batches);
  const percent = yieldPercent(counts.outcomes);
  const left = [span(' '), ...totalsLine(counts, symbols, cells < 90)];
  const radio = heardCounts(byRadio);
  const heard: Span[] =
    radio === undefined
      ? []
      : [
          span(`heard ${radio.heard} of ${radio.expected}`, 'dim'),
          ...(radio.missing > 0 ? [span(`, ${radio.missing} missing`, 'warning')] : []),
          span('  '),
        ];
  const right = percent === undefined ? heard : [...heard, span(`yield ${percent}% `, 'dim')];
  // Where there is no room for all of it, the yield is what can be read off the rest.
  const fits = lineWidth(left) + lineWidth(right) < cells - (radio === undefined ? 0 : 1);
  return spread(left, fits ? right : heard, cells);
}

function batchHeading(batch: BatchView, name: string, now: number, cells: number): Line {
  const time = duration((batch.endedAt ?? now) - batch.startedAt);
  return spread(
    [span(` ${batch.id} `, 'heading'), span(batchWords(batch, name), 'strong')],
    [span(`${time} `, 'dim')],
    cells,
  );
}

function sentenceLines(slot: SlotView | undefined, height: number, cells: number): Line[] {
  if (slot === undefined) return [];
  const { prompt } = slot;
  const hint =
    prompt?.canPerform === true
      ? ' (practice: w does this for you)'
      : prompt?.kind === 'question'
        ? ' (Enter, then choose)'
        : '';
  const said = `${slotSentence(slot)}${hint}`;
  const vitals =
    slot.vitals === undefined ? '' : `${/[.!?)]$/.test(said) ? '' : '.'} ${vitalsText(slot.vitals)}.`;
  const lines = wrap(`${slot.label}: ${said}${vitals}`, cells - 2).map((text) => line(` ${text}`));
  return lines.slice(0, height);
}
