/** What is needed of a run to tell whose it is. */
export interface RunKey {
  readonly run: number;
  readonly slot: string;
  readonly retryOf?: number | undefined;
  readonly mac?: string | undefined;
  readonly code?: string | undefined;
}

/** One unit of a batch: its runs, oldest first. */
export interface UnitLine<T> {
  readonly last: T;
  readonly runs: readonly T[];
}

/**
 * Sorts the runs of a batch into units: results count units, not attempts, and the last run of a unit counts.
 *
 * A run that read a MAC belongs to that unit, whichever slot it was in. A run that never learned which unit it had
 * (nothing heard) counts for the unit it repeats: the one its slot had before, in cycle mode only when `retryOf` says
 * so, since units change there. As soon as a later run repeats it in turn, it is no longer counted at all: what
 * it could not tell has been told.
 *
 * SAME_UNIT is a verdict on a slot, not on the unit it met there: it counts as a run of an unknown unit. ALREADY_DONE
 * leaves the verdict of its unit as it was.
 */
export function unitLines<T extends RunKey>(
  runs: readonly T[],
  options: { readonly cycle: boolean },
): UnitLine<T>[] {
  const units = new Map<string, T[]>();
  const lastInSlot = new Map<string, { readonly run: T; readonly key: string }>();
  const keys = new Map<number, string>();
  for (const run of [...runs].sort((a, b) => a.run - b.run)) {
    const mac = judgedUnit(run);
    if (run.code === 'ALREADY_DONE' && (run.mac === undefined || units.has(run.mac))) continue;
    const previous = repeated(run, lastInSlot.get(run.slot), keys, runs, options.cycle);
    if (previous !== undefined && judgedUnit(previous.run) === undefined) {
      const left = (units.get(previous.key) ?? []).filter(({ run: number }) => number !== previous.run.run);
      if (left.length === 0) units.delete(previous.key);
      else units.set(previous.key, left);
    }
    const key = mac ?? previous?.key ?? `${run.slot} ${run.run}`;
    const unit = units.get(key);
    if (unit === undefined) units.set(key, [run]);
    else unit.push(run);
    keys.set(run.run, key);
    lastInSlot.set(run.slot, { run, key });
  }
  return [...units.values()].map((unit) => ({ last: unit[unit.length - 1]!, runs: unit }));
}

/** The MAC of the unit that a run is a verdict on. */
export const judgedUnit = (run: RunKey): string | undefined =>
  run.code === 'SAME_UNIT' ? undefined : run.mac;

function repeated<T extends RunKey>(
  run: T,
  lastInSlot: { readonly run: T; readonly key: string } | undefined,
  keys: ReadonlyMap<number, string>,
  runs: readonly T[],
  cycle: boolean,
): { readonly run: T; readonly key: string } | undefined {
  if (run.retryOf !== undefined) {
    const earlier = runs.find((other) => other.run === run.retryOf);
    const key = keys.get(run.retryOf);
    if (earlier !== undefined && key !== undefined) return { run: earlier, key };
  }
  return cycle ? undefined : lastInSlot;
}
