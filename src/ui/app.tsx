import { Box } from 'ink';
import { useEffect, useMemo } from 'react';
import { DialogPanel, dialogHeight } from './components/dialog-panel.tsx';
import { LongToast, toastHeight } from './components/toast.tsx';
import { useBell } from './hooks/use-bell.ts';
import { useFrame, useScreenState } from './hooks/use-stores.ts';
import { AdaptersScreen } from './screens/adapters-screen.tsx';
import { BenchScreen } from './screens/bench-screen.tsx';
import { DeviceScreen } from './screens/device-screen.tsx';
import { HelpScreen } from './screens/help-screen.tsx';
import { LogScreen } from './screens/log-screen.tsx';
import { NewScreen } from './screens/new-screen.tsx';
import { ResultsScreen } from './screens/results-screen.tsx';
import { SettingsScreen } from './screens/settings-screen.tsx';
import { StartScreen } from './screens/start-screen.tsx';
import { StoppingScreen } from './screens/stopping-screen.tsx';
import { LEAST_COLUMNS, LEAST_ROWS, TooSmall } from './screens/too-small.tsx';
import { UnitScreen } from './screens/unit-screen.tsx';
import { ScreenContextProvider, useScreenContext } from './state/screen-context.ts';
import type { ScreenContext } from './state/screen-context.ts';
import type { Route } from './state/screen-store.ts';

/** How long the answer to a key stays, ms. */
const TOAST_MS = 6000;

interface AppProps {
  /** Made anew when the looks change. */
  readonly makeContext: () => ScreenContext;
  readonly bell: () => void;
}

export function App({ makeContext, bell }: AppProps) {
  const first = useMemo(makeContext, [makeContext]);
  return (
    <ScreenContextProvider value={first}>
      <Looks makeContext={makeContext} bell={bell} />
    </ScreenContextProvider>
  );
}

/** Symbols can change while the program runs: everything below is then drawn with the new ones. */
function Looks({ makeContext, bell }: AppProps) {
  const looks = useScreenState().memory.get('looks');
  const context = useMemo(makeContext, [makeContext, looks]);
  return (
    <ScreenContextProvider value={context}>
      <Root bell={bell} />
    </ScreenContextProvider>
  );
}

function Root({ bell }: { readonly bell: () => void }) {
  const { screen, clock } = useScreenContext();
  const { size } = useFrame();
  const { routes, dialog, toast, stopping, memory } = useScreenState();
  useBell(bell);
  useEffect(
    () => (toast === undefined ? undefined : clock.after(TOAST_MS, () => screen.clearToast())),
    [toast, clock, screen],
  );

  const cells = size.columns;
  // One row less than the terminal has: a frame as tall as the screen would scroll it.
  const height = size.rows - 1;
  const answered = dialog === undefined ? toastHeight(toast, cells) : 0;
  const taken = dialogHeight(dialog, cells) + answered;
  const small = size.columns < LEAST_COLUMNS || size.rows < LEAST_ROWS;
  const route = routes.at(-1) ?? { name: 'start' };
  return (
    <Box flexDirection="column" width={cells} height={height} overflow="hidden">
      {stopping ? (
        <StoppingScreen cells={cells} height={height} warned={memory.get('leaving') === true} />
      ) : small ? (
        <TooSmall cells={cells} height={height - taken} />
      ) : (
        <CurrentScreen key={keyOf(route)} route={route} cells={cells} height={height - taken} />
      )}
      {answered > 0 && toast !== undefined && <LongToast toast={toast} cells={cells} />}
      {dialog !== undefined && <DialogPanel key={dialog.title} dialog={dialog} cells={cells} />}
    </Box>
  );
}

const keyOf = (route: Route): string => JSON.stringify(route);

function CurrentScreen({
  route,
  cells,
  height,
}: {
  readonly route: Route;
  readonly cells: number;
  readonly height: number;
}) {
  const size = { cells, height };
  switch (route.name) {
    case 'start':
      return <StartScreen {...size} />;
    case 'new':
      return <NewScreen {...size} />;
    case 'bench':
      return <BenchScreen {...size} />;
    case 'device':
      return <DeviceScreen slotId={route.slotId} {...size} />;
    case 'log':
      return <LogScreen slotId={route.slotId} {...size} />;
    case 'results':
      return <ResultsScreen batchId={route.batchId} {...size} />;
    case 'unit':
      return <UnitScreen query={route.query} {...size} />;
    case 'adapters':
      return <AdaptersScreen {...size} />;
    case 'settings':
      return <SettingsScreen {...size} />;
    case 'help':
      return <HelpScreen of={route.of} {...size} />;
  }
}
