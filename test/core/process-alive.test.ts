import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { isProcessAlive } from '../../src/core/process-alive.ts';

describe('a process', () => {
  it('is alive until it ended', async () => {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    await once(child, 'spawn');
    expect(isProcessAlive(child.pid!)).toBe(true);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(isProcessAlive(child.pid!)).toBe(false);
  });

  it.skipIf(process.platform !== 'linux')(
    'is not alive as a zombie that its parent has not reaped',
    async () => {
      // A shell that starts a child, says its number and then becomes a program that never waits for it.
      // The child ends only then, or the shell itself might reap it.
      const shell = spawn('sh', ['-c', 'sh -c "read line <&3" & echo $!; exec sleep 1000'], {
        stdio: ['ignore', 'pipe', 'ignore', 'pipe'],
      });
      const pid = Number(String((await once(shell.stdout!, 'data'))[0]));
      try {
        while (readFileSync(`/proc/${shell.pid}/comm`, 'utf8') !== 'sleep\n') await new Promise(setImmediate);
        (shell.stdio[3] as Writable).write('\n');
        while (!/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))) await new Promise(setImmediate);
        expect(isProcessAlive(pid)).toBe(false);
      } finally {
        shell.kill('SIGKILL');
      }
    },
  );
});
