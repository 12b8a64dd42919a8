import { describe, expect, it } from 'vitest';
import type { BenchEvent } from '../../src/bench/view.ts';
import { LineWriter } from '../../src/cli/line-writer.ts';
import { plainReporter } from '../../src/cli/reporters/plain-reporter.ts';
import { OUTCOMES, type Outcome } from '../../src/core/outcome.ts';
import { FakeStream, settled, TIME } from './fakes.ts';

const slot = 'virtual:lamp#1';
const at = (seconds: number) => ({ time: TIME + seconds * 1000, batch: 'B-0001', slot });
const none = Object.fromEntries(OUTCOMES.map((outcome) => [outcome, 0])) as Record<Outcome, number>;

function said(events: readonly BenchEvent[], colour = false): string[] {
  const stream = new FakeStream();
  const reporter = plainReporter(new LineWriter(stream), { colour });
  for (const event of events) reporter.event(event);
  return stream.lines;
}
const progress = (seconds: number, done: number): BenchEvent => ({
  type: 'progress',
  ...at(seconds),
  step: 'backup',
  label: 'reading flash',
  done,
  total: 4_194_304,
  unit: 'bytes',
  perSecond: 90_000,
});

describe('plain reporter', () => {
  it('writes a timestamped line a change', () => {
    expect(
      said([
        {
          type: 'batch',
          time: TIME,
          batch: 'B-0001',
          flow: 'lamp',
          task: 'flash',
          slots: [slot],
          warnings: ['The image is large.'],
        },
        { type: 'step', ...at(1), step: 'backup', identity: { mac: '24:6f:28:10:aa:01' } },
        { type: 'log', ...at(2), level: 'info', text: 'stub runs' },
        { type: 'log', ...at(2), level: 'device', text: 'rst:0x1 (POWERON_RESET)' },
        { type: 'log', ...at(2), level: 'warn', text: 'slower rate' },
        { type: 'outcome', ...at(3), ...settled() },
        {
          type: 'summary',
          time: TIME + 4000,
          batch: 'B-0001',
          counts: { ...none, PASS: 1 },
          units: 1,
          seconds: 75,
        },
      ]),
    ).toEqual([
      '03:04:05  batch B-0001: flash with lamp, 1 slot',
      '03:04:05  warning: The image is large.',
      '03:04:06  virtual:lamp#1  backup  24:6f:28:10:aa:01',
      '03:04:07  virtual:lamp#1  warn: slower rate',
      '03:04:08  virtual:lamp#1  PASS Flashed and proved. (read back, banner)',
      '03:04:09  batch B-0001: 1 unit in 1 min 15 s: 1 PASS',
    ]);
  });

  it('says what to do about a failure, and repeats the failed at the end', () => {
    const failed = settled({
      outcome: 'UNSURE',
      code: 'BOOT_NOT_SEEN',
      message: 'Written, but not seen.',
      advice: 'Look again.',
      notDone: ['boot not watched'],
      next: 'lamp-dout',
      proof: [],
    });
    const lines = said([
      { type: 'outcome', ...at(0), ...failed },
      { type: 'summary', time: TIME, batch: 'B-0001', counts: { ...none, UNSURE: 1 }, units: 1, seconds: 3 },
    ]);
    expect(lines).toEqual([
      '03:04:05  virtual:lamp#1  UNSURE BOOT_NOT_SEEN in reboot: Written, but not seen.',
      '03:04:05  virtual:lamp#1  not done: boot not watched',
      '03:04:05  virtual:lamp#1  do now: Look again.',
      '03:04:05  virtual:lamp#1  go on with: benchflash run lamp-dout',
      '03:04:05  batch B-0001: 1 unit in 3 s: 1 UNSURE',
      '  virtual:lamp#1  24:6f:28:10:aa:01  UNSURE BOOT_NOT_SEEN',
    ]);
  });

  it('says an error once: with its outcome, or as a line of the log', () => {
    const error = (text: string): BenchEvent => ({ type: 'log', ...at(0), level: 'error', text });
    const failed = settled({ outcome: 'ERROR', code: 'LINK_LOST', message: 'The link was lost.', proof: [] });
    const lines = said([
      error('The disk is slow.'),
      error('ERROR LINK_LOST: The link was lost.'),
      { type: 'outcome', ...at(0), ...failed },
    ]);
    expect(lines.map((line) => line.replace(/^.*#1 {2}/, ''))).toEqual([
      'error: The disk is slow.',
      'ERROR LINK_LOST in reboot: The link was lost.',
    ]);
  });

  it('says progress only now and then', () => {
    expect(said([progress(0, 0), progress(4, 400_000), progress(9, 800_000), progress(10, 900_000)])).toEqual(
      [
        '03:04:05  virtual:lamp#1  reading flash: 0 B of 4 MiB, 0 %, 87.9 KiB/s',
        '03:04:15  virtual:lamp#1  reading flash: 878.9 KiB of 4 MiB, 21 %, 87.9 KiB/s',
      ],
    );
  });

  it('counts nothing where nothing is counted yet', () => {
    const { total: _, perSecond: __, ...rest } = progress(0, 0) as Extract<BenchEvent, { type: 'progress' }>;
    const listening = { ...rest, label: 'listening for the new firmware', unit: 'seconds' } as const;
    expect(said([listening])).toEqual(['03:04:05  virtual:lamp#1  listening for the new firmware']);
  });

  it('lets nothing of a device reach the terminal but text', () => {
    const lines = said([
      { type: 'outcome', ...at(0), ...settled({ message: 'boot \u001b[2J\u0007text' }) },
      { type: 'log', ...at(0), level: 'warn', text: '\u001b]0;title\u0007hello' },
    ]);
    // eslint-disable-next-line no-control-regex -- control characters are what must not be there
    for (const line of lines) expect(line).not.toMatch(/[\u0000-\u001f\u007f]/);
  });

  it('colours words only when asked to', () => {
    const event: BenchEvent = { type: 'outcome', ...at(0), ...settled() };
    expect(said([event], true)[0]).toContain('\u001b[32mPASS\u001b[39m');
    expect(said([event])[0]).not.toContain('\u001b');
  });

  it('lists at the end of a batch its own units only, where several run at the same time', () => {
    const ended = (batch: string, link: string): BenchEvent[] => [
      { type: 'outcome', time: TIME, batch, slot: link, ...settled({ outcome: 'SKIPPED' }) },
      { type: 'summary', time: TIME, batch, counts: { ...none, SKIPPED: 1 }, units: 1, seconds: 3 },
    ];
    const lines = said([...ended('B-0001', 'virtual:lamp#1'), ...ended('B-0002', 'virtual:thermometer#4')]);
    expect(lines.filter((line) => line.startsWith('  virtual:'))).toHaveLength(2);
  });
});
