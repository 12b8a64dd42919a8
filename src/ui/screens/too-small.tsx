import { Lines } from '../components/lines.tsx';
import { useCommands } from '../hooks/use-commands.ts';
import { useFrame } from '../hooks/use-stores.ts';
import { useScreenContext } from '../state/screen-context.ts';
import { line } from '../text/line.ts';
import { bannerLine } from '../components/banner.ts';
import { sumCounts, totalsLine } from '../words/totals.ts';

export const LEAST_COLUMNS = 60;
export const LEAST_ROWS = 16;

/** The work goes on; only the drawing waits for room. */
export function TooSmall({ cells, height }: { readonly cells: number; readonly height: number }) {
  const { view, now } = useFrame();
  const { symbols } = useScreenContext();
  useCommands({
    screen: 'bench',
    context: {},
    commands: { help: undefined, back: undefined, unit: undefined, settings: undefined },
  });
  const { size } = useFrame();
  const lines = [
    line(`Too small: ${size.columns}x${size.rows}.`, 'warning'),
    line(`Needs ${LEAST_COLUMNS}x${LEAST_ROWS}. Work goes on.`),
    totalsLine(sumCounts(view.batches), symbols, true),
    bannerLine(view, now, cells, symbols),
    line('q quit'),
  ];
  return <Lines lines={lines} cells={cells} height={Math.max(1, height)} />;
}
