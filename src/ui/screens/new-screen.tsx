import { Box } from 'ink';
import type { AnyFlow } from '../../../flows/flow.ts';
import { Footer } from '../components/footer.tsx';
import { headerLine, ruleLine } from '../components/frame-parts.ts';
import { Lines } from '../components/lines.tsx';
import { useCommands } from '../hooks/use-commands.ts';
import { useDraft } from '../hooks/use-draft.ts';
import { useList, useScroll } from '../hooks/use-list.ts';
import { useNewRows } from '../hooks/use-new-rows.ts';
import { useReview } from '../hooks/use-review.ts';
import { windowText } from '../layout/window.ts';
import { stepsOf } from '../state/draft.ts';
import type { Draft, NewStep } from '../state/draft.ts';
import { useScreenContext } from '../state/screen-context.ts';
import { line, span } from '../text/line.ts';
import type { Line } from '../text/line.ts';
import { cutEnd, cutMiddle, padEnd, width, wrap } from '../text/measure.ts';
import type { Symbols } from '../theme/symbols.ts';
import { trayLine } from '../words/heard-rows.ts';
import { networkLine } from '../words/network-rows.ts';
import type { FormRow } from '../words/new-rows.ts';

/** Header, steps, how the tray stands, rule, two for the sentence, footer. */
const FIXED = 7;

const STEP_TITLES: Readonly<Record<NewStep, string>> = {
  flow: 'device',
  task: 'task',
  links: 'places',
  firmware: 'firmware',
  settings: 'settings',
  review: 'review',
};

/** A new batch, step by step; Esc goes a step back, and nothing that was given is lost. */
export function NewScreen({ cells, height }: { readonly cells: number; readonly height: number }) {
  const { symbols } = useScreenContext();
  const actions = useDraft();
  const { draft, flow } = actions;
  const form = useNewRows(actions);
  const review = useReview(draft, flow);
  const room = height - FIXED;
  const reviewing = draft.step === 'review';
  const reviewLines = reviewing ? review.lines(cells) : [];
  const listRoom = reviewing ? form.rows.length : room;
  const page = useScroll('new.review.top', reviewLines.length, room - listRoom);
  const list = useList(
    `new.${draft.step}`,
    form.rows.length,
    listRoom,
    form.rows.map(({ id }) => id),
  );
  const row = form.rows[list.cursor];

  const footer = useCommands({
    screen: 'new',
    context: {
      canOpen: row !== undefined,
      canType: form.type !== undefined,
      canSave: draft.step === 'review',
      canArm: form.radio !== undefined,
      canSweep: form.network !== undefined,
    },
    labels: { open: openLabel(row), arm: draft.armed === undefined ? 'arm' : 'disarm' },
    commands: {
      ...list.commands,
      ...(reviewing && { pageUp: page.commands.pageUp, pageDown: page.commands.pageDown }),
      open: () => {
        if (row === undefined) return;
        if (draft.step === 'review' && row.id === 'start' && !review.ready) review.refuse();
        else form.enter(row);
      },
      ...(row?.marked !== undefined && { mark: () => form.mark(row) }),
      ...(draft.step === 'settings' &&
        row !== undefined &&
        row.id !== 'go on' && { mark: () => form.mark(row) }),
      ...(draft.step === 'links' && { all: form.markAll }),
      type: () => form.type?.(),
      ...(form.radio && { arm: form.radio.arm, expect: form.radio.expect }),
      ...(form.network && { sweep: form.network.sweep }),
      save: actions.saveJob,
      back: actions.previous,
    },
    paste: (text) => {
      if (draft.step === 'links') actions.takeLink(text);
      else if (draft.step === 'firmware') actions.takePath(text);
    },
    // A terminal that does not mark pastes types them: where Enter did not come along there may be more to come.
    scan: (text, ended) => {
      if (draft.step === 'links') (ended ? actions.takeLink : actions.typeLink)(text);
      else if (draft.step === 'firmware') (ended ? actions.takePath : actions.typePath)(text);
    },
  });

  const tray =
    form.radio !== undefined
      ? trayLine(draft, form.radio.heard, cells)
      : form.network !== undefined
        ? networkLine(draft, form.network.now, cells)
        : [];
  const shown = form.rows.slice(list.window.top, list.window.end);
  const lines = shown.map((each, index) =>
    formLine(each, list.window.top + index === list.cursor, cells, symbols),
  );
  const detail = draft.step === 'review' && !review.ready ? review.sentence : (row?.detail ?? '');
  return (
    <Box flexDirection="column" width={cells} height={height}>
      <Lines
        cells={cells}
        lines={[
          headerLine('new batch', flow?.title ?? '', draft.jobName ?? '', cells),
          stepLine(draft, flow, cells, symbols),
          tray,
        ]}
      />
      {reviewing && (
        <Lines
          lines={reviewLines.slice(page.window.top, page.window.end)}
          cells={cells}
          height={room - listRoom}
        />
      )}
      <Lines lines={lines} cells={cells} height={listRoom} />
      <Lines
        cells={cells}
        lines={[
          ruleLine('', cells, symbols, windowText(reviewing ? page.window : list.window)),
          ...wrap(detail, cells - 2)
            .slice(0, 2)
            .map((text) => line(` ${text}`)),
        ]}
        height={3}
      />
      <Footer rows={footer} cells={cells} />
    </Box>
  );
}

function openLabel(row: FormRow | undefined): string {
  if (row?.id === 'type') return 'type';
  if (row?.id === 'start') return 'start';
  if (row?.id === 'save') return 'save';
  return row?.right !== undefined && row.marked === undefined ? 'change' : 'go on';
}

function stepLine(draft: Draft, flow: AnyFlow | undefined, cells: number, symbols: Symbols): Line {
  const steps = stepsOf(flow, draft.task);
  const at = steps.indexOf(draft.step);
  const gap = cells < 66 ? '' : ' ';
  return steps.map((step, index) => {
    const glyph = index < at ? symbols.stepDone : index === at ? symbols.running : symbols.waiting;
    return span(
      ` ${glyph} ${STEP_TITLES[step]}${gap}`,
      index === at ? 'strong' : index < at ? 'good' : 'dim',
    );
  });
}

function formLine(row: FormRow, cursor: boolean, cells: number, symbols: Symbols): Line {
  const box = row.marked === undefined ? '' : row.marked ? '[x] ' : '[ ] ';
  const right = cutMiddle(row.right ?? '', Math.floor(cells * 0.5), symbols.ellipsis);
  const room = cells - 5 - box.length - width(right) - 2;
  const tone = cursor ? 'strong' : (row.tone ?? 'plain');
  return [
    span(cursor ? ' > ' : '   ', 'key'),
    span(box, 'key'),
    span(padEnd(cutEnd(row.text, room, symbols.ellipsis), room), tone),
    span('  '),
    span(right, row.tone === 'warning' ? 'warning' : 'dim'),
  ];
}
