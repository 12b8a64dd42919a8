import { useLoaded } from './use-loaded.ts';
import { useAdapters, useFrame } from './use-stores.ts';
import { useScreenContext } from '../state/screen-context.ts';
import { inUse } from '../words/bench-rows.ts';
import { firmwareRows, flowRows, linkRows, restoreRows, settingRows, taskRows } from '../words/new-rows.ts';
import type { FileFinding, FormRow } from '../words/new-rows.ts';
import { useNetworkPlaces } from './use-network-places.ts';
import type { NetworkPlaces } from './use-network-places.ts';
import { useRadioPlaces } from './use-radio-places.ts';
import type { RadioPlaces } from './use-radio-places.ts';
import { inspected, stepProblem, TASK_OF } from './use-draft.ts';
import type { DraftActions } from './use-draft.ts';

export interface NewRows {
  readonly rows: readonly FormRow[];
  readonly files: readonly FileFinding[];
  readonly enter: (row: FormRow) => void;
  readonly mark: (row: FormRow) => void;
  readonly markAll: () => void;
  readonly type: (() => void) | undefined;
  /** Set where units are taken by radio. */
  readonly radio?: RadioPlaces;
  /** Set where units are taken over the network. */
  readonly network?: NetworkPlaces;
}

/** The rows of the step the draft stands at, and what Enter and Space do on them. */
export function useNewRows(actions: DraftActions): NewRows {
  const { services, screen } = useScreenContext();
  const { view } = useFrame();
  const adapters = useAdapters();
  const { draft, flow, change } = actions;
  const radio = useRadioPlaces(actions);
  const network = useNetworkPlaces(actions);
  const paths = draft.files.map(({ path }) => path);
  const chosen = useLoaded(
    paths.join('\n'),
    () => Promise.all(paths.map((path) => inspected(services, path))),
    true,
  );
  const { backupFile } = draft;
  const backup = useLoaded(`backup ${backupFile ?? ''}`, async () =>
    backupFile === undefined ? undefined : inspected(services, backupFile),
  );
  const fitting = useLoaded(`${draft.flowId ?? ''}`, () =>
    draft.flowId === undefined ? Promise.resolve([]) : services.fittingFiles(draft.flowId),
  );
  const files = paths.map(
    (path): FileFinding => chosen.value?.find((finding) => finding.path === path) ?? { path },
  );

  const proceed = () => {
    const problem =
      flow === undefined
        ? 'Choose what is to be flashed first.'
        : stepProblem(draft, flow, files, backup.value);
    if (problem === undefined) actions.next();
    else screen.say(problem, 'warning');
  };
  const usable = adapters
    .filter(({ usable: can, link }) => can && inUse(view, link) === undefined)
    .map(({ key }) => key);
  const nothing = () => {};
  const none = { files, markAll: nothing, mark: nothing, type: undefined };

  if (draft.step === 'flow' || flow === undefined) {
    const choose = (id: string) =>
      change({ flowId: id, step: 'task', ...(id !== draft.flowId && { settings: {} }) });
    return { ...none, rows: flowRows(services.flows), enter: ({ id }) => choose(id) };
  }
  switch (draft.step) {
    case 'task':
      return {
        ...none,
        rows: taskRows(),
        enter: ({ id }) => change({ task: TASK_OF[id] ?? 'flash', step: 'links' }),
      };
    case 'links':
      return {
        ...none,
        rows: linkRows(draft, flow, adapters, view, {
          ...(radio.shown && { heard: radio.heard }),
          ...(network.shown && { network: network.now }),
        }),
        enter: ({ id }) => (id === 'type' ? actions.typeLink() : proceed()),
        mark: (row) => {
          const { id } = row;
          const [kind, ...rest] = id.split(' ');
          const name = rest.join(' ');
          if (kind === 'heard') radio.mark(row);
          else if (kind === 'found') network.mark(row);
          else if (kind === 'given') change({ given: draft.given.filter(({ text }) => text !== name) });
          else if (kind === 'typed') change({ typed: draft.typed.filter((text) => text !== name) });
          else if (kind === 'adapter' && draft.adapters.includes(name))
            change({ adapters: draft.adapters.filter((key) => key !== name) });
          else if (kind === 'adapter' && usable.includes(name))
            change({ adapters: [...draft.adapters, name] });
          else if (kind === 'adapter') screen.say('This adapter cannot be used now.', 'warning');
        },
        markAll: () => {
          if (radio.shown)
            screen.say('Heard is not in the batch: mark each unit with Space, or arm the page.', 'warning');
          else if (network.shown)
            screen.say('Found is not in the batch: mark each unit with Space.', 'warning');
          else change({ adapters: draft.adapters.length === usable.length ? [] : usable });
        },
        ...(radio.shown && { radio }),
        ...(network.shown && { network }),
        type: () => actions.typeLink(),
      };
    case 'firmware':
      if (draft.task === 'restore')
        return {
          ...none,
          rows: restoreRows(draft, backup.value),
          enter: ({ id }) => (id === 'type' ? actions.typePath() : proceed()),
          mark: ({ id }) => (id === 'newest' ? change({ backupFile: undefined }) : actions.typePath()),
          type: () => actions.typePath(),
        };
      return {
        ...none,
        rows: firmwareRows(flow, files, fitting.value ?? []),
        enter: ({ id }) => (id === 'type' ? actions.typePath() : proceed()),
        mark: ({ id }) => {
          const path = id.slice('file '.length);
          if (!id.startsWith('file ')) return;
          if (paths.includes(path)) change({ files: draft.files.filter((file) => file.path !== path) });
          else actions.takePath(path);
        },
        type: () => actions.typePath(),
      };
    case 'settings':
      return {
        ...none,
        rows: settingRows(draft, flow),
        enter: ({ id }) => edit(id),
        mark: ({ id }) => id !== 'go on' && edit(id),
      };
    case 'review':
      return {
        ...none,
        rows: [
          { id: 'start', text: 'Start now', tone: 'strong', detail: 'Enter starts the batch.' },
          { id: 'save', text: 'Save as a job', detail: 'Under a name, to be found on the first screen.' },
        ],
        enter: ({ id }) => (id === 'start' ? actions.start() : actions.saveJob()),
      };
  }

  function edit(id: string): void {
    if (id === 'go on') proceed();
    else if (id === 'parallel') actions.editParallel();
    else if (id === 'cycle') change({ cycle: !draft.cycle });
    else {
      const spec = flow?.settings.find(({ key }) => `set ${key}` === id);
      if (spec !== undefined) actions.editSetting(spec);
    }
  }
}
