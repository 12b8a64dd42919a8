import { describe, expect, it } from 'vitest';
import type { BenchEvent } from '../../src/bench/view.ts';
import { jsonEvent } from '../../src/cli/reporters/json-reporter.ts';
import { OUTCOMES } from '../../src/core/outcome.ts';
import { command, FakeBench, FakeServices, settled, TIME } from './fakes.ts';

const SLOT = { time: TIME, batch: 'B-0001', slot: 'virtual:lamp#3' } as const;
const prompt = {
  id: 'p1',
  kind: 'act',
  text: 'Hold GPIO0 to GND, then apply power',
  askedAt: TIME,
  canPerform: true,
} as const;

describe('JSON events', () => {
  it('carry type, ISO time and the slot', () => {
    const events: BenchEvent[] = [
      { type: 'step', ...SLOT, step: 'backup', identity: { mac: '24:6f:28:10:aa:03' } },
      { type: 'progress', ...SLOT, step: 'flash', label: 'writing', done: 1, total: 2, unit: 'bytes' },
      { type: 'log', ...SLOT, level: 'warn', text: 'slow' },
      { type: 'ask', ...SLOT, prompt },
      { type: 'outcome', ...SLOT, ...settled() },
    ];
    for (const event of events)
      expect(jsonEvent(event)).toMatchObject({
        type: event.type,
        time: '2026-01-02T03:04:05.000Z',
        slot: 'virtual:lamp#3',
      });
  });

  it('give an outcome with every key programs rely on', () => {
    const event: BenchEvent = {
      type: 'outcome',
      ...SLOT,
      ...settled({
        outcome: 'FAIL',
        code: 'VERIFY_MISMATCH',
        step: 'verify',
        advice: 'Power it well.',
        next: 'lamp-dout',
        backup: { file: 'b.bin', sha256: 'cd', bytes: 4_194_304 },
        tries: 2,
      }),
    };
    expect(jsonEvent(event)).toMatchObject({
      outcome: 'FAIL',
      step: 'verify',
      code: 'VERIFY_MISMATCH',
      advice: 'Power it well.',
      proof: ['read back', 'banner'],
      next: 'lamp-dout',
      identity: { mac: '24:6f:28:10:aa:01' },
      backup: { file: 'b.bin', sha256: 'cd', bytes: 4_194_304 },
      firmware: [{ slot: 'app', file: 'lamp.bin', sha256: 'ab'.repeat(32) }],
      bytesWritten: 1024,
      seconds: 12.5,
      tries: 2,
    });
  });

  it('say null for what is not known, so that no key is ever missing', () => {
    const line = jsonEvent({ type: 'outcome', ...SLOT, ...settled() });
    for (const key of ['code', 'advice', 'next', 'backup', 'evidence', 'blame', 'retry'])
      expect(line).toHaveProperty(key, null);
  });

  it('end with a summary that counts every outcome', async () => {
    const bench = new FakeBench([{}, { outcome: 'FAIL', code: 'BOOT_LOOP' }]);
    const { host } = await command(
      ['run', 'lamp-flow', '--link', 'virtual:lamp?n=2', '--firmware', 'x.bin', '--json'],
      new FakeServices(bench),
    );
    const lines = host.stdout.json;
    expect(lines.map((line) => line['type'])).toEqual(['batch', 'outcome', 'outcome', 'summary']);
    const summary = lines.at(-1)!;
    for (const outcome of OUTCOMES) expect(summary).toHaveProperty(outcome);
    expect(summary).toMatchObject({ PASS: 1, FAIL: 1, CURRENT: 0, counts: { PASS: 1, FAIL: 1 }, units: 2 });
    expect(lines[1]).toMatchObject({ slot: 'virtual:lamp#1' });
    expect(host.stderr.text).toBe('');
  });

  it('tell of a dry run in one document and start nothing', async () => {
    const services = new FakeServices();
    const { code, host } = await command(
      ['run', 'lamp-flow', '--link', 'COM3', '--firmware', 'x.bin', '--dry-run', '--json'],
      services,
    );
    expect(code).toBe(0);
    expect(services.benchAccess).toEqual(['look']);
    expect(services.fakeBench.requests).toEqual([]);
    expect(host.stdout.json).toEqual([expect.objectContaining({ type: 'plan', slots: ['COM3'] })]);
  });
});
