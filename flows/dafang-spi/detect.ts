import { BenchError, isBenchError } from '../../src/core/errors.ts';
import { DAFANG_FLASH_BYTES } from '../../src/firmware/dafang/flash-map.ts';
import type { ProbedChip } from '../../src/protocols/flashrom/flashrom.ts';
import { done, type ActPrompt, type StepResult } from '../flow.ts';
import type { DafangRun, DafangSession } from './session.ts';

/** What hands can set right: the run looks again by itself until the chip answers. */
const BY_HAND = [
  'PROGRAMMER_MISSING',
  'PROGRAMMER_STALLED',
  'PROGRAMMER_WRONG_MODE',
  'FLASH_CHIP_NOT_FOUND',
  'FLASH_CONTACT_BAD',
] as const;
const LOOK_EVERY_MS = 2_000;

/** Finds the chip, and refuses a boot loader that cannot drive it. Writes nothing. */
export async function detect(session: DafangSession, run: DafangRun): Promise<StepResult> {
  run.progress({ label: 'looking for the flash chip', done: 0, unit: 'tries' });
  const chip = await connect(session, run);
  session.chip = chip;
  await run.identify({
    chip: `${chip.vendor} ${chip.name}`,
    ...(chip.jedecId !== undefined && { flashId: chip.jedecId }),
    flashSizeBytes: chip.sizeBytes,
  });
  run.log('info', `flash ${chip.vendor} ${chip.name}, JEDEC ${chip.jedecId ?? 'not told'}`);
  if (chip.sizeBytes !== DAFANG_FLASH_BYTES) {
    throw new BenchError('WRONG_CHIP', {
      message: `This chip has ${chip.sizeBytes / 2 ** 20} MiB; a Dafang camera has 16.`,
      advice: 'Take this chip out: it is not of a Dafang camera.',
    });
  }
  refuseForeignBoot(chip, run);
  return done;
}

/** A camera with ZB25VQ128 and the Dafang-Hacks U-Boot stops at `SF: Unsupported manufacturer` (its issue 18). */
function refuseForeignBoot({ jedecId, name }: ProbedChip, run: DafangRun): void {
  const { boot } = run.plan;
  if (boot === undefined) return;
  if (jedecId === undefined || boot.drives === undefined) {
    run.warn('Whether the new boot loader knows this flash chip cannot be told.');
    return;
  }
  if (boot.drives.includes(jedecId)) return;
  throw new BenchError('BOOT_CANNOT_DRIVE_FLASH', {
    message: `${boot.title} does not know this flash chip (${name}, ${jedecId}): it would stop before the kernel.`,
    detail: { jedecId },
  });
}

async function connect(session: DafangSession, run: DafangRun): Promise<ProbedChip> {
  let prompt: ActPrompt | undefined;
  for (;;) {
    try {
      const chip = await probe(session, run);
      prompt?.done('The chip answers. Do not touch the programmer any more.');
      return chip;
    } catch (error) {
      if (!isBenchError(error, ...BY_HAND)) throw error;
      prompt ??= askForHands(run, error);
      prompt.update(error.message);
      await run.clock.sleep(LOOK_EVERY_MS, run.signal);
    }
  }
}

/** Where nobody is there, what was found is the verdict. */
function askForHands(run: DafangRun, error: BenchError): ActPrompt {
  try {
    return run.operator.act({
      act: 'connect-programmer',
      title: 'Put the flash chip on the programmer, and the programmer on this computer',
      wiringPage: 'chip',
    });
  } catch (refusal) {
    throw isBenchError(refusal, 'OPERATOR_NEEDED') ? error : refusal;
  }
}

/** Several chips may share one id: the marking on the chip decides. */
async function probe(session: DafangSession, run: DafangRun): Promise<ProbedChip> {
  const { flashrom } = session;
  try {
    return await flashrom.probe(undefined, run.signal);
  } catch (error) {
    if (!isBenchError(error, 'FLASH_CHIP_AMBIGUOUS')) throw error;
    return flashrom.probe(await chooseName(run, error), run.signal);
  }
}

async function chooseName(run: DafangRun, error: BenchError): Promise<string> {
  const names = String(error.detail['names']).split('\n');
  const marking = run.settings['chip']?.trim().toUpperCase() ?? '';
  const fits = (name: string) =>
    name.toUpperCase() === marking || name.toUpperCase().split('/').includes(marking);
  const known = names.find(fits);
  if (known !== undefined) return known;
  if (marking !== '') run.warn(`The setting chip=${marking} is none of ${names.join(', ')}.`);
  try {
    const answer = await run.operator.ask({
      id: `flash-chip ${names.join(' ')}`,
      text: 'Several chips share this id. Which of these names holds the marking on the chip?',
      choices: names.map((name) => ({ value: name, title: name })),
    });
    run.remember('chip', answer);
    return answer;
  } catch (refusal) {
    throw isBenchError(refusal, 'OPERATOR_NEEDED') ? error : refusal;
  }
}
