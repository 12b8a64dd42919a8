import { BenchError, type ErrorCode } from '../../src/core/errors.ts';
import { verdictFrom, type Proof, type Verdict } from '../../src/core/outcome.ts';
import type { BootReport } from '../../src/protocols/esp/index.ts';
import type { EspRun, EspSession } from './session.ts';

const FAILED_BOOTS = {
  'boot-loop': 'BOOT_LOOP',
  'invalid-image': 'BOOT_INVALID',
  'other-firmware': 'BOOT_OTHER_FIRMWARE',
} as const;

/** What the boot proves of this run. A quiet boot alone proves nothing, unless the job or a whole restore says so. */
export function bootVerdict(report: BootReport, session: EspSession, run: EspRun): Verdict {
  const { verdict } = report;
  const evidence = verdict.line ?? verdict.message;
  switch (verdict.kind) {
    case 'proved':
      return proved(session, run, evidence);
    case 'running':
      if (run.plan.options.proof.quietBoot || (session.wholeFlash && session.readBack))
        return quiet(proved(session, run, evidence));
      return unseenBoot(
        session,
        'The unit starts from flash without a reset, but nothing in its boot text names the firmware.',
        'Look at what the unit does; if its firmware never names itself, set proof=boot for this job.',
        evidence,
      );
    case 'boot-loop':
    case 'invalid-image':
    case 'other-firmware':
      return failedBoot(FAILED_BOOTS[verdict.kind], report, session, run);
    case 'download-mode':
      return unseenBoot(
        session,
        'The unit went into its loader again: GPIO0 is still low.',
        'Free GPIO0, power-cycle the unit and look again.',
      );
    case 'garbage':
    case 'nothing':
      return unseenBoot(session, undefined, undefined, verdict.kind === 'garbage' ? evidence : undefined);
  }
}

const readBackProof = (session: EspSession): Proof[] =>
  session.readBack || session.current ? ['read back'] : [];

function proved(session: EspSession, run: EspRun, evidence: string): Verdict {
  if (!session.readBack && !session.current) return notProved(evidence);
  const proof: Proof[] = [...readBackProof(session), 'banner'];
  if (session.current) {
    return {
      outcome: 'CURRENT',
      message: 'It already held exactly this firmware and starts it. Nothing was written.',
      proof,
      evidence,
    };
  }
  const what = run.plan.task === 'restore' ? 'The backup was written back' : 'The firmware was written';
  return { outcome: 'PASS', message: `${what}, read back by hash, and seen to start.`, proof, evidence };
}

/** Accepted in place of a banner: said as what it is. */
const quiet = (verdict: Verdict): Verdict => ({
  ...verdict,
  message: verdict.message.replace('and seen to start', 'and ran on without a reset'),
  proof: verdict.proof.filter((proof) => proof !== 'banner'),
  notDone: [...(verdict.notDone ?? []), 'the firmware did not name itself; its quiet boot was accepted'],
});

function notProved(evidence: string): Verdict {
  return verdictFrom(new BenchError('NOT_PROVED'), {
    evidence,
    notDone: ['what was written was not read back'],
  });
}

function failedBoot(code: ErrorCode, report: BootReport, session: EspSession, run: EspRun): Verdict {
  const written = session.current
    ? 'Flash holds exactly this firmware'
    : 'The firmware was written and verified';
  const facts = {
    message: `${written}, but ${lowerFirst(report.verdict.message)}`,
    advice: `Restore its backup, or ${run.plan.device.lastResort}.`,
  };
  const text = report.text.trim().split('\n').slice(-12).join('\n');
  return verdictFrom(new BenchError(code, facts), { proof: readBackProof(session), evidence: text });
}

const lowerFirst = (text: string) => text.charAt(0).toLowerCase() + text.slice(1);

/** Written (or there already), but its start was not seen: open until somebody looks again. */
export function unseenBoot(
  session: EspSession,
  message?: string,
  advice?: string,
  evidence?: string,
): Verdict {
  const error = new BenchError('BOOT_NOT_SEEN', {
    ...(message !== undefined && {
      message: `${session.current ? 'Flash holds exactly this firmware already; nothing was written' : 'Written and verified'}. ${message}`,
    }),
    ...(message === undefined &&
      session.current && {
        message:
          'Flash holds exactly this firmware already; nothing was written, but its start was not seen.',
      }),
    ...(advice !== undefined && { advice }),
  });
  return verdictFrom(error, {
    proof: readBackProof(session),
    notDone: ['the start of the firmware was not seen'],
    ...(evidence !== undefined && { evidence }),
  });
}
