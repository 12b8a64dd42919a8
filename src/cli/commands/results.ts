import { sanitize } from '../../core/text.ts';
import type { BatchResults, UnitResult } from '../../records/data-dir.ts';
import type { CommandContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { formatDate, formatSeconds } from '../format.ts';
import { codeBeside, countsText } from '../outcome-text.ts';
import { table } from '../table.ts';

/** Records of a batch, one line per unit, the last run of each. */
export async function results(
  { services, options, output }: CommandContext,
  batchId: string | undefined,
  own: { readonly csv: boolean; readonly secrets: boolean },
): Promise<number> {
  const records = await services.records(options, 'look');
  try {
    const found = await records.results(batchId, { secrets: own.secrets });
    if (own.csv) {
      const { resultsCsv } = await import('../../records/results-csv.ts');
      output.out.line(resultsCsv(found.units, { secrets: own.secrets }).trimEnd());
    } else if (output.json) {
      output.out.line(JSON.stringify(found));
    } else {
      for (const line of resultLines(found, records.batchFolder(found.batch.id))) output.say(line);
    }
    return EXIT.allGood;
  } finally {
    await records.close();
  }
}

function resultLines({ batch, units }: BatchResults, folder: string): string[] {
  const { header } = batch;
  const lines = [
    `${batch.id}  ${header.task} with ${header.flow}${header.jobName == null ? '' : ` (job ${header.jobName})`}, ${formatDate(batch.startedAt)}, ${batch.state}`,
    `${batch.units} unit${batch.units === 1 ? '' : 's'}: ${countsText(batch.outcomes)}`,
  ];
  for (const file of header.firmware)
    lines.push(`${file.slot}: ${file.title ?? ''}  ${file.file}  ${file.sha256}`);
  lines.push(`folder ${folder}`, '');
  const rows = units.map((unit, index) => [String(index + 1), ...unitCells(unit)]);
  lines.push(...table([['#', 'RUN', 'SLOT', 'UNIT', 'OUTCOME', 'PROOF', 'TIME', 'RUNS', 'WHAT'], ...rows]));
  for (const unit of units)
    for (const secret of unit.secrets ?? [])
      lines.push(`${unit.identity.mac ?? unit.slot}: ${secret.name} = ${secret.value}`);
  const { running, waiting, notStarted } = batch;
  const doing = [
    ...(running > 0 ? [running === 1 ? '1 slot is running' : `${running} slots are running`] : []),
    ...(waiting > 0 ? [waiting === 1 ? '1 waits for its turn' : `${waiting} wait for their turn`] : []),
  ];
  if (doing.length > 0) lines.push(`${doing.join(', ')}.`);
  if (notStarted > 0)
    lines.push(notStarted === 1 ? '1 slot was never started.' : `${notStarted} slots were never started.`);
  if (batch.damagedLines > 0) lines.push(`${batch.damagedLines} lines of its journal cannot be read.`);
  return lines;
}

const unitCells = (unit: UnitResult): string[] => [
  String(unit.run),
  unit.slot,
  unit.identity.mac ?? 'unknown',
  unit.outcome,
  unit.proof.join(', ') || '-',
  formatSeconds(unit.seconds),
  String(unit.attempts),
  sanitize(
    [codeBeside(unit), unit.code == null ? undefined : unit.message, unit.note].filter(Boolean).join('  '),
  ),
];
