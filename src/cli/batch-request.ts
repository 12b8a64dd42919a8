import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { AnyFlow } from '../../flows/flow.ts';
import type { BatchRequest } from '../bench/view.ts';
import { BenchError } from '../core/errors.ts';
import { parseLinks } from '../core/link.ts';
import type { Task } from '../core/steps.ts';
import type { CommandContext } from './context.ts';
import type { BatchOptions } from './program.ts';
import { readSetValues } from './set-values.ts';

/** The batch that a command line asks for. What the line says replaces what its saved job says. */
export async function batchRequest(
  context: CommandContext,
  task: Task,
  flowId: string | undefined,
  own: BatchOptions,
): Promise<BatchRequest> {
  const { services, options, host } = context;
  const job = own.job == null ? undefined : (await services.jobs(options)).get(own.job);
  const flow = findFlow(await services.flows(), flowId ?? job?.flowId);
  const usedJob = job?.flowId === flow.id ? job : undefined;

  const linkTexts = own.link.length > 0 ? own.link : (job?.links ?? []);
  const links = linkTexts.flatMap(parseLinks);
  if (links.length === 0)
    throw new BenchError('USAGE', {
      message: 'No --link says how the units are reached.',
      advice: 'benchflash scan lists what is plugged in; --link virtual:NAME needs no hardware.',
    });

  const settings = await services.settings(options);
  const parallel = own.jobs ?? job?.parallel ?? settings.get().parallel;
  const operatorName = own.operator ?? settings.get().operatorName;
  const firmware = (own.firmware ?? []).map((word) => firmwareFile(word, flow));
  return {
    flowId: flow.id,
    task: usedJob?.task ?? task,
    links,
    files: firmware.length > 0 ? firmware : (usedJob?.files ?? []),
    settings: {
      ...usedJob?.settings,
      ...(await readSetValues(own.set, flow.settings, host)),
    },
    assume: [...new Set([...(job?.assume ?? []), ...own.assume])],
    ...(parallel != null && { parallel }),
    cycle: own.cycle === true || job?.cycle === true,
    ...(job && { jobName: job.name }),
    ...(operatorName !== '' && { operatorName }),
    ...(own.backup != null && { backupFile: resolve(own.backup) }),
  };
}

function findFlow(flows: readonly AnyFlow[], id: string | undefined): AnyFlow {
  const flow = flows.find((each) => each.id === id);
  if (flow) return flow;
  throw new BenchError('USAGE', {
    message:
      id == null ? 'Say which flow: its name comes right after the command.' : `There is no flow "${id}".`,
    advice: `Flows: ${flows.map((each) => each.id).join(', ')}. benchflash flows tells more.`,
  });
}

/** `SLOT=FILE`, or a file that is placed by what it is. A file whose own name holds `=` is taken as it stands. */
function firmwareFile(word: string, flow: AnyFlow): BatchRequest['files'][number] {
  const [, slot, path] = /^([A-Za-z0-9_-]+)=(.+)$/s.exec(word) ?? [];
  if (slot != null && path != null) {
    if (flow.firmwareSlots.some((each) => each.id === slot)) return { slot, path: resolve(path) };
    if (!existsSync(word))
      throw new BenchError('USAGE', {
        message: `This flow has no place "${slot}" for a firmware file.`,
        advice: `Its places: ${flow.firmwareSlots.map((each) => each.id).join(', ')}; or leave the place out.`,
      });
  }
  return { path: resolve(word) };
}
