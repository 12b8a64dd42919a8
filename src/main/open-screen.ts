import type { AnyFlow } from '../../flows/flow.ts';
import { demoBatch, demoTray } from '../cli/demo/tray.ts';
import type { GlobalOptions } from '../cli/global-options.ts';
import { wantsColour } from '../cli/output.ts';
import type { ScreenStart } from '../cli/services.ts';
import { systemClock } from '../core/clock.ts';
import { openBench } from './open-bench.ts';
import { screenServices } from './screen-services.ts';
import { virtualDevicesOf } from './virtual-devices.ts';

/** The full-screen bench on this terminal; resolves with the exit code. */
export async function openScreen(
  options: GlobalOptions,
  start: ScreenStart,
  parts: { readonly version: string; readonly directory: string; readonly flows: readonly AnyFlow[] },
): Promise<number> {
  // Loaded while the records are opened: the first frame waits for both.
  const loading = import('../ui/run-screen.tsx');
  const opened = await openBench({ ...parts, access: 'own-if-free', interactive: true });
  try {
    const { runScreen } = await loading;
    const practice = {
      virtual: virtualDevicesOf(systemClock),
      folder: opened.records.virtualFolder,
      mishap: true,
    };
    const services = screenServices(opened, { ...parts, demo: (flowId) => demoBatch(practice, flowId) });
    const batchIds: string[] = [];
    if (start.kind === 'demo')
      for (const request of await demoTray(practice, start.slots))
        batchIds.push(await opened.bench.start(request));
    const first = batchIds[0] === undefined ? 'start' : { batchId: batchIds[0] };
    return await runScreen({
      bench: opened.bench,
      services,
      start: first,
      practice: start.kind === 'demo',
      ascii: options.ascii,
      colour: wantsColour(options, process.env),
      stdout: process.stdout,
      stdin: process.stdin,
      clock: systemClock,
    });
  } finally {
    await opened.close();
  }
}
