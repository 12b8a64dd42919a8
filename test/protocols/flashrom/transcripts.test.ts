import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BenchError } from '../../../src/core/errors.ts';
import { judgeProbe, judgeRead, judgeWrite, type Finished } from '../../../src/protocols/flashrom/judge.ts';
import { OutputReader, type Share, type Stage } from '../../../src/protocols/flashrom/output.ts';
import { dataFile } from '../../firmware/real-files.ts';

const folders = ['dafang/flashrom-1.3.0', 'dafang/flashrom-1.8.0-rc1'].map(dataFile);
const recorded = folders.every((folder) => existsSync(folder));

interface Transcript {
  readonly command: string;
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
}

/** The first line is the command; some were recorded with both pipes behind `exit N`. */
function transcript(file: string): Transcript {
  const text = readFileSync(file, 'utf8');
  const [command = ''] = text.split('\n', 1);
  const body = text.slice(command.length + 1);
  const parts = /^--- stdout\n([\s\S]*?)--- stderr\n([\s\S]*?)--- exit (\d+)/.exec(body);
  if (parts) return { command, stdout: parts[1]!, stderr: parts[2]!, exitCode: Number(parts[3]) };
  const [, stdout = body, code = '0', stderr = ''] = /^([\s\S]*?)^exit (\d+)\n([\s\S]*)$/m.exec(body) ?? [];
  return { command, stdout, stderr, exitCode: Number(code) };
}

function finished(
  { stdout, stderr, exitCode }: Transcript,
  chunk = Infinity,
): Finished & { shares: Share[]; stages: Stage[] } {
  const shares: Share[] = [];
  const stages: Stage[] = [];
  const reader = new OutputReader((share, stage) => {
    shares.push(share);
    stages.push(stage);
  });
  for (const [pipe, text] of [
    ['stdout', stdout],
    ['stderr', stderr],
  ] as const)
    for (let at = 0; at < text.length; at += chunk) reader.feed(pipe, text.slice(at, at + chunk));
  const end = { exitCode, notStarted: undefined, endedBy: undefined, stdout, stderr };
  return { end, said: reader.end(), usbIds: [], silentMs: undefined, shares, stages };
}

function verdict(run: Transcript): string {
  const judge = run.command.includes(' -w ')
    ? judgeWrite
    : run.command.includes(' -r ')
      ? judgeRead
      : judgeProbe;
  try {
    judge(finished(run));
    return 'good';
  } catch (error) {
    return error instanceof BenchError ? error.code : String(error);
  }
}

const EXPECTED: Readonly<Record<string, string>> = {
  '1.3.0/probe': 'good',
  '1.3.0/multi': 'FLASH_CHIP_AMBIGUOUS',
  '1.3.0/sp_probe': 'FLASH_CHIP_AMBIGUOUS',
  '1.3.0/nochip': 'PROGRAMMER_MISSING',
  '1.3.0/noprog': 'PROGRAMMER_MISSING',
  '1.3.0/badprog': 'LINK_UNKNOWN',
  '1.3.0/badname': 'FLASH_READ_FAILED',
  '1.3.0/ignore_rdid': 'FLASH_CHIP_NOT_FOUND',
  '1.3.0/blacklist_rdid': 'FLASH_CONTACT_BAD',
  '1.3.0/read': 'good',
  '1.3.0/readregion': 'good',
  '1.3.0/sp_read': 'good',
  '1.3.0/freq_slow': 'good',
  '1.3.0/writeboot': 'good',
  '1.3.0/sp_write': 'good',
  '1.3.0/writefull': 'good',
  '1.3.0/writenoop': 'good',
  '1.3.0/writeregionfile': 'good',
  '1.3.0/ignore_write': 'FLASH_STATE_UNKNOWN',
  '1.3.0/ignore_erase': 'FLASH_PROTECTED',
  '1.3.0/shortimg': 'FLASH_READ_FAILED',
  '1.8.0-rc1/multi': 'FLASH_CHIP_AMBIGUOUS',
  '1.8.0-rc1/sp_probe': 'FLASH_CHIP_AMBIGUOUS',
  '1.8.0-rc1/nochip': 'FLASH_CHIP_NOT_FOUND',
  '1.8.0-rc1/noprog': 'PROGRAMMER_MISSING',
  '1.8.0-rc1/badchip': 'FLASHROM_FAILED',
  '1.8.0-rc1/read': 'good',
  '1.8.0-rc1/writeboot': 'good',
  '1.8.0-rc1/writeboot_nop': 'good',
  '1.8.0-rc1/writefull': 'good',
  '1.8.0-rc1/sp_write': 'good',
  '1.8.0-rc1/ignore_write': 'FLASH_STATE_UNKNOWN',
  // 1.8 prints `Erase/write done from 0 to 3ffff` here too.
  '1.8.0-rc1/ignore_erase': 'FLASH_PROTECTED',
};
const load = (name: string) => transcript(dataFile(`dafang/flashrom-${name}.txt`));

describe.skipIf(!recorded)(
  'recorded runs of flashrom 1.3.0 and 1.8.0-rc1 (skipped where ../shared/data is missing)',
  () => {
    it.each(Object.entries(EXPECTED))('%s: %s', (name, code) => {
      expect(verdict(load(name))).toBe(code);
    });

    it('no recorded run is taken for a good write but those that were', () => {
      for (const folder of folders)
        for (const file of readdirSync(folder)) {
          const run = transcript(path.join(folder, file));
          if (!run.command.includes(' -w ') || run.exitCode === 0) continue;
          expect(verdict(run), file).not.toBe('good');
        }
    });

    it('progress of the newer one rises to its end in each stage, whatever the backspaces', () => {
      const { shares, stages } = finished(load('1.8.0-rc1/writeboot'));
      expect(new Set(stages)).toEqual(new Set(['reading old contents', 'writing', 'verifying']));
      expect(shares.filter(({ of }) => of === 'writing').at(-1)?.share).toBe(1);
      expect(shares.every(({ share }) => share >= 0 && share <= 1)).toBe(true);
    });

    it('reads the same however the pipes are cut', () => {
      const runs = ['1.3.0/writeboot', '1.3.0/sp_probe', '1.8.0-rc1/read', '1.8.0-rc1/ignore_erase'].map(
        load,
      );
      const whole = runs.map((run) => finished(run).said);
      fc.assert(
        fc.property(fc.nat({ max: runs.length - 1 }), fc.integer({ min: 1, max: 400 }), (index, chunk) => {
          expect(finished(runs[index]!, chunk).said).toEqual(whole[index]);
        }),
        { numRuns: 40 },
      );
    });
  },
);
