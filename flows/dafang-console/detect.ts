import { BenchError, type ErrorCode } from '../../src/core/errors.ts';
import { sanitize } from '../../src/core/text.ts';
import { DAFANG_FLASH_BYTES, dafangPart } from '../../src/firmware/dafang/flash-map.ts';
import { identityOf } from '../../src/firmware/dafang/identity.ts';
import { probeFlash, type Heard, type HeardKind } from '../../src/protocols/uboot/index.ts';
import { done, type StepResult } from '../flow.ts';
import { readPart } from './read-part.ts';
import type { ConsoleRun, ConsoleSession } from './session.ts';

/** What each state means for a run that needs the prompt. */
const WITHOUT_PROMPT = {
  nothing: 'CONSOLE_SILENT',
  garbage: 'CONSOLE_GARBAGE',
  'spl-only': 'UBOOT_SPL_ONLY',
  'flash-unknown': 'UBOOT_FLASH_UNKNOWN',
  'u-boot': 'UBOOT_COUNTDOWN_MISSED',
  prompt: 'UBOOT_SILENT',
  'no-kernel': 'UBOOT_SILENT',
  linux: 'UBOOT_COUNTDOWN_MISSED',
  'linux-no-mac': 'UBOOT_COUNTDOWN_MISSED',
} as const satisfies Record<HeardKind, ErrorCode>;

/** Brings U-Boot to its prompt, says what state the camera is in, and whose it is by `para`. Writes nothing. */
export async function detect(session: ConsoleSession, run: ConsoleRun): Promise<StepResult> {
  const heard = await reachPrompt(session, run);
  run.log('info', `${heard.message} ${heard.advice}`);
  if (heard.family === 'other') {
    throw new BenchError('WRONG_CHIP', {
      message:
        'This U-Boot has the prompt of neither the stock boot loader of the Dafang nor of Dafang-Hacks.',
      advice:
        'Check that this is a Dafang camera; the programmer (dafang-spi) works whatever its boot loader.',
    });
  }
  if (heard.kind === 'no-kernel') run.warn('U-Boot found no kernel it can start.');
  const chip = sanitize(await probeFlash(session.console, { signal: run.signal }));
  await run.identify({ chip: `T20, flash ${chip}`, flashSizeBytes: DAFANG_FLASH_BYTES });
  session.para = await readPart(session, run, dafangPart('para'));
  const { mac, missing, secrets, warnings } = identityOf(session.para);
  for (const warning of warnings) run.warn(warning);
  if (secrets.length > 0)
    run.log('info', 'para holds the keys of this camera [redacted]; the backup is a secret');
  if (mac === undefined)
    run.warn(`No MAC on this camera: ${missing}. Without it Linux makes up a new one at each start.`);
  else await run.identify({ mac });
  return done;
}

async function reachPrompt({ console }: ConsoleSession, run: ConsoleRun): Promise<Heard> {
  run.progress({ label: 'listening on the console', done: 0, unit: 'tries' });
  const waiting = await console.joinPrompt(run.signal);
  if (waiting) return waiting;
  const prompt = run.operator.act({
    act: 'power-into-firmware',
    title: 'Power the camera off, then on again',
    wiringPage: 'console',
  });
  const heard = await console.catchPrompt({
    signal: run.signal,
    ...(prompt.limitMs !== undefined && { limitMs: prompt.limitMs }),
    onHeard: ({ message, advice }) => prompt.update(`${message} ${advice}`),
  });
  if (!console.isAtPrompt) {
    throw new BenchError(WITHOUT_PROMPT[heard.kind], {
      message: `${heard.message}${heard.line === undefined ? '' : ` (${sanitize(heard.line)})`}`,
    });
  }
  prompt.done('U-Boot waits at its prompt. Leave the power on.');
  return heard;
}
