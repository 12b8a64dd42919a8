import { BenchError } from '../core/errors.ts';
import { backupState, type BackupRecord, toStored } from './backups.ts';
import type { BatchIndex } from './batch-index.ts';
import type { BatchLibrary } from './batch-library.ts';
import type { KeptBackup, UnitHistory } from './data-dir.ts';
import type { Files } from './files.ts';
import type { RunRecord } from './run-record.ts';

/** By MAC, last six digits or run number, over all batches. Six digits may be either of the latter: both are given. */
export async function findUnits(
  files: Files,
  library: BatchLibrary,
  query: string,
): Promise<readonly UnitHistory[]> {
  const text = query.trim().toLowerCase();
  const digits = text.replaceAll(/[:-]/g, '');
  const isMac = /^(?:[0-9a-f]{12}|[0-9a-f]{16})$/.test(digits);
  const isLast6 = /^[0-9a-f]{6}$/.test(digits);
  const run = /^#?(\d{1,9})$/.exec(text)?.[1];
  if (!isMac && !isLast6 && run === undefined)
    throw new BenchError('USAGE', {
      message: `${query}: a unit is named by its MAC, the last six digits of it, or the number of a run.`,
      advice: 'The results of a batch list all three.',
    });

  const indexes = await library.indexes();
  const macs = new Set<string>();
  if (isMac || isLast6)
    for (const { runs } of indexes)
      for (const { mac } of runs) if (mac?.replaceAll(':', '').endsWith(digits)) macs.add(mac);
  const histories: UnitHistory[] = [];
  if (run !== undefined) {
    const found = indexes
      .flatMap(({ id, runs }) => runs.map((indexed) => ({ id, indexed })))
      .find(({ indexed }) => indexed.run === Number(run));
    if (found?.indexed.mac !== undefined) macs.add(found.indexed.mac);
    else if (found !== undefined)
      histories.push(await unknownUnit(files, library, found.id, found.indexed.run));
  }
  for (const mac of macs) histories.push(await knownUnit(files, library, indexes, mac));
  return histories;
}

async function knownUnit(
  files: Files,
  library: BatchLibrary,
  indexes: readonly BatchIndex[],
  mac: string,
): Promise<UnitHistory> {
  const batches = indexes.filter(({ runs }) => runs.some((run) => run.mac === mac));
  const records = await Promise.all(batches.map(({ id }) => library.records(id)));
  const runs = records.flat().filter(({ identity }) => identity.mac === mac);
  const backups = await keptBackups(files, await library.backups(mac));
  return { mac, ...whatItIs(runs), runs, backups };
}

async function unknownUnit(
  files: Files,
  library: BatchLibrary,
  batch: string,
  number: number,
): Promise<UnitHistory> {
  const runs = (await library.records(batch)).filter(({ run }) => run === number);
  const found = await library.backups(undefined);
  const backups = await keptBackups(
    files,
    found.filter(({ record }) => record.run === number),
  );
  return { ...whatItIs(runs), runs, backups };
}

function whatItIs(runs: readonly RunRecord[]): Pick<UnitHistory, 'chip' | 'flashSizeBytes'> {
  const chip = runs.findLast(({ identity }) => identity.chip !== undefined)?.identity.chip;
  const size = runs.findLast(({ identity }) => identity.flashSizeBytes !== undefined)?.identity
    .flashSizeBytes;
  return { ...(chip !== undefined && { chip }), ...(size !== undefined && { flashSizeBytes: size }) };
}

function keptBackups(
  files: Files,
  found: readonly { readonly file: string; readonly record: BackupRecord }[],
): Promise<KeptBackup[]> {
  return Promise.all(
    found.map(async ({ file, record }) => {
      const state = await backupState(files, file, record.sha256);
      return {
        ...toStored(file, record),
        batch: record.batch,
        run: record.run,
        ...(record.chip !== undefined && { chip: record.chip }),
        state,
        bringsBack: bringsBack(record, state),
      };
    }),
  );
}

function bringsBack(record: BackupRecord, state: KeptBackup['state']): string {
  if (state === 'missing') return 'Nothing: the file is gone.';
  if (state === 'damaged') return 'Nothing: the file does not match its SHA-256.';
  if (!record.whole)
    return `Only a part of what it should hold (${record.kind}); not enough to restore the unit.`;
  const what = record.kind === 'full-flash' ? 'everything in flash' : `what it holds (${record.kind})`;
  return record.mark === 'first'
    ? `The unit as it was before the first write: ${what}.`
    : `The unit as it was then, after a write to it had begun: ${what}; not its factory state.`;
}
