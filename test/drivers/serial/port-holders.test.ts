import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openingError } from '../../../src/drivers/serial/port-errors.ts';
import { portHolders } from '../../../src/drivers/serial/port-holders.ts';

describe.skipIf(process.platform === 'win32')('who has a port open', () => {
  it('names programs by /proc', async () => {
    const proc = mkdtempSync(join(tmpdir(), 'benchflash-proc-'));
    const process = (id: number, name: string, ...files: string[]) => {
      mkdirSync(join(proc, String(id), 'fd'), { recursive: true });
      writeFileSync(join(proc, String(id), 'comm'), `${name}\n`);
      for (const [number, file] of files.entries())
        symlinkSync(file, join(proc, String(id), 'fd', String(number)));
    };
    process(12, 'bash', '/dev/pts/3');
    process(34, 'picocom', '/dev/pts/4', '/dev/benchflash-no-such-tty');
    mkdirSync(join(proc, 'self'));
    mkdirSync(join(proc, '56'));
    expect(await portHolders('/dev/benchflash-no-such-tty', proc)).toEqual(['picocom (process 34)']);
    expect(await portHolders('/dev/benchflash-other-tty', proc)).toEqual([]);
    expect(await portHolders('/dev/benchflash-other-tty', join(proc, 'missing'))).toEqual([]);
    rmSync(proc, { recursive: true });
  });

  it('tells the operator to close that very program', () => {
    const error = openingError('/dev/ttyUSB0', new Error('Cannot lock port'), 'linux', [
      'picocom (process 34)',
    ]);
    expect(error).toMatchObject({
      code: 'PORT_BUSY',
      message: 'picocom (process 34) has /dev/ttyUSB0 open.',
      advice: 'Close picocom (process 34), then retry.',
    });
  });
});
