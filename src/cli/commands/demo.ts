import type { CommandContext } from '../context.ts';
import { demoRequest } from '../demo-request.ts';
import { runBatch } from '../run-batch.ts';
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
    const request = await demoRequest(await services.virtual(), opened.records.virtualFolder, {
      slots,
      mishap: false,
    });
    // Nobody is at the screen: the acts are done as the prompts come.
    return await runBatch(context, opened.bench, { ...request, assume: ['wired'] });
  } finally {
    await opened.close();
  }
}
