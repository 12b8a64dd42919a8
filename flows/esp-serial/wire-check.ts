import { isBenchError } from '../../src/core/errors.ts';
import type { PartitionTable } from '../../src/firmware/inspect.ts';
import { activeOta, OTADATA_BYTES } from '../../src/firmware/otadata.ts';
import {
  otadataPartition,
  parsePartitionTable,
  TABLE_MAX_BYTES,
  TABLE_OFFSET,
} from '../../src/firmware/partition-table.ts';
import type { FlashRegion } from '../../src/firmware/place-parts.ts';
import { md5Hex } from '../../src/core/digest.ts';
import { precompress } from '../../src/protocols/esp/index.ts';
import { done, type StepResult } from '../flow.ts';
import { expectationFor, regionsFor, tableOf } from './plan.ts';
import { readBytes } from './read-bytes.ts';
import { loaderOf, type EspRun, type EspSession } from './session.ts';

/**
 * Proves the wires at the working rate, works out what goes where in this very unit, and compares it with what
 * flash holds already: where all of it is equal, nothing is backed up or written and only the boot is watched.
 */
export async function wireCheck(session: EspSession, run: EspRun): Promise<StepResult> {
  const { task, files, options } = run.plan;
  const loader = loaderOf(session);
  if (task !== 'flash') return done;
  const { sizeBytes } = session.flash!;
  const { identity } = loader;
  const canRead = loader.mode === 'stub' || identity.chip !== 'ESP8266';
  const table = identity.chip === 'ESP8266' ? undefined : await readTable(session, run);
  const regions = regionsFor(
    run.plan,
    {
      chip: identity.chip,
      flashSizeBytes: sizeBytes,
      revision: identity.revision && identity.revision.major * 100 + identity.revision.minor,
      table,
    },
    (text) => run.warn(text),
  );
  session.regions = canRead
    ? await withoutNeedlessOtadata(session, run, regions, tableOf(files) ?? table)
    : regions;
  session.expectation = expectationFor(files.values(), options);
  run.firmware([...files].map(([slot, { path, sha256 }]) => ({ slot, file: path, sha256 })));
  if (!canRead || options.eraseFirst) return done;

  const total = session.regions.reduce((sum, { bytes }) => sum + bytes.length, 0);
  const equal = new Set<FlashRegion>();
  let compared = 0;
  for (const region of session.regions) {
    run.progress({ label: `comparing ${region.title}`, done: compared, total, unit: 'bytes' });
    const digest = await loader.md5(region.offset, region.bytes.length, { signal: run.signal });
    if (digest === md5Hex(region.bytes)) equal.add(region);
    compared += region.bytes.length;
    run.progress({ label: `comparing ${region.title}`, done: compared, total, unit: 'bytes' });
  }
  session.equalRegions = equal;
  session.current = equal.size === session.regions.length;
  if (session.current) run.log('info', 'flash holds exactly this firmware already; nothing will be written');
  else if (equal.size > 0)
    run.log('info', `${equal.size} of ${session.regions.length} parts are in flash already`);
  if (loader.mode === 'stub') {
    for (const region of session.regions) if (!equal.has(region)) void precompress(region.bytes);
  }
  return session.current ? { kind: 'done', goTo: 'reboot' } : done;
}

async function readTable(session: EspSession, run: EspRun): Promise<PartitionTable | undefined> {
  const bytes = await readBytes(session, run, TABLE_OFFSET, TABLE_MAX_BYTES, 'reading the partition table');
  return parsePartitionTable(bytes);
}

/** An otadata made only to select the application is left out where the unit's own selects it already. */
async function withoutNeedlessOtadata(
  session: EspSession,
  run: EspRun,
  regions: readonly FlashRegion[],
  table: PartitionTable | undefined,
): Promise<readonly FlashRegion[]> {
  const made = regions.find(({ kind, part }) => kind === 'otadata' && part === undefined);
  const app = regions.find(({ kind }) => kind === 'app');
  const partition = table && otadataPartition(table);
  if (!made || !app || !table || !partition) return regions;
  try {
    const bytes = await readBytes(session, run, partition.offset, OTADATA_BYTES, 'reading otadata');
    const selected = activeOta(bytes, table)?.partition.offset;
    return selected === app.offset ? regions.filter((region) => region !== made) : regions;
  } catch (error) {
    if (isBenchError(error, 'LOADER_UNSUPPORTED')) return regions;
    throw error;
  }
}
