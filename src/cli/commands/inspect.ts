import type { InspectedFile } from '../../firmware/inspect.ts';
import type { CommandContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { formatBytes } from '../format.ts';
import { table } from '../table.ts';

/** What a file is. Ends as a refused file does when it must not be written anywhere. */
export async function inspect({ services, output }: CommandContext, path: string): Promise<number> {
  const file = await services.inspectFile(path);
  const refused = file.problems.some((problem) => problem.severity === 'error');
  if (output.json) output.out.line(JSON.stringify(describe(file)));
  else for (const line of inspectLines(file)) output.say(line);
  return refused || file.kind === 'unknown' ? EXIT.usage : EXIT.allGood;
}

function inspectLines(file: InspectedFile): string[] {
  const rows = file.facts.map(({ label, value }) => [label, value]);
  const parts = file.parts.map((part) => [
    offsetText(part.flashOffset),
    part.kind,
    part.title,
    formatBytes(part.bytes.length),
  ]);
  return [
    file.title,
    ...table(rows).map(indent),
    ...(parts.length > 1 ? ['parts, with where each belongs in flash:', ...table(parts).map(indent)] : []),
    ...file.problems.map(({ severity, text }) => `${severity}: ${text}`),
  ];
}

const indent = (line: string): string => `  ${line}`;
const offsetText = (offset: number | undefined): string =>
  offset == null ? 'by partition table' : `0x${offset.toString(16)}`;

const describe = (file: InspectedFile) => ({
  path: file.path,
  kind: file.kind,
  chip: file.chip ?? null,
  title: file.title,
  sizeBytes: file.sizeBytes,
  sha256: file.sha256,
  compressed: file.compressed,
  facts: file.facts,
  problems: file.problems,
  parts: file.parts.map(
    ({ kind, title, flashOffset, bytes, flashMode, headerFlashSizeBytes, descriptor }) => ({
      kind,
      title,
      flashOffset: flashOffset ?? null,
      bytes: bytes.length,
      flashMode: flashMode ?? null,
      headerFlashSizeBytes: headerFlashSizeBytes ?? null,
      descriptor: descriptor ?? null,
    }),
  ),
  backup: file.backup ?? null,
  esp8266: file.esp8266 ?? null,
  mongoose: file.mongoose ?? null,
  telink: file.telink ?? null,
});
