import { BenchError, type ErrorCode } from '../../src/core/errors.ts';
import { verdictFrom, type Proof, type Verdict } from '../../src/core/outcome.ts';
import { describeUnit, type HeardUnit } from '../../src/protocols/adverts/index.ts';
import type { Target, WireRun } from './session.ts';

const readBackProof = ({ readBack }: Target): Proof[] => (readBack === 'whole' ? ['read back'] : []);

const readBackText = ({ readBack }: Target): string =>
  readBack === 'whole' ? 'every byte read back' : 'samples of every page read back';

const what = (run: WireRun): string =>
  run.plan.task === 'restore' ? 'The backup was written back' : 'The firmware was written';

const again = ({ flashes }: Target): string[] =>
  flashes > 1 ? ['the first flash did not start; it was flashed a second time'] : [];

/** Its MAC was heard after the reset, under what the image sends. */
export function heardVerdict(run: WireRun, target: Target, heard: HeardUnit): Verdict {
  const second = target.flashes > 1 ? ' The first time it did not start: it was flashed twice.' : '';
  return {
    outcome: 'PASS',
    message: `${what(run)}, ${readBackText(target)}, and the unit heard with its own MAC under it.${second}`,
    // Samples alone are no proof; with the unit heard, they are what ties the image to it.
    proof: [...(target.readBack === 'no' ? [] : (['read back'] as const)), 'heard'],
    evidence: describeUnit(heard),
    ...(target.readBack !== 'whole' && { notDone: ['not every byte was read back'] }),
  };
}

/** Every byte was read back, and nothing could listen. */
export function readBackVerdict(run: WireRun, target: Target, why: string, left: readonly string[]): Verdict {
  return {
    outcome: 'PASS',
    message: `${what(run)} and every byte of it read back.`,
    proof: ['read back'],
    notDone: [`its start was not watched: ${why}`, ...left, ...again(target)],
  };
}

export function currentVerdict(run: WireRun, heard: HeardUnit | undefined, why: string): Verdict {
  const held = run.plan.task === 'restore' ? 'what the backup holds' : 'exactly this firmware';
  return {
    outcome: 'CURRENT',
    message: `It already held ${held}, byte for byte. Nothing was written.`,
    proof: ['read back', ...(heard == null ? [] : (['heard'] as const))],
    ...(heard == null
      ? { notDone: [`its start was not watched: ${why}`] }
      : { evidence: describeUnit(heard) }),
  };
}

/** Open: a later look may prove it. */
export function openVerdict(
  code: Extract<ErrorCode, 'SAMPLES_ONLY' | 'NEW_FIRMWARE_NOT_HEARD' | 'HEARD_AMBIGUOUS'>,
  facts: {
    readonly target?: Target | undefined;
    readonly message?: string;
    readonly advice?: string;
    readonly evidence?: string;
    readonly notDone?: readonly string[];
  },
): Verdict {
  const { target, message, advice, evidence, notDone = [] } = facts;
  return verdictFrom(
    new BenchError(code, { ...(message != null && { message }), ...(advice != null && { advice }) }),
    {
      proof: target == null ? [] : readBackProof(target),
      notDone: [...notDone, ...(target == null ? [] : again(target))],
      ...(evidence != null && { evidence }),
    },
  );
}
