import type { CommandContext } from '../context.ts';
import { ANSWERED, demoTray } from '../demo/tray.ts';
import { runBatches } from '../run-batch.ts';
import { hasTerminal, screen } from './screen.ts';

/** The practice bench on the screen; as plain lines or JSON where there is none or it was asked for. */
export async function demo(context: CommandContext, slots: number): Promise<number> {
  const { services } = context;
  // Practice never mixes with the records of real units.
  const dataDir = context.options.dataDir ?? `${await services.dataDirectory(context.options)}-practice`;
  const options = { ...context.options, dataDir };
  if (!options.json && !options.plain && hasTerminal(context))
    return screen({ ...context, options }, { kind: 'demo', slots });

  const opened = await services.bench(options, 'own');
  try {
    const parts = {
      virtual: await services.virtual(),
      folder: opened.records.virtualFolder,
      mishap: false,
    };
    // Nobody is at the screen: the acts are done, and the questions answered, as the prompts come.
    const tray = (await demoTray(parts, slots)).map((request) => ({ ...request, assume: ANSWERED }));
    return await runBatches(context, opened.bench, tray);
  } finally {
    await opened.close();
  }
}
