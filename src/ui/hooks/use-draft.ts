import type { AnyFlow, SettingSpec } from '../../../flows/flow.ts';
import { toBenchError } from '../../core/errors.ts';
import { last6 } from '../../core/identity.ts';
import { parseLinks } from '../../core/link.ts';
import type { Task } from '../../core/steps.ts';
import type { ScreenServices } from '../services.ts';
import { DRAFT_KEY, jobOf, newDraft, requestOf, stepsOf, takesRadio } from '../state/draft.ts';
import type { Draft } from '../state/draft.ts';
import { pastedPath } from '../state/edit-text.ts';
import { isNetworkLink, networkUnitOfText, takesNetwork } from '../state/network-places.ts';
import { numberOf, numberText, unitOfText } from '../state/radio-places.ts';
import { useScreenContext } from '../state/screen-context.ts';
import { linkExamples } from '../words/link-forms.ts';
import { filesProblem, placeOf, settingProblem } from '../words/new-rows.ts';
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
  /** Opens the field, with what was pasted already in it. */
  readonly typeLink: (value?: string) => void;
  readonly typePath: (value?: string) => void;
  readonly takeLink: (text: string) => void;
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
    // A page that nobody looks at takes nothing in.
    if (to !== undefined) change({ step: to, armed: undefined });
    else if (by < 0) screen.back();
  };
  const takePath = (text: string) => {
    const path = pastedPath(text);
    if (path === '') return;
    if (now().task === 'restore') change({ backupFile: path });
    else if (!now().files.some((file) => file.path === path)) change({ files: [...now().files, { path }] });
    void sayWhatIsWrong();
  };
  const sayWhatIsWrong = async () => {
    const { task, files, backupFile, flowId } = now();
    const paths = task === 'restore' ? (backupFile === undefined ? [] : [backupFile]) : files;
    const findings = await Promise.all(
      paths.map((each) => inspected(services, typeof each === 'string' ? each : each.path)),
    );
    const takenFor = services.flows.find(({ id }) => id === flowId);
    if (takenFor === undefined) return;
    const problem = task === 'restore' ? backupProblem(findings[0]) : filesProblem(takenFor, findings);
    if (problem !== undefined) screen.say(problem, 'warning');
  };
  /** What was typed as a link: a unit by radio is known by its MAC, too, one on the network also by its host. */
  const readLink = (text: string) => {
    if (takesRadio(flow)) return unitOfText(text, services.heard.now()) ?? { link: text.trim() };
    if (flow === undefined || !takesNetwork(flow)) return { link: text.trim() };
    return networkUnitOfText(text, services.network.now(), flow) ?? { link: text.trim() };
  };
  const linkProblem = (text: string): string | undefined => {
    try {
      const read = readLink(text);
      if ('problem' in read) return read.problem;
      const other = parseLinks(read.link).find(({ kind }) => flow?.linkKinds.includes(kind) === false);
      return other && `${other.text}: This flow takes ${flow?.linkKinds.join(', ') ?? ''}.`;
    } catch (error) {
      return toBenchError(error).message;
    }
  };
  const addLink = (text: string) => {
    const read = readLink(text);
    if ('problem' in read || now().typed.includes(read.link)) return;
    change({ typed: [...now().typed, read.link] });
    const number = numberOf(now(), read.link);
    if (read.link.startsWith('ble:') && number !== undefined)
      screen.say(`${last6(read.link)} is in: write ${numberText(number)} on it.`);
    if (isNetworkLink(read.link) && number !== undefined) {
      services.network.ask(read.link);
      screen.say(`${read.link} is in: write ${numberText(number)} on it.`);
    }
  };
  const typeLink = (value = '') =>
    screen.ask({
      kind: 'input',
      title: takesRadio(flow) ? 'MAC or link' : takesNetwork(flow) ? 'Address, MAC or link' : 'Link',
      ...(flow && { hint: linkExamples(flow) }),
      value,
      problem: value === '' ? undefined : linkProblem(value),
      check: linkProblem,
      run: addLink,
    });

  return {
    draft,
    flow,
    change,
    next: () => step(1),
    previous: () => step(-1),
    typeLink,
    takeLink: (text) => (linkProblem(text) === undefined ? addLink(text) : typeLink(text.trim())),
    typePath: (value = now().backupFile ?? '') =>
      screen.ask({ kind: 'input', title: 'Path of the file', value, run: takePath }),
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

function nextChoice(spec: SettingSpec, value: string): string {
  const choices = spec.choices ?? [];
  const index = choices.findIndex((choice) => choice.value === value);
  return choices[(index + 1) % Math.max(1, choices.length)]?.value ?? value;
}

/** What a file is, or why it cannot even be read. */
export async function inspected(
  services: Pick<ScreenServices, 'inspect'>,
  path: string,
): Promise<FileFinding> {
  try {
    return { path, file: await services.inspect(path) };
  } catch (error) {
    return { path, problem: toBenchError(error).message };
  }
}

const backupProblem = (named: FileFinding | undefined): string | undefined =>
  named?.problem === undefined ? undefined : `${named.path}: ${named.problem}`;

/** Why this step is not done yet, or undefined. */
export function stepProblem(
  draft: Draft,
  flow: AnyFlow,
  files: readonly FileFinding[],
  backup: FileFinding | undefined,
): string | undefined {
  if (draft.step === 'links' && draft.given.length + draft.typed.length + draft.adapters.length === 0)
    return takesRadio(flow)
      ? 'No unit yet: Space marks one that is heard, t types a MAC, A waits for those that start now.'
      : takesNetwork(flow)
        ? 'No unit yet: Space marks one that was found, t types an address, s tries every address.'
        : 'No place yet: Space marks an adapter, t types a link.';
  if (draft.step !== 'firmware') return undefined;
  if (draft.task === 'restore') return backupProblem(backup);
  if (files.length === 0) return 'No file yet: Space takes one of the list, t types a path, or paste one.';
  const filled = files.flatMap(({ file }) => (file === undefined ? [] : [placeOf(flow, file).slot]));
  const missing = flow.firmwareSlots.find(({ required, title }) => required && !filled.includes(title));
  return (
    filesProblem(flow, files) ?? (missing === undefined ? undefined : `Still missing: ${missing.title}.`)
  );
}

export const TASK_OF: Readonly<Record<string, Task>> = {
  flash: 'flash',
  backup: 'backup',
  restore: 'restore',
};
