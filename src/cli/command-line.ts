import { CommanderError } from 'commander';
import { BenchError, toBenchError } from '../core/errors.ts';
import { sanitize } from '../core/text.ts';
import { EXIT, exitCodeOfError } from './exit-codes.ts';
import type { Host } from './host.ts';
import { LineWriter } from './line-writer.ts';
import { buildProgram } from './program.ts';
import { jsonError } from './reporters/json-reporter.ts';
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
    // The help or version that was asked for ends the same way as a refusal.
    if (error instanceof CommanderError && error.exitCode === 0) return EXIT.allGood;
    const benchError = error instanceof CommanderError ? usageError(error) : toBenchError(error);
    const err = new LineWriter(host.stderr);
    // commander has said on stderr what is wrong.
    if (!(error instanceof CommanderError))
      for (const line of errorLines(benchError, host.env)) err.line(sanitize(line, { keepLines: true }));
    const out = new LineWriter(host.stdout);
    if (asksForJson(words)) out.line(JSON.stringify(jsonError(benchError, services.clock.now())));
    await Promise.all([err.flush(), out.flush()]);
    return exitCodeOfError(benchError.code);
  }
  return exitCode;
}

/** The words themselves are looked at: a line that cannot be parsed has no options. */
function asksForJson(words: readonly string[]): boolean {
  const end = words.indexOf('--');
  return (end < 0 ? words : words.slice(0, end)).includes('--json');
}

/** `error: unknown option '--x'` and its `(Did you mean --y?)` on one line. */
const usageError = (error: CommanderError): BenchError =>
  new BenchError('USAGE', { message: error.message.replace(/^error: /, '').replaceAll(/\s*\n\s*/g, ' ') });

/** What happened, and the one thing to do now. A defect of benchflash also shows where, when asked to. */
function errorLines(error: BenchError, env: Host['env']): string[] {
  const lines = [`benchflash: ${error.message} [${error.code}]`];
  if (error.advice !== '') lines.push(`  ${error.advice}`);
  if (error.next != null) lines.push(`  Go on with: benchflash run ${error.next}`);
  if (error.code === 'BUG' && (env['BENCHFLASH_TRACE'] ?? '') !== '' && error.cause instanceof Error)
    lines.push(error.cause.stack ?? '');
  return lines;
}
