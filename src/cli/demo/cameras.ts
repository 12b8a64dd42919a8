import type { BatchRequest } from '../../bench/view.ts';
import { BenchError } from '../../core/errors.ts';
import { flashromCheck } from '../doctor/flashrom.ts';
import { practiceFiles, practiceLink, type PracticeParts } from './practice-parts.ts';

const DEVICE = 'dafang';
/** On the programmer and on the console lie cameras of their own: a chip is in one place only. */
const FIRST_ON_CONSOLE = 4;

const isInstalled = async () => (await flashromCheck()).state === 'yes';

/** One camera whose boot loader stands in the wrong place, on a programmer that flashrom drives. Throws FLASHROM_MISSING. */
export async function demoProgrammer(parts: PracticeParts): Promise<BatchRequest> {
  const { hasFlashrom = isInstalled } = parts;
  if (!(await hasFlashrom())) {
    throw new BenchError('FLASHROM_MISSING', {
      message: 'To practise with the programmer the program flashrom must be installed on this computer.',
    });
  }
  return {
    flowId: 'dafang-spi',
    task: 'flash',
    links: [...practiceLink(DEVICE, 1, { state: 'bootloader-at-wrong-offset' })],
    files: await practiceFiles(parts, DEVICE, 'dafang-boot.bin'),
    settings: { chip: 'GD25Q127C', ram: '128' },
    assume: [],
  };
}

/** Three consoles at once: without a kernel, with nothing but the boot loader, and in good order. */
export async function demoConsoles(parts: PracticeParts): Promise<BatchRequest> {
  const states = ['kernel-erased', 'uboot-only', 'healthy'];
  return {
    flowId: 'dafang-console',
    task: 'flash',
    links: states.flatMap((state, index) => practiceLink(DEVICE, FIRST_ON_CONSOLE + index, { state })),
    files: await practiceFiles(parts, DEVICE, 'demo.bin'),
    settings: {},
    assume: [],
  };
}
