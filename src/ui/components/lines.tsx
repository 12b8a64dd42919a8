import { Box, Text } from 'ink';
import { memo, useEffect, useRef } from 'react';
import { useScreenContext } from '../state/screen-context.ts';
import type { Block } from '../state/row-blocks.ts';
import { drawLine } from '../text/line.ts';
import type { Line } from '../text/line.ts';

/** Rows that are drawn already, each on a line of its own. */
function Drawn({ rows }: { readonly rows: readonly string[] }) {
  const { blocks } = useScreenContext();
  const block = useRef<Block>(undefined);
  block.current ??= blocks.open();
  useEffect(
    () => () => {
      if (block.current !== undefined) blocks.close(block.current);
      block.current = undefined;
    },
    [blocks],
  );
  return <Text>{blocks.show(block.current, rows)}</Text>;
}

/** One row of the screen, cut to its width. */
export const Row = memo(function Row({ spans, cells }: { readonly spans: Line; readonly cells: number }) {
  const { ink } = useScreenContext();
  return <Drawn rows={[drawLine(spans, cells, ink)]} />;
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
  const rows = Array.from({ length: height }, (_, index) => drawLine(lines[index] ?? [], cells, ink));
  return (
    <Box flexShrink={0} width={cells} height={height}>
      <Drawn rows={rows} />
    </Box>
  );
}
