import { Box } from 'ink';
import type { WiringPage } from '../../../flows/flow.ts';
import type { BatchView, PromptView, SlotView } from '../../bench/view.ts';
import { Footer } from '../components/footer.tsx';
import { headerLine, ruleLine } from '../components/frame-parts.ts';
import { Lines } from '../components/lines.tsx';
import { useCommands } from '../hooks/use-commands.ts';
import { useScroll } from '../hooks/use-list.ts';
import { useLog } from '../hooks/use-log.ts';
import { useNote } from '../hooks/use-note.ts';
import { useSlotCommands } from '../hooks/use-slot-commands.ts';
import { useFrame, useRemembered } from '../hooks/use-stores.ts';
import { windowText } from '../layout/window.ts';
import { useScreenContext } from '../state/screen-context.ts';
import { duration } from '../text/format.ts';
import { line } from '../text/line.ts';
import type { Line } from '../text/line.ts';
import { cutEnd } from '../text/measure.ts';
import { nextWaiting, waitingForPerson } from '../words/attention.ts';
import { findBatch, findSlot } from '../words/bench-rows.ts';
import {
  cycleLines,
  factsOfUnit,
  flashMapLines,
  progressLines,
  promptLines,
  settledLines,
  stepsLine,
  wiringLines,
} from '../words/device-lines.ts';
import { logTail } from '../words/log-lines.ts';
import { slotAgeMs, soleChoice } from '../words/slot-words.ts';

/** From this width on the log stands beside the page. */
const WIDE = 120;
/** Header, steps, rule, footer. */
const FIXED = 4;

/** One place: what is asked, how it is wired, how it ended and why. */
export function DeviceScreen({
  slotId,
  cells,
  height,
}: {
  readonly slotId: string;
  readonly cells: number;
  readonly height: number;
}) {
  const { view, now, tick } = useFrame();
  const { symbols } = useScreenContext();
  const slot = findSlot(view, slotId);
  const batch = slot === undefined ? undefined : findBatch(view, slot.batchId);
  const pages = useWiringPages(batch);
  const [shown, show] = useRemembered<number | undefined>(`device.${slotId}.wiring`, undefined);
  const asked = pages.findIndex(({ id }) => id === slot?.prompt?.wiringPage);
  const pageIndex = shown ?? (asked >= 0 ? asked : undefined);
  const page = pageIndex === undefined ? undefined : pages[pageIndex];

  const logWidth = cells >= WIDE ? Math.floor(cells * 0.4) : 0;
  const pageWidth = logWidth > 0 ? cells - logWidth - 1 : cells;
  const room = height - FIXED;
  const body =
    slot === undefined
      ? [line(' This place is gone.')]
      : bodyLines(slot, batch, page, { now, tick, cells: pageWidth, symbols });
  const scroll = useScroll(`device.${slotId}.top`, body.length, room);
  const log = useLog(slot?.id);
  const footer = useDeviceCommands(
    slot,
    batch,
    {
      ...scroll.commands,
      ...(pages.length > 0 && {
        wiring: () =>
          show(pageIndex === undefined ? 0 : pageIndex + 1 < pages.length ? pageIndex + 1 : undefined),
      }),
    },
    pages.length > 0,
  );

  const page1 = body.slice(scroll.window.top, scroll.window.end);
  const left = room - page1.length;
  if (logWidth === 0 && left >= 3)
    page1.push(ruleLine('log', pageWidth, symbols), ...logTail(log, pageWidth, left - 1));
  return (
    <Box flexDirection="column" width={cells} height={height}>
      <Lines
        cells={cells}
        lines={[header(slot, batch, now, cells), slot === undefined ? [] : stepsLine(slot, cells, symbols)]}
      />
      <Box>
        <Lines lines={page1} cells={pageWidth} height={room} />
        {logWidth > 0 && (
          <>
            <Box width={1} flexShrink={0} />
            <Lines
              lines={[ruleLine('log', logWidth, symbols), ...logTail(log, logWidth, room - 1)]}
              cells={logWidth}
              height={room}
            />
          </>
        )}
      </Box>
      <Lines cells={cells} lines={[ruleLine('', cells, symbols, windowText(scroll.window))]} />
      <Footer rows={footer} cells={cells} />
    </Box>
  );
}

