import { Box, Text } from 'ink';
import { memo } from 'react';
import { drawLine } from '../text/line.ts';
import type { Line } from '../text/line.ts';
import { useScreenContext } from '../state/screen-context.ts';

/** One row of the screen, cut to its width. */
export const Row = memo(function Row({ spans, cells }: { readonly spans: Line; readonly cells: number }) {
  const { ink } = useScreenContext();
  const text = drawLine(spans, cells, ink);
  return <Text wrap="truncate">{text === '' ? ' ' : text}</Text>;
});

/** Rows under each other, filled up with empty ones or cut to `height`. */
export function Lines({
  lines,
  cells,
  height = lines.length,
}: {
  readonly lines: readonly Line[];
  readonly cells: number;
  readonly height?: number;
}) {
  const { ink } = useScreenContext();
  if (height <= 0) return null;
  // One text for all rows: a node of the layout for each row costs more than the row.
  const text = Array.from(
    { length: height },
    (_, index) => drawLine(lines[index] ?? [], cells, ink) || ' ',
  ).join('\n');
  return (
    <Box flexShrink={0} width={cells} height={height}>
      <Text wrap="truncate">{text}</Text>
    </Box>
  );
}
