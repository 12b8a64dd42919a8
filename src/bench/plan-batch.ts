import type { NamedBackup } from '../core/backup-store.ts';
import { BenchError } from '../core/errors.ts';
import { parseLinks, type Link } from '../core/link.ts';
import type { InspectedFile } from '../firmware/inspect.ts';
import type { AnyFlow, SettingSpec, Settings } from '../../flows/flow.ts';
import type { BatchRequest, BatchView } from './view.ts';

/** A request whose files, settings and links were checked: nothing that can be refused is left. */
export interface PlannedBatch {
  readonly request: BatchRequest;
  readonly flow: AnyFlow;
  readonly plan: unknown;
  readonly files: ReadonlyMap<string, InspectedFile>;
  readonly firmware: BatchView['firmware'];
  readonly warnings: readonly string[];
  readonly namedBackup: NamedBackup | undefined;
}

export interface PlanningTools {
  readonly flows: readonly AnyFlow[];
  inspectFile(path: string): Promise<InspectedFile>;
  namedBackup(file: string): Promise<NamedBackup>;
  /** Throws USAGE for a virtual link whose device, fault, state or wiring does not exist. */
  checkLink(link: Link): void;
}

/** Touches no unit. Throws USAGE, FILE_NOT_FOUND, FIRMWARE_REFUSED, LINK_UNKNOWN and what the flow refuses. */
export async function planBatch(request: BatchRequest, tools: PlanningTools): Promise<PlannedBatch> {
  const flow = tools.flows.find(({ id }) => id === request.flowId);
  if (!flow) {
    throw new BenchError('USAGE', {
      message: `There is no flow "${request.flowId}".`,
      advice: `Flows: ${tools.flows.map(({ id }) => id).join(', ')}.`,
    });
  }
  checkLinks(flow, request);
  for (const link of request.links) tools.checkLink(link);
  const files = await placeFiles(flow, request, tools);
  const settings = checkSettings(flow.settings, request.settings);
  checkLinkSettings(flow.settings, settings, request.links, tools);
  const namedBackup =
    request.backupFile === undefined ? undefined : await tools.namedBackup(request.backupFile);
  const plan: unknown = await flow.plan({
    task: request.task,
    files,
    settings,
    assume: new Set(request.assume),
    ...(namedBackup && {
      backup: {
        file: await tools.inspectFile(namedBackup.file),
        ...(namedBackup.mac !== undefined && { mac: namedBackup.mac }),
      },
    }),
  });
  const fileWarnings = [...files.values()].flatMap(({ problems }) =>
    problems.filter(({ severity }) => severity === 'warning').map(({ text }) => text),
  );
  return {
    request: { ...request, settings },
    flow,
    plan,
    files,
    firmware: [...files].map(([slot, file]) => ({
      slot,
      file: file.path,
      sha256: file.sha256,
      title: file.title,
    })),
    warnings: [...new Set([...fileWarnings, ...flow.warnings(plan)])],
    namedBackup,
  };
}

function checkLinks(flow: AnyFlow, request: BatchRequest): void {
  if (request.links.length === 0) {
    throw new BenchError('USAGE', { message: 'No link was given.', advice: 'Give at least one --link.' });
  }
  const seen = new Set<string>();
  for (const link of request.links) {
    if (!flow.linkKinds.includes(link.kind)) {
      throw new BenchError('LINK_UNKNOWN', {
        message: `${link.text} is a link of the kind ${link.kind}; ${flow.id} takes ${flow.linkKinds.join(', ')}.`,
      });
    }
    if (seen.has(link.text)) throw new BenchError('USAGE', { message: `${link.text} was given twice.` });
    seen.add(link.text);
  }
  if (request.cycle && !flow.abilities.cycle) {
    throw new BenchError('USAGE', { message: `${flow.id} has no cycle mode.` });
  }
}

async function placeFiles(flow: AnyFlow, request: BatchRequest, tools: PlanningTools) {
  const placed = new Map<string, InspectedFile>();
  for (const { slot: wanted, path } of request.files) {
    const file = await tools.inspectFile(path);
    const slot = wanted === undefined ? placeByContent(flow, file, placed) : named(flow, wanted, file);
    if (placed.has(slot)) {
      throw new BenchError('USAGE', {
        message: `Two files are meant for "${slot}": ${placed.get(slot)!.path} and ${path}.`,
      });
    }
    placed.set(slot, file);
  }
  return placed;
}