function useDeviceCommands(
  slot: SlotView | undefined,
  batch: BatchView | undefined,
  more: Parameters<typeof useCommands>[0]['commands'],
  hasWiring: boolean,
) {
  const { screen, symbols } = useScreenContext();
  const { view } = useFrame();
  const answer = useAnswer();
  const note = useNote(slot?.batchId);
  const settled = slot?.settled;
  const only = slot?.prompt && soleChoice(slot.prompt);
  return useCommands({
    screen: 'device',
    context: {
      slot,
      targets: slot === undefined ? [] : [slot],
      batch,
      waiting: waitingForPerson(view).filter(({ id }) => id !== slot?.id).length,
      hasNote: settled !== undefined,
      hasWiring,
    },
    labels: { onlyAnswer: cutEnd(only?.title ?? '', 24, symbols.ellipsis) },
    commands: {
      ...useSlotCommands(slot === undefined ? [] : [slot], slot),
      ...more,
      choose: (key) => {
        if (slot?.prompt !== undefined) answer(slot, slot.prompt, Number(key) - 1);
      },
      onlyAnswer: () => {
        if (slot?.prompt !== undefined) answer(slot, slot.prompt, 0);
      },
      nextWaiting: () => {
        const next = nextWaiting(
          view.batches.flatMap((each) => each.slots),
          slot?.id,
        );
        if (next === undefined) return;
        screen.back();
        screen.push({ name: 'device', slotId: next.id });
      },
      ...(settled !== undefined && { note: () => note(settled) }),
    },
  });
}

/** Answers a question; a dangerous answer must be typed. */
function useAnswer() {
  const { bench, screen } = useScreenContext();
  return (slot: SlotView, prompt: PromptView, index: number) => {
    const choice = prompt.choices?.[index];
    if (choice === undefined) {
      screen.say(`There is no choice ${index + 1}.`, 'warning');
      return;
    }
    const run = () => bench.answer(prompt.id, choice.value);
    const dangerous = prompt.typed !== undefined && (prompt.typedFor ?? choice.value) === choice.value;
    if (!dangerous || prompt.typed === undefined) run();
    else
      screen.ask({
        kind: 'confirm',
        title: `${slot.label}: ${choice.title}`,
        lines: [prompt.text],
        typed: prompt.typed,
        yes: 'to accept it',
        run,
      });
  };
}

function useWiringPages(batch: BatchView | undefined): readonly WiringPage[] {
  const { services } = useScreenContext();
  const flow = services.flows.find(({ id }) => id === batch?.flowId);
  if (flow === undefined) return [];
  const defaults = Object.fromEntries(flow.settings.map(({ key, default: value = '' }) => [key, value]));
  return flow.wiringPages({ ...defaults, ...batch?.settings });
}

function header(slot: SlotView | undefined, batch: BatchView | undefined, now: number, cells: number): Line {
  if (slot === undefined) return headerLine('?', '', '', cells);
  const age = slotAgeMs(slot, now);
  const run = slot.run === undefined ? '' : `run ${slot.run}  `;
  const tries = slot.tries > 1 ? `try ${slot.tries}  ` : '';
  return headerLine(
    `${slot.number} ${slot.label}`,
    cells < 76 ? '' : (batch?.device ?? ''),
    `${slot.batchId}  ${run}${tries}${age === undefined ? '' : duration(age)}`,
    cells,
  );
}

interface BodyFacts {
  readonly now: number;
  readonly tick: number;
  readonly cells: number;
  readonly symbols: ReturnType<typeof useScreenContext>['symbols'];
}

function bodyLines(
  slot: SlotView,
  batch: BatchView | undefined,
  page: WiringPage | undefined,
  facts: BodyFacts,
): Line[] {
  const { now, tick, cells, symbols } = facts;
  const lines: Line[] = [];
  if (slot.prompt !== undefined)
    lines.push(...promptLines(slot.prompt, placesAsked(batch, slot.prompt), now, cells, symbols));
  if (batch?.cycle === true) lines.push(...cycleLines(slot, batch, cells, symbols));
  if (slot.prompt === undefined && slot.state !== 'take-out' && slot.state !== 'settled')
    lines.push(ruleLine('now', cells, symbols), ...progressLines(slot, now, tick, cells, symbols));
  if (slot.settled !== undefined && slot.state !== 'running' && slot.state !== 'needs-operator')
    lines.push(ruleLine('outcome', cells, symbols), ...settledLines(slot, cells, symbols));
  if (page !== undefined) lines.push(...wiringLines(page, cells, symbols));
  lines.push(...flashMapLines(slot, cells, symbols), ...factsOfUnit(slot, batch, cells, symbols));
  return lines;
}

const placesAsked = (batch: BatchView | undefined, prompt: PromptView): number =>
  batch?.slots.filter((slot) => slot.prompt?.id === prompt.id).length ?? 1;
