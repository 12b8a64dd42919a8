import { Box } from 'ink';
import { Footer } from '../components/footer.tsx';
import { headerLine, ruleLine } from '../components/frame-parts.ts';
import { Lines } from '../components/lines.tsx';
import { useCommands } from '../hooks/use-commands.ts';
import { useList } from '../hooks/use-list.ts';
import { useAdapters } from '../hooks/use-stores.ts';
import { windowText } from '../layout/window.ts';
import type { AdapterView } from '../services.ts';
import { useScreenContext } from '../state/screen-context.ts';
import { plural } from '../text/format.ts';
import { line, span } from '../text/line.ts';
import type { Line } from '../text/line.ts';
import { cutMiddle, padEnd, wrap } from '../text/measure.ts';
import type { Symbols } from '../theme/symbols.ts';

/** Header, rule, two for the advice, footer. */
const FIXED = 5;

/** What is plugged in, live; a name given here stays with the adapter when it is plugged in elsewhere. */
export function AdaptersScreen({ cells, height }: { readonly cells: number; readonly height: number }) {
  const { services, symbols, screen } = useScreenContext();
  const adapters = useAdapters();
  const room = height - FIXED;
  const list = useList('adapters.cursor', adapters.length, room);
  const adapter = adapters[list.cursor];
  const rename = () => {
    if (adapter === undefined) return;
    screen.ask({
      kind: 'input',
      title: `Name of the adapter at ${adapter.link}`,
      hint: 'As it is marked on the bench, e.g. jig 1 or red cable. Empty takes the name away.',
      value: adapter.label,
      run: (text) => services.adapters.rename(adapter.key, text.trim()),
    });
  };
  const footer = useCommands({
    screen: 'adapters',
    context: { canOpen: adapter !== undefined },
    labels: { open: 'name it' },
    commands: { ...list.commands, ...(adapter !== undefined && { open: rename, rename }) },
  });
  const lines = adapters
    .slice(list.window.top, list.window.end)
    .map((each, index) => adapterLine(each, list.window.top + index === list.cursor, cells, symbols));
  if (adapters.length === 0)
    lines.push(line(' None plugged in. They appear here as soon as they are.', 'dim'));
  const advice =
    adapter === undefined ? '' : (adapter.advice ?? 'Nothing to say about this one: it can be used.');
  return (
    <Box flexDirection="column" width={cells} height={height}>
      <Lines
        cells={cells}
        lines={[headerLine('adapters', plural(adapters.length, 'serial adapter'), '', cells)]}
      />
      <Lines lines={lines} cells={cells} height={room} />
      <Lines
        cells={cells}
        lines={[
          ruleLine('', cells, symbols, windowText(list.window)),
          ...wrap(advice, cells - 2)
            .slice(0, 2)
            .map((text) => line(` ${text}`)),
        ]}
        height={3}
      />
      <Footer rows={footer} cells={cells} />
    </Box>
  );
}

function adapterLine(adapter: AdapterView, cursor: boolean, cells: number, symbols: Symbols): Line {
  const name = Math.floor(cells * 0.25);
  const link = Math.floor(cells * 0.3);
  return [
    span(cursor ? ' > ' : '   ', 'key'),
    span(`${padEnd(cutMiddle(adapter.label, name, symbols.ellipsis), name)} `, cursor ? 'strong' : 'plain'),
    span(`${padEnd(cutMiddle(adapter.link, link, symbols.ellipsis), link)} `),
    adapter.usable
      ? span([adapter.chip ?? 'unknown chip', adapter.location].filter(Boolean).join(', '))
      : span('not usable', 'warning'),
  ];
}