function refused(file: InspectedFile, reason: string): BenchError {
  return new BenchError('FIRMWARE_REFUSED', {
    message: `${file.path}: ${reason}`,
    detail: { file: file.path },
  });
}

function named(flow: AnyFlow, id: string, file: InspectedFile): string {
  const slot = flow.firmwareSlots.find((candidate) => candidate.id === id);
  if (!slot) {
    throw new BenchError('USAGE', {
      message: `${flow.id} has no firmware slot "${id}".`,
      advice: `Slots: ${flow.firmwareSlots.map((candidate) => candidate.id).join(', ')}.`,
    });
  }
  const reason = slot.refuses(file);
  if (reason !== undefined) throw refused(file, reason);
  return id;
}

function placeByContent(
  flow: AnyFlow,
  file: InspectedFile,
  placed: ReadonlyMap<string, InspectedFile>,
): string {
  const fitting = flow.firmwareSlots.filter((slot) => slot.refuses(file) === undefined);
  const slot = fitting.find(({ id }) => !placed.has(id)) ?? fitting[0];
  if (slot) return slot.id;
  const broken = file.problems.find(({ severity }) => severity === 'error');
  throw refused(
    file,
    broken?.text ?? flow.firmwareSlots[0]?.refuses(file) ?? `${file.title} does not fit ${flow.id}.`,
  );
}

/** Fills in defaults. Throws USAGE for unknown keys and values out of range. */
export function checkSettings(specs: readonly SettingSpec[], given: Settings): Settings {
  const unknown = Object.keys(given).find((key) => !specs.some((spec) => spec.key === key));
  if (unknown !== undefined) {
    throw new BenchError('USAGE', {
      message: `There is no setting "${unknown}" here.`,
      advice:
        specs.length > 0
          ? `Settings: ${specs.map(({ key }) => key).join(', ')}.`
          : 'This flow has no settings.',
    });
  }
  const settings: Record<string, string> = {};
  for (const spec of specs) {
    const value = given[spec.key] ?? spec.default;
    if (value === undefined) continue;
    const problem = settingProblem(spec, value);
    if (problem !== undefined) {
      throw new BenchError('USAGE', { message: `${spec.key}: ${problem}`, advice: spec.help });
    }
    settings[spec.key] = value;
  }
  return settings;
}

/** Settings that are links of their own, beside those of the slots. Throws USAGE. */
function checkLinkSettings(
  specs: readonly SettingSpec[],
  settings: Settings,
  links: readonly Link[],
  tools: PlanningTools,
): void {
  for (const { key, linkKinds, help } of specs) {
    const value = settings[key] ?? '';
    if (linkKinds === undefined || value === '') continue;
    const [link, ...more] = parseLinks(value);
    const problem =
      more.length > 0
        ? `"${value}" is more than one link.`
        : !linkKinds.includes(link!.kind)
          ? `"${value}" is a link of the kind ${link!.kind}; it must be ${linkKinds.join(', ')}.`
          : links.some(({ text }) => text === link!.text)
            ? `"${value}" is a link of a slot already.`
            : undefined;
    if (problem !== undefined) throw new BenchError('USAGE', { message: `${key}: ${problem}`, advice: help });
    tools.checkLink(link!);
  }
}

/** What is wrong with a value, one sentence, or undefined. */
export function settingProblem(spec: SettingSpec, value: string): string | undefined {
  if (spec.kind === 'choice' && !spec.choices?.some((choice) => choice.value === value)) {
    return `"${value}" is none of ${spec.choices?.map((choice) => choice.value).join(', ')}.`;
  }
  if (spec.kind === 'boolean' && value !== 'yes' && value !== 'no')
    return `"${value}" is neither yes nor no.`;
  if (spec.kind === 'number') {
    const number = Number(value);
    if (value.trim() === '' || !Number.isFinite(number)) return `"${value}" is no number.`;
    if (spec.min !== undefined && number < spec.min) return `${value} is less than ${spec.min}.`;
    if (spec.max !== undefined && number > spec.max) return `${value} is more than ${spec.max}.`;
  }
  return undefined;
}
