import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import type { Host } from './host.ts';

/** The process itself. */
export function nodeHost(): Host {
  return {
    env: process.env,
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    onSignal(signal, listener) {
      // Listening would undo `nohup`, whose whole point is that a hang-up changes nothing.
      if (signal === 'SIGHUP' && isIgnored(constants.signals.SIGHUP)) return () => {};
      process.on(signal, listener);
      return () => process.off(signal, listener);
    },
    ...(process.stdin.isTTY && process.stderr.isTTY && { askSecret }),
    exit: (code) => process.exit(code),
  };
}

/** Whether whoever started this process had the signal ignored. Only Linux tells. */
function isIgnored(signal: number): boolean {
  try {
    const mask = /^SigIgn:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
    return mask != null && (BigInt(`0x${mask}`) & (1n << BigInt(signal - 1))) !== 0n;
  } catch {
    return false;
  }
}

async function askSecret(question: string): Promise<string> {
  const { createInterface } = await import('node:readline/promises');
  const { Writable } = await import('node:stream');
  process.stderr.write(question);
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: process.stdin, output: nowhere, terminal: true });
  try {
    return await lines.question('');
  } finally {
    lines.close();
    process.stderr.write('\n');
  }
}
