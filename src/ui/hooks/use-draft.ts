import type { AnyFlow, SettingSpec } from '../../../flows/flow.ts';
import { toBenchError } from '../../core/errors.ts';
import { parseLinks } from '../../core/link.ts';
import type { Task } from '../../core/steps.ts';
import { DRAFT_KEY, jobOf, newDraft, requestOf, stepsOf } from '../state/draft.ts';
import type { Draft } from '../state/draft.ts';
import { pastedPath } from '../state/edit-text.ts';
import { useScreenContext } from '../state/screen-context.ts';
import { linkExamples } from '../words/link-forms.ts';
import { placeOf, settingProblem } from '../words/new-rows.ts';
import type { FileFinding } from '../words/new-rows.ts';
import { useAdapters, useRemembered } from './use-stores.ts';

const EMPTY = newDraft();

export interface DraftActions {
  readonly draft: Draft;
  readonly flow: AnyFlow | undefined;
  readonly change: (changes: Partial<Draft>) => void;
  /** To the step after or before this one; leaves the screen before the first. */
  readonly next: () => void;
  readonly previous: () => void;
  readonly typeLink: () => void;
  readonly typePath: () => void;
  readonly takePath: (text: string) => void;
  readonly editSetting: (spec: SettingSpec) => void;
  readonly editParallel: () => void;
  readonly saveJob: () => void;
  readonly start: () => void;
}

/** The batch that is being put together, and what can be done to it. */
export function useDraft(): DraftActions {
  const { bench, services, screen } = useScreenContext();
  const adapters = useAdapters();
  const [draft, setDraft] = useRemembered<Draft>(DRAFT_KEY, EMPTY);
  const flow = services.flows.find(({ id }) => id === draft.flowId);
  // What is asked in a dialog comes back later: by then the draft may be another one.
  const now = () => (screen.get().memory.get(DRAFT_KEY) as Draft | undefined) ?? draft;
  const change = (changes: Partial<Draft>) => setDraft({ ...now(), ...changes });
  const refuse = (error: unknown) => {
    const { message, advice } = toBenchError(error);
    screen.say(`${message} ${advice}`, 'warning');
  };
  const step = (by: number) => {
    const current = now();
    const steps = stepsOf(
      services.flows.find(({ id }) => id === current.flowId),
      current.task,
    );
    const to = steps[steps.indexOf(current.step) + by];
    if (to !== undefined) change({ step: to });
    else if (by < 0) screen.back();
  };
  const takePath = (text: string) => {
    const path = pastedPath(text);
    if (path === '') return;
    if (now().task === 'restore') change({ backupFile: path });
    else if (!now().files.some((file) => file.path === path)) change({ files: [...now().files, { path }] });
  };

  return {
    draft,
    flow,
    change,
    next: () => step(1),
    previous: () => step(-1),
    typeLink: () =>
      screen.ask({
        kind: 'input',
        title: 'Link',
        ...(flow && { hint: linkExamples(flow) }),
        value: '',
        check: linkProblem,
        run: (text) =>
          change({ typed: [...now().typed.filter((other) => other !== text.trim()), text.trim()] }),
      }),
    typePath: () =>
      screen.ask({ kind: 'input', title: 'Path of the file', value: now().backupFile ?? '', run: takePath }),
    takePath,
    editSetting: (spec) => {
      const value = now().settings[spec.key] ?? spec.default ?? '';
      const set = (text: string) => change({ settings: { ...now().settings, [spec.key]: text } });
      if (spec.kind === 'boolean') set(value === 'yes' ? 'no' : 'yes');
      else if (spec.kind === 'choice') set(nextChoice(spec, value));
      else
        screen.ask({
          kind: 'input',
          title: spec.title,
          hint: spec.help,
          value: spec.kind === 'secret' ? '' : value,
          secret: spec.kind === 'secret',
          check: (text) => settingProblem(spec, text.trim()),
          run: (text) => set(spec.kind === 'secret' ? text : text.trim()),
        });
    },
    editParallel: () =>
      screen.ask({
        kind: 'input',
        title: 'Units at once',
        hint: 'A whole number from 1; empty for all.',
        value: now().parallel === undefined ? '' : String(now().parallel),
        check: (text) =>
          /^\s*([1-9]\d*)?\s*$/.test(text) ? undefined : 'A whole number from 1, or nothing.',
        run: (text) => change({ parallel: text.trim() === '' ? undefined : Number(text) }),
      }),
    saveJob: () =>
      screen.ask({
        kind: 'input',
        title: 'Save as a job',
        hint: 'Everything but the adapters and the secrets is kept under this name.',
        value: now().jobName ?? '',
        check: (text) => (text.trim() === '' ? 'A job needs a name.' : undefined),
        run: (text) => {
          const name = text.trim();
          if (flow === undefined) return;
          change({ jobName: name });
          services.saveJob(jobOf(now(), flow, name)).then(() => screen.say(`Saved: ${name}.`), refuse);
        },
      }),
    start: () => {
      try {
        const request = requestOf(now(), adapters, services.preferences().operatorName);
        screen.say('Starting.');
        bench.start(request).then((batchId) => {
          screen.forget(DRAFT_KEY);
          screen.reset({ name: 'bench' });
          const batch = bench.view().batches.find(({ id }) => id === batchId);
          screen.remember('bench.cursor', batch?.slots[0]?.id);
          screen.remember('bench.filter', '');
          if (batch?.cycle === true && batch.slots.length === 1 && batch.slots[0] !== undefined)
            screen.push({ name: 'device', slotId: batch.slots[0].id });
        }, refuse);
      } catch (error) {
        refuse(error);
      }
    },
  };
}

function linkProblem(text: string): string | undefined {
  try {
    parseLinks(text.trim());
    return undefined;
  } catch (error) {
    return toBenchError(error).message;
  }
}

function nextChoice(spec: SettingSpec, value: string): string {
  const choices = spec.choices ?? [];
  const index = choices.findIndex((choice) => choice.value === value);
  return choices[(index + 1) % Math.max(1, choices.length)]?.value ?? value;
}

/** Why this step is not done yet, or undefined. */
export function stepProblem(draft: Draft, flow: AnyFlow, files: readonly FileFinding[]): string | undefined {
  if (draft.step === 'links' && draft.given.length + draft.typed.length + draft.adapters.length === 0)
    return 'No place yet: Space marks an adapter, t types a link.';
  if (draft.step !== 'firmware' || draft.task !== 'flash') return undefined;
  const filled = files.flatMap(({ file }) => (file === undefined ? [] : [placeOf(flow, file).slot]));
  const missing = flow.firmwareSlots.find(({ required, title }) => required && !filled.includes(title));
  if (files.length === 0) return 'No file yet: Space takes one of the list, t types a path, or paste one.';
  return missing === undefined ? undefined : `Still missing: ${missing.title}.`;
}

export const TASK_OF: Readonly<Record<string, Task>> = {
  flash: 'flash',
  backup: 'backup',
  restore: 'restore',
};
