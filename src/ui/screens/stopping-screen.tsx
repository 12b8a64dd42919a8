import { Lines } from '../components/lines.tsx';
import { useFrame } from '../hooks/use-stores.ts';
import { useScreenContext } from '../state/screen-context.ts';
import { line, span } from '../text/line.ts';
import type { Line } from '../text/line.ts';
import { isOpen, slotSentence, stateMark } from '../words/slot-words.ts';

/** Every place goes to its safe point; says which ones still have to. */
export function StoppingScreen({
  cells,
  height,
  warned,
}: {
  readonly cells: number;
  readonly height: number;
  readonly warned: boolean;
}) {
  const { view } = useFrame();
  const { symbols } = useScreenContext();
  const open = view.batches.flatMap(({ slots }) => slots).filter(isOpen);
  const writing = open.filter((slot) => slot.writing).map(({ label }) => label);
  const lines: Line[] = [
    line(' Stopping at safe points', 'title'),
    line(' The program leaves by itself when every place is there; records and backups are kept.'),
    [],
  ];
  for (const slot of open.slice(0, Math.max(1, height - 7))) {
    const mark = stateMark(slot, symbols);
    lines.push([span(` ${mark.glyph} ${slot.label}`, mark.tone), span(`  ${slotSentence(slot)}`)]);
  }
  if (open.length === 0) lines.push(line(' Closing links and records.'));
  lines.push([]);
  if (writing.length > 0)
    lines.push(line(` Being written: ${writing.join(', ')}. Leaving now could lose them.`, 'warning'));
  if (warned) lines.push(line(' Ctrl+C once more leaves at once.', 'warning'));
  else lines.push(line(' Ctrl+C twice leaves at once.', 'dim'));
  return <Lines lines={lines} cells={cells} height={height} />;
}
