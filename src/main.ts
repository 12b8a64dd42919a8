import { version } from '../package.json';

async function main(words: readonly string[]): Promise<void> {
  if (words.length === 1 && (words[0] === '--version' || words[0] === '-V')) {
    process.stdout.write(`${version}\n`);
    return;
  }
  const { runCommandLine } = await import('./cli/command-line.ts');
  const { nodeHost } = await import('./cli/node-host.ts');
  const { commandServices } = await import('./main/command-services.ts');
  const code = await runCommandLine(words, nodeHost(), commandServices(version));
  // Output is flushed; drivers such as Bluetooth keep the process alive and have no stop.
  process.exit(code);
}

/** The launcher waits for it. */
export const finished = main(process.argv.slice(2));
