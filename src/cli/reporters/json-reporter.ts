import type { BenchEvent } from '../../bench/view.ts';
import type { BenchError } from '../../core/errors.ts';
import type { LineWriter } from '../line-writer.ts';
import type { Reporter } from './reporter.ts';

/** One event a line; the names of the keys are fixed. Progress may be thinned out for a slow reader, nothing else. */
export function jsonReporter(out: LineWriter): Reporter {
  return {
    event(event) {
      const thinned = event.type === 'progress' ? `${event.batch} ${event.slot}` : undefined;
      out.line(JSON.stringify(jsonEvent(event)), thinned);
    },
  };
}

/** The line of an event as programs read it. Keys that have nothing to say are null, never missing. */
export function jsonEvent(event: BenchEvent): Readonly<Record<string, unknown>> {
  const head = { type: event.type, time: isoTime(event.time) };
  switch (event.type) {
    case 'batch': {
      const { batch, flow, task, slots, warnings } = event;
      return { ...head, batch, flow, task, slots, warnings };
    }
    case 'step': {
      const { slot, batch, step, identity } = event;
      return { ...head, slot, batch, step, identity };
    }
    case 'progress': {
      const { slot, batch, step, label, done, total, unit, perSecond, etaMs } = event;
      return {
        ...head,
        ...{ slot, batch, step, label, done, unit },
        total: total ?? null,
        perSecond: perSecond ?? null,
        etaMs: etaMs ?? null,
      };
    }
    case 'log': {
      const { slot, batch, level, text } = event;
      return { ...head, slot, batch, level, text };
    }
    case 'ask': {
      const { slot, batch, prompt } = event;
      return { ...head, slot, batch, prompt: { ...prompt, askedAt: isoTime(prompt.askedAt) } };
    }
    case 'outcome': {
      const { slot, batch, run, outcome, step, proof, identity, firmware } = event;
      return {
        ...head,
        ...{ slot, batch, run, outcome, step },
        code: event.code ?? null,
        message: event.message,
        advice: event.advice ?? null,
        blame: event.blame ?? null,
        retry: event.retry ?? null,
        ...{
          proof,
          evidence: event.evidence ?? null,
          notDone: event.notDone ?? [],
          next: event.next ?? null,
        },
        ...{ identity, backup: event.backup ?? null, firmware },
        bytesWritten: event.bytesWritten,
        seconds: event.seconds,
        tries: event.tries,
        warnings: event.warnings,
      };
    }
    case 'summary': {
      const { batch, counts, units, seconds } = event;
      // By name on the line itself and as a group: `.PASS` is what a shell asks for, `.counts` what a program walks.
      return { ...head, batch, ...counts, counts, units, seconds };
    }
  }
}

/** The last line of a command that could not do what was asked, in place of its summary or document. */
export function jsonError(error: BenchError, time: number): Readonly<Record<string, unknown>> {
  const { code, message, advice, blame, retry, next } = error;
  return { type: 'error', time: isoTime(time), code, message, advice, blame, retry, next: next ?? null };
}

const isoTime = (msSinceEpoch: number): string => new Date(msSinceEpoch).toISOString();
