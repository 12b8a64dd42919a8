#!/usr/bin/env node
import { version } from '../package.json';

const words = process.argv.slice(2);
if (words.length === 1 && (words[0] === '--version' || words[0] === '-V')) {
  process.stdout.write(`${version}\n`);
} else {
  const { runCommandLine } = await import('./cli/command-line.ts');
  const { nodeHost } = await import('./cli/node-host.ts');
  const { commandServices } = await import('./main/command-services.ts');
  const code = await runCommandLine(words, nodeHost(), commandServices(version));
  // Output is flushed; drivers such as Bluetooth keep the process alive and have no stop.
  process.exit(code);
}
