import { BenchError } from '../../core/errors.ts';
import type { CommandContext } from '../context.ts';
import type { ScreenStart } from '../services.ts';

/** The full-screen bench. Throws USAGE where there is no terminal to draw on. */
export async function screen(context: CommandContext, start: ScreenStart): Promise<number> {
  if (context.options.json || context.options.plain || !hasTerminal(context))
    throw new BenchError('USAGE', {
      message: 'The full-screen bench needs a terminal, and takes neither --json nor --plain.',
      advice:
        'Without a terminal use benchflash run, backup or restore; benchflash --help lists all commands.',
    });
  return context.services.screen(context.options, start);
}

export const hasTerminal = ({ host }: CommandContext): boolean =>
  host.stdin.isTTY === true && host.stdout.isTTY === true;
