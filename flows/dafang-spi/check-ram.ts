import { BenchError, isBenchError } from '../../src/core/errors.ts';
import { describeBoot, startsAsBoot, type BootLoader } from '../../src/firmware/dafang/boot-loader.ts';
import { dafangPart, partOf } from '../../src/firmware/dafang/flash-map.ts';
import type { DafangRun, DafangSession } from './session.ts';

/** A boot loader for another amount of RAM does not start. Throws RAM_VARIANT_WRONG, RAM_VARIANT_UNKNOWN. */
export async function checkRam(session: DafangSession, run: DafangRun, boot: BootLoader): Promise<void> {
  if (boot.ramMB === undefined) {
    run.warn('The new boot loader does not tell for how much RAM it is made.');
    return;
  }
  const ramMB = await ramOf(session, run);
  if (ramMB === boot.ramMB) return;
  throw new BenchError('RAM_VARIANT_WRONG', {
    message: `${boot.title} is made for ${boot.ramMB} MB of RAM, this camera has ${ramMB}: it would not start.`,
    detail: { wanted: boot.ramMB, found: ramMB },
  });
}

async function ramOf({ dump }: DafangSession, run: DafangRun): Promise<number> {
  const set = run.settings['ram'] ?? 'auto';
  if (set !== 'auto') return Number(set);
  const told = ramOfBoot(dump) ?? (run.plan.base && ramOfBoot(run.plan.base.content));
  if (told !== undefined) return told;
  try {
    const answer = await run.operator.ask({
      id: `ram ${run.link.text}`,
      text: 'How much RAM has this camera? Its own boot loader is gone. mem, ispmem and rmem in /proc/cmdline add up to it.',
      choices: [
        { value: '128', title: '128 MB' },
        { value: '64', title: '64 MB' },
        { value: 'unknown', title: 'not known: leave the camera as it is' },
      ],
    });
    if (answer !== 'unknown') return Number(answer);
  } catch (refusal) {
    if (!isBenchError(refusal, 'OPERATOR_NEEDED')) throw refusal;
  }
  throw new BenchError('RAM_VARIANT_UNKNOWN');
}

/** What the boot loader on a chip is made for, if there is one. */
function ramOfBoot(chip: Uint8Array): number | undefined {
  const boot = partOf(chip, dafangPart('boot'));
  return startsAsBoot(boot) ? describeBoot(boot).ramMB : undefined;
}
