import { CommanderError } from 'commander';
import { type BenchError, toBenchError } from '../core/errors.ts';
import { sanitize } from '../core/text.ts';
import { EXIT, exitCodeOfError } from './exit-codes.ts';
import type { Host } from './host.ts';
import { LineWriter } from './line-writer.ts';
import { buildProgram } from './program.ts';
import type { CommandServices } from './services.ts';

/** Runs one command line (without `node` and the program); resolves with the exit code, all output written. */
export async function runCommandLine(
  words: readonly string[],
  host: Host,
  services: CommandServices,
): Promise<number> {
  let exitCode: number = EXIT.allGood;
  const program = buildProgram(host, services, (code) => (exitCode = code));
  try {
    await program.parseAsync([...words], { from: 'user' });
  } catch (error) {
    // commander has said what is wrong, or printed the help that was asked for.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.allGood : EXIT.usage;
    const err = new LineWriter(host.stderr);
    const benchError = toBenchError(error);
    for (const line of errorLines(benchError, host.env)) err.line(sanitize(line, { keepLines: true }));
    await err.flush();
    return exitCodeOfError(benchError.code);
  }
  return exitCode;
}

/** What happened, and the one thing to do now. A defect of benchflash also shows where, when asked to. */
function errorLines(error: BenchError, env: Host['env']): string[] {
  const lines = [`benchflash: ${error.message} [${error.code}]`];
  if (error.advice !== '') lines.push(`  ${error.advice}`);
  if (error.next != null) lines.push(`  Go on with: benchflash run ${error.next}`);
  if (error.code === 'BUG' && (env['BENCHFLASH_TRACE'] ?? '') !== '' && error.cause instanceof Error)
    lines.push(error.cause.stack ?? '');
  return lines;
}
