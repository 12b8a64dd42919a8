import { toBenchError } from '../../core/errors.ts';
import type { KeyRow } from '../keys/key-table.ts';
import { DRAFT_KEY, draftOfJob, draftOfRequest, newDraft } from '../state/draft.ts';
import type { Draft } from '../state/draft.ts';
import { pastedPath } from '../state/edit-text.ts';
import { useScreenContext } from '../state/screen-context.ts';
import type { StartRow } from '../words/start-rows.ts';
import { useCommands } from './use-commands.ts';
import { useFrame } from './use-stores.ts';

interface StartList {
  readonly move: (step: number) => void;
  readonly page: number;
  readonly reload: () => void;
}

/** Keys of the start screen. Returns what works now. */
export function useStartCommands(row: StartRow | undefined, list: StartList): readonly KeyRow[] {
  const { services, screen } = useScreenContext();
  const { view } = useFrame();
  const { readOnlyBecause } = services;

  const refuse = (error: unknown) => {
    const { message, advice } = toBenchError(error);
    screen.say(`${message} ${advice}`, 'warning');
  };
  const openDraft = (draft: Draft) => {
    if (readOnlyBecause !== undefined) {
      screen.say(`Looking only: ${readOnlyBecause}`, 'warning');
      return;
    }
    screen.remember(DRAFT_KEY, draft);
    screen.push({ name: 'new' });
  };
  const practice = (flowId?: string) => {
    screen.say('Making practice firmware.');
    services.demo(flowId).then((request) => openDraft(draftOfRequest(request)), refuse);
  };
  const open = () => {
    switch (row?.kind) {
      case 'practice':
        practice();
        break;
      case 'flow': {
        const kept = screen.get().memory.get(DRAFT_KEY) as Draft | undefined;
        openDraft(kept?.flowId === row.flow.id ? kept : newDraft({ flowId: row.flow.id, step: 'task' }));
        break;
      }
      case 'job':
        openDraft(draftOfJob(row.job, row.flow === undefined ? 'flow' : 'links'));
        break;
      case 'unfinished':
      case 'earlier':
        screen.push({ name: 'results', batchId: row.batch.id });
        break;
    }
  };
  const earlier = row?.kind === 'unfinished' || row?.kind === 'earlier' ? row.batch : undefined;

  return useCommands({
    screen: 'start',
    context: {
      batchCount: view.batches.length,
      canOpen: row !== undefined && row.kind !== 'heading',
      isJob: row?.kind === 'job',
      canClose: row?.kind === 'unfinished',
      canAgain: earlier?.again !== undefined,
      readOnlyBecause,
    },
    commands: {
      up: () => list.move(-1),
      down: () => list.move(1),
      first: () => list.move(-1e6),
      last: () => list.move(1e6),
      pageUp: () => list.move(-list.page),
      pageDown: () => list.move(list.page),
      open,
      again: () => earlier?.again !== undefined && openDraft(draftOfRequest(earlier.again)),
      new: () => openDraft(newDraft()),
      dryRun: () =>
        row?.kind === 'job' &&
        openDraft(draftOfJob(row.job, row.job.links.length === 0 ? 'links' : 'review')),
      practice: () => practice(row?.kind === 'flow' ? row.flow.id : undefined),
      dashboard: () => screen.push({ name: 'bench' }),
      adapters: () => screen.push({ name: 'adapters' }),
      close: () => {
        if (row?.kind === 'unfinished') services.closeBatch(row.batch.id).then(list.reload, refuse);
      },
      delete: () => {
        if (row?.kind !== 'job') return;
        const { name } = row.job;
        screen.ask({
          kind: 'confirm',
          title: `Delete the job ${name}?`,
          lines: ['Its batches and their records stay.'],
          yes: 'delete it',
          run: () => void services.deleteJob(name).then(list.reload, refuse),
        });
      },
    },
    paste: (text) => openDraft(newDraft({ files: [{ path: pastedPath(text) }] })),
    scan: (text) => screen.push({ name: 'unit', query: text.trim() }),
  });
}
