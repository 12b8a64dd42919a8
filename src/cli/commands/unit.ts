import { BenchError } from '../../core/errors.ts';
import { sanitize } from '../../core/text.ts';
import type { UnitHistory } from '../../records/data-dir.ts';
import type { CommandContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { formatBytes, formatDate } from '../format.ts';
import { codeBeside } from '../outcome-text.ts';
import { table } from '../table.ts';

/** Everything known of one unit; of each unit that fits, where two share their last six digits. */
export async function unit({ services, options, output }: CommandContext, query: string): Promise<number> {
  const records = await services.records(options, 'look');
  try {
    const units = await records.units(query);
    if (output.json) output.out.line(JSON.stringify({ units }));
    else for (const line of units.flatMap(unitLines)) output.say(line);
    if (units.length > 0) return EXIT.allGood;
    if (output.json) return EXIT.notAll;
    throw new BenchError('USAGE', {
      message: `The records know no unit "${query}".`,
      advice: 'Ask by MAC, by its last six digits or by the number of a run; benchflash results lists units.',
    });
  } finally {
    await records.close();
  }
}

function unitLines(found: UnitHistory): string[] {
  const size = found.flashSizeBytes == null ? undefined : `${formatBytes(found.flashSizeBytes)} flash`;
  const lines = [
    [found.mac ?? 'A unit that never said who it is', found.chip, size].filter(Boolean).join('  '),
  ];
  lines.push('runs:');
  const runs = found.runs.map((run) => [
    `  ${run.run}`,
    run.batch,
    formatDate(run.startedAt),
    `${run.task} with ${run.flow}`,
    run.outcome,
    sanitize([codeBeside(run), run.message, run.note].filter(Boolean).join('  ')),
  ]);
  lines.push(...table(runs));
  if (found.backups.length === 0) return [...lines, 'no backups', ''];
  lines.push('backups:');
  for (const backup of found.backups)
    lines.push(
      `  ${formatDate(backup.takenAt)}  ${formatBytes(backup.bytes)}  ${backup.mark === 'first' ? 'taken before any write' : 'after-write'}${backup.whole ? '' : ', not whole'}, ${backup.state}`,
      `    ${backup.file}  ${backup.sha256}`,
      `    ${backup.bringsBack}`,
    );
  return [...lines, ''];
}
