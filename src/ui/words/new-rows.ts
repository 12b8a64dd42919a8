import type { AnyFlow, SettingSpec } from '../../../flows/flow.ts';
import type { BenchView } from '../../bench/view.ts';
import type { Task } from '../../core/steps.ts';
import type { InspectedFile } from '../../firmware/inspect.ts';
import type { AdapterView, HeardNow, NetworkNow } from '../services.ts';
import type { Draft } from '../state/draft.ts';
import { bytes } from '../text/format.ts';
import type { Tone } from '../theme/theme.ts';
import { inUse } from './bench-rows.ts';
import { heardRows } from './heard-rows.ts';
import { isNetworkLink } from '../state/network-places.ts';
import { linkDetail, linkForms } from './link-forms.ts';
import { networkRows } from './network-rows.ts';

/** A row of a step of the new batch. What it does is bound by `id` in the screen. */
export interface FormRow {
  readonly id: string;
  /** `true` and `false` draw a box to be marked; undefined draws none. */
  readonly marked?: boolean;
  readonly text: string;
  readonly right?: string;
  readonly tone?: Tone;
  /** Shown while the cursor is on it. */
  readonly detail: string;
}

const TASK_HELP: Readonly<Record<Task, readonly [string, string]>> = {
  flash: ['Flash other firmware', 'Backs every unit up, writes, verifies, and waits for the proof.'],
  backup: ['Back up only', 'Reads every unit whole and checks the copy. Writes nothing to a unit.'],
  restore: [
    'Restore a backup',
    'Writes back what a unit held before: each its own newest whole backup, by MAC.',
  ],
};

export const flowRows = (flows: readonly AnyFlow[]): FormRow[] =>
  flows.map((flow) => ({ id: flow.id, text: flow.title, right: flow.device, detail: flow.summary }));

export const taskRows = (): FormRow[] =>
  (['flash', 'backup', 'restore'] as const).map((task) => ({
    id: task,
    text: TASK_HELP[task][0],
    detail: TASK_HELP[task][1],
  }));

export function linkRows(
  draft: Draft,
  flow: AnyFlow,
  adapters: readonly AdapterView[],
  view: BenchView,
  { heard, network }: { readonly heard?: HeardNow; readonly network?: NetworkNow } = {},
): FormRow[] {
  const found = [
    ...(heard === undefined ? [] : heardRows(draft, heard, view)),
    ...(network === undefined ? [] : networkRows(draft, flow, network, view)),
  ];
  /** Has a row among those that are found. */
  const hasRow = (link: string) =>
    (heard !== undefined && link.startsWith('ble:')) || (network !== undefined && isNetworkLink(link));
  const serial = flow.linkKinds.includes('serial') ? adapters : [];
  const rows = serial.map((adapter): FormRow => {
    const batch = inUse(view, adapter.link);
    const about = [adapter.chip, adapter.location].filter(Boolean).join(', ');
    const advice = adapter.advice ?? `${adapter.link}. Space marks it.`;
    return {
      id: `adapter ${adapter.key}`,
      marked: draft.adapters.includes(adapter.key),
      text: adapter.label,
      right: batch === undefined ? (adapter.usable ? about : `${about} not usable`) : `in use by ${batch}`,
      tone: batch === undefined && adapter.usable ? 'plain' : 'dim',
      detail: batch === undefined ? advice : `${batch} is at work on it.`,
    };
  });
  rows.push(...found);
  for (const link of draft.given.filter(({ text }) => !hasRow(text)))
    rows.push({
      id: `given ${link.text}`,
      marked: true,
      text: link.text,
      right: 'came with it',
      detail: 'Space leaves it out.',
    });
  for (const text of draft.typed.filter((each) => !hasRow(each)))
    rows.push({ id: `typed ${text}`, marked: true, text, right: 'typed', detail: 'Space leaves it out.' });
  rows.push({
    id: 'type',
    text: typeText(heard, network),
    right: linkForms(flow),
    detail: linkDetail(flow),
  });
  return rows;
}

function typeText(heard: HeardNow | undefined, network: NetworkNow | undefined): string {
  if (heard !== undefined) return 'Type a MAC or a link';
  return network === undefined ? 'Type a link' : 'Type an address, a MAC or a link';
}

/** A firmware file that is chosen or could be, or what is wrong with it. */
export interface FileFinding {
  readonly path: string;
  readonly file?: InspectedFile;
  /** It could not even be read. */
  readonly problem?: string;
}

/** Which slot of the flow takes it, or why none does. */
export function placeOf(
  flow: AnyFlow,
  file: InspectedFile,
): { readonly slot?: string; readonly refused?: string } {
  const broken = file.problems.find(({ severity }) => severity === 'error');
  if (broken !== undefined) return { refused: broken.text };
  const slot = flow.firmwareSlots.find((candidate) => candidate.refuses(file) === undefined);
  if (slot !== undefined) return { slot: slot.title };
  return { refused: flow.firmwareSlots[0]?.refuses(file) ?? 'This flow takes no firmware file.' };
}

/** Why a file of the list cannot be taken, or undefined; a file that is still being read is not refused yet. */
export function fileProblem(flow: AnyFlow, { path, file, problem }: FileFinding): string | undefined {
  const reason = problem ?? (file && placeOf(flow, file).refused);
  return reason === undefined ? undefined : `${fileName(path)}: ${reason} Space leaves it out.`;
}

