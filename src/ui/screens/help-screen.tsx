import { Box } from 'ink';
import { Footer } from '../components/footer.tsx';
import { headerLine, ruleLine } from '../components/frame-parts.ts';
import { Lines } from '../components/lines.tsx';
import { useCommands } from '../hooks/use-commands.ts';
import { useScroll } from '../hooks/use-list.ts';
import { GLOBAL_KEYS, keyNames, keysOf } from '../keys/key-table.ts';
import type { ScreenName } from '../keys/key-table.ts';
import { windowText } from '../layout/window.ts';
import { useScreenContext } from '../state/screen-context.ts';
import { OUTCOMES } from '../../core/outcome.ts';
import type { Outcome } from '../../core/outcome.ts';
import { span } from '../text/line.ts';
import type { Line } from '../text/line.ts';
import { padEnd, wrap } from '../text/measure.ts';
import type { Symbols } from '../theme/symbols.ts';
import { outcomeMark } from '../words/slot-words.ts';

/** Header, rule, footer. */
const FIXED = 3;
const KEYS = 14;

const OUTCOME_HELP: Readonly<Record<Outcome, string>> = {
  PASS: 'Proved by evidence from this very unit.',
  CURRENT: 'Held exactly this firmware already, by hash; nothing was written.',
  UNSURE: 'Written, but the proof did not come. o looks again and writes nothing.',
  FAIL: 'The device is at fault.',
  ERROR: 'The bench is at fault: wiring, power, link, adapter or file.',
  SKIPPED: 'Left out before anything was written.',
  ABORTED: 'Cancelled at a safe point.',
  INTERRUPTED: 'The program ended in the middle; start again with detect.',
};

/** Made from the key table; nothing here is written twice. */
export function HelpScreen({
  of,
  cells,
  height,
}: {
  readonly of: ScreenName;
  readonly cells: number;
  readonly height: number;
}) {
  const { symbols } = useScreenContext();
  const lines = helpLines(of, cells, symbols);
  const room = height - FIXED;
  const scroll = useScroll(`help.${of}`, lines.length, room);
  const footer = useCommands({ screen: 'help', context: {}, commands: scroll.commands });
  return (
    <Box flexDirection="column" width={cells} height={height}>
      <Lines cells={cells} lines={[headerLine('help', `keys of the screen "${of}"`, '', cells)]} />
      <Lines lines={lines.slice(scroll.window.top, scroll.window.end)} cells={cells} height={room} />
      <Lines cells={cells} lines={[ruleLine('', cells, symbols, windowText(scroll.window))]} />
      <Footer rows={footer} cells={cells} />
    </Box>
  );
}

export function helpLines(of: ScreenName, cells: number, symbols: Symbols): Line[] {
  const entry = (keys: string, text: string): Line[] =>
    wrap(text, cells - KEYS - 2).map((part, index) => [
      span(` ${padEnd(index === 0 ? keys : '', KEYS)}`, 'key'),
      span(part),
    ]);
  const lines = keysOf(of).flatMap((row) => entry(keyNames(row, symbols), row.help));
  lines.push(
    ruleLine('everywhere', cells, symbols),
    ...GLOBAL_KEYS.flatMap(({ keys, help }) => entry(keys, help)),
  );
  lines.push(...entry('scanner', 'A scanned MAC, name or link goes to its place; it never runs keys.'));
  lines.push(ruleLine('how a unit ends', cells, symbols));
  for (const outcome of OUTCOMES) {
    const mark = outcomeMark(outcome, symbols);
    wrap(OUTCOME_HELP[outcome], cells - KEYS - 2).forEach((part, index) =>
      lines.push([
        span(` ${padEnd(index === 0 ? `${mark.glyph} ${mark.word}` : '', KEYS)}`, mark.tone),
        span(part),
      ]),
    );
  }
  return lines;
}
