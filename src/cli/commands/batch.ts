import type { BatchPlan } from '../../bench/view.ts';
import type { Task } from '../../core/steps.ts';
import { batchRequest } from '../batch-request.ts';
import type { CommandContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import type { Output } from '../output.ts';
import type { BatchOptions } from '../program.ts';
import { runBatch } from '../run-batch.ts';

/** `run`, `backup` and `restore`. */
export async function batch(
  context: CommandContext,
  task: Task,
  flowId: string | undefined,
  own: BatchOptions,
): Promise<number> {
  const request = await batchRequest(context, task, flowId, own);
  const opened = await context.services.bench(context.options, own.dryRun ? 'look' : 'own');
  try {
    if (!own.dryRun) return await runBatch(context, opened.bench, request, own.note);
    sayPlan(context.output, await opened.bench.plan(request), context.services.clock.now());
    return EXIT.allGood;
  } finally {
    await opened.close();
  }
}

function sayPlan({ json, out, say }: Output, plan: BatchPlan, now: number): void {
  if (json) {
    out.line(JSON.stringify({ type: 'plan', time: new Date(now).toISOString(), ...plan }));
    return;
  }
  say(`Dry run: ${plan.task} with ${plan.flowId}; no unit was touched.`);
  for (const file of plan.firmware) say(`  ${file.slot}: ${file.title}  ${file.file}  ${file.sha256}`);
  say(`  slots: ${plan.slots.join(', ')}`);
  for (const warning of plan.warnings) say(`  warning: ${warning}`);
}