/** Why the files together cannot be taken: one is refused, or two are meant for one place. */
export function filesProblem(flow: AnyFlow, files: readonly FileFinding[]): string | undefined {
  const placed = new Map<string, string>();
  for (const finding of files) {
    const problem = fileProblem(flow, finding);
    if (problem !== undefined) return problem;
    const name = fileName(finding.path);
    const { file } = finding;
    if (file === undefined) return `${name} is still being read.`;
    const fitting = flow.firmwareSlots.filter((slot) => slot.refuses(file) === undefined);
    const slot = fitting.find(({ id }) => !placed.has(id));
    if (slot === undefined)
      return `${placed.get(fitting[0]?.id ?? '') ?? ''} and ${name} are both meant for the ${fitting[0]?.title ?? ''}. Space leaves one out.`;
    placed.set(slot.id, name);
  }
  return undefined;
}

const fileName = (path: string): string => path.split(/[\\/]/).at(-1) ?? path;

export function fileRow(flow: AnyFlow, finding: FileFinding, marked: boolean): FormRow {
  const { path, file, problem } = finding;
  const name = fileName(path);
  if (file === undefined) {
    const text = problem ?? 'being read';
    return {
      id: `file ${path}`,
      marked,
      text: name,
      right: text,
      tone: problem === undefined ? 'dim' : 'warning',
      detail: `${path}: ${text}`,
    };
  }
  const { slot, refused } = placeOf(flow, file);
  const warnings = file.problems.map(({ text }) => text).join(' ');
  return {
    id: `file ${path}`,
    marked,
    text: file.title,
    right: refused === undefined ? `${name}  ${file.sha256.slice(0, 6)}` : 'does not fit',
    tone: refused === undefined ? 'plain' : 'warning',
    detail:
      refused ?? [`${slot ?? ''}, ${bytes(file.sizeBytes)}, ${path}`, warnings].filter(Boolean).join('. '),
  };
}

export function firmwareRows(
  flow: AnyFlow,
  chosen: readonly FileFinding[],
  found: readonly InspectedFile[],
): FormRow[] {
  const taken = new Set(chosen.map(({ path }) => path));
  return [
    ...chosen.map((finding) => fileRow(flow, finding, true)),
    ...found
      .filter(({ path }) => !taken.has(path))
      .map((file) => fileRow(flow, { path: file.path, file }, false)),
    {
      id: 'type',
      text: 'Type or paste a path',
      detail: 'A file is taken for what is in it, not for its name.',
    },
  ];
}

export const restoreRows = (draft: Draft, named: FileFinding | undefined): FormRow[] => [
  {
    id: 'newest',
    marked: draft.backupFile === undefined,
    text: 'Each unit its own newest whole backup',
    detail: 'Found by the MAC that the unit says; a unit without one is SKIPPED.',
  },
  {
    id: 'type',
    marked: draft.backupFile !== undefined,
    text: draft.backupFile ?? 'One named backup file',
    ...(named?.problem !== undefined && { right: 'cannot be read', tone: 'warning' as const }),
    detail:
      named?.problem ??
      'Refused for another or an unknown unit unless you accept it by name. Enter types the path.',
  },
];

/** A setting as it is shown: secrets never. */
export function settingText(spec: SettingSpec, value: string | undefined): string {
  const text = value ?? spec.default ?? '';
  if (text === '') return 'not set';
  if (spec.kind === 'secret') return `set, ${[...text].length} characters`;
  if (spec.kind === 'boolean') return text;
  return spec.choices?.find((choice) => choice.value === text)?.title ?? text;
}

export function settingRows(draft: Draft, flow: AnyFlow): FormRow[] {
  const rows: FormRow[] = [
    {
      id: 'go on',
      text: 'Go on with these settings',
      tone: 'strong',
      detail: 'Enter shows what will be done.',
    },
  ];
  for (const spec of flow.settings)
    rows.push({
      id: `set ${spec.key}`,
      text: spec.title,
      right: settingText(spec, draft.settings[spec.key]),
      detail: spec.help,
    });
  rows.push({
    id: 'parallel',
    text: 'Units at once',
    right: draft.parallel === undefined ? 'all' : String(draft.parallel),
    detail: 'How many units are worked on at the same time.',
  });
  if (flow.abilities.cycle)
    rows.push({
      id: 'cycle',
      text: 'One jig, many units',
      right: draft.cycle ? 'yes' : 'no',
      detail:
        'After each verdict the next unit that is heard in the same place starts its own run, without a key.',
    });
  return rows;
}

/** Why a value cannot be taken, or undefined. */
export function settingProblem(spec: SettingSpec, text: string): string | undefined {
  if (spec.kind !== 'number' || text === '') return undefined;
  const value = Number(text);
  if (!Number.isFinite(value)) return `${spec.title}: a number is wanted.`;
  if (spec.min !== undefined && value < spec.min) return `${spec.title}: at least ${spec.min}.`;
  return spec.max !== undefined && value > spec.max ? `${spec.title}: at most ${spec.max}.` : undefined;
}
