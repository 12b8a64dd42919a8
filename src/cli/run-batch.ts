import type { BatchRequest, Bench, BenchEvent, SlotView } from '../bench/view.ts';
import { OUTCOMES, type Outcome } from '../core/outcome.ts';
import type { CommandContext } from './context.ts';
import { EXIT, exitCodeOfBatch, type SlotEnd } from './exit-codes.ts';
import { jsonReporter } from './reporters/json-reporter.ts';
import { plainReporter } from './reporters/plain-reporter.ts';
import { onStopSignals } from './stop-signals.ts';

/** Runs one batch without a screen. */
export const runBatch = (
  context: CommandContext,
  bench: Bench,
  request: BatchRequest,
  note?: string,
): Promise<number> => runBatches(context, bench, [request], note);

/**
 * Runs batches at the same time without a screen and resolves with the exit code when every slot is settled. Ctrl+C stops at safe
 * points; in cycle mode the first one lets the unit in place finish, for there is no other end to it.
 */
export async function runBatches(
  context: CommandContext,
  bench: Bench,
  requests: readonly BatchRequest[],
  note?: string,
): Promise<number> {
  const { output, host } = context;
  const reporter = output.json ? jsonReporter(output.out) : plainReporter(output.out, output);
  const ends = new Map<string, SlotEnd>();
  const counts = new Map<string, Readonly<Partial<Record<Outcome, number>>>>();
  const batchIds: string[] = [];
  let interrupted = false;
  const notes: Promise<unknown>[] = [];

  const onEvent = (event: BenchEvent) => {
    reporter.event(event);
    if (event.type === 'summary') counts.set(event.batch, event.counts);
    if (event.type !== 'outcome') return;
    ends.set(event.slot, event);
    if (note != null)
      notes.push(
        bench
          .note(event.batch, event.run, note)
          .catch((error: unknown) =>
            output.err.line(`The note of run ${event.run} was not kept: ${String(error)}`),
          ),
      );
  };

  const slots = (): readonly SlotView[] =>
    bench
      .view()
      .batches.filter(({ id }) => batchIds.includes(id))
      .flatMap((batch) => batch.slots);
  const cancelAll = () => {
    interrupted = true;
    bench.cancel(
      slots()
        .filter((slot) => slot.state !== 'settled')
        .map((slot) => slot.id),
    );
  };

  const stopListening = onStopSignals(host, context.services.clock, {
    asked(times) {
      if (requests.some(({ cycle }) => cycle) && times === 1 && batchIds.length > 0) {
        for (const batchId of batchIds) bench.finishCycle(batchId);
        output.err.line(
          'Ending after the unit that is in place now. Ctrl+C again cancels it at its next safe point.',
        );
        return;
      }
      const writing = slots().filter((slot) => slot.writing && slot.state !== 'settled');
      const first = !interrupted;
      cancelAll();
      if (first) {
        output.err.line(
          writing.length === 0
            ? 'Stopping.'
            : `Stopping at the next safe point of ${names(writing)}. Do not take power away.`,
        );
      } else if (writing.length === 0 || times > 2) {
        // The records show these units as INTERRUPTED at the next start.
        host.exit(EXIT.interrupted);
      } else {
        output.err.line(`${names(writing)} would be left half written. Ctrl+C once more gives them up.`);
      }
    },
    hungUp: cancelAll,
  });

  const unsubscribe = bench.onEvent(onEvent);
  try {
    for (const request of requests) batchIds.push(await bench.start(request));
    if (interrupted) cancelAll();
    await Promise.all(batchIds.map((batchId) => bench.whenDone(batchId)));
    await Promise.all(notes);
  } finally {
    unsubscribe();
    stopListening();
  }
  if (interrupted) return EXIT.interrupted;
  return exitCodeOfBatch(counts.size > 0 ? sumOf([...counts.values()]) : countEnds(ends), [...ends.values()]);
}

const sumOf = (all: readonly Readonly<Partial<Record<Outcome, number>>>[]) =>
  Object.fromEntries(
    OUTCOMES.map((outcome) => [outcome, all.reduce((sum, counts) => sum + (counts[outcome] ?? 0), 0)]),
  );

const names = (slots: readonly SlotView[]): string => slots.map((slot) => slot.link.text).join(', ');

function countEnds(ends: ReadonlyMap<string, SlotEnd>): Partial<Record<Outcome, number>> {
  return Object.fromEntries(
    OUTCOMES.map((outcome) => [outcome, [...ends.values()].filter((end) => end.outcome === outcome).length]),
  );
}
