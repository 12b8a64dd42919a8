import { describe, expect, it } from 'vitest';
import { countdownText } from '../../flows/lywsd03mmc-wire/activation.ts';
import { detect } from '../../flows/lywsd03mmc-wire/detect.ts';
import type { WireRun, WireSession } from '../../flows/lywsd03mmc-wire/session.ts';
import { identifyChip } from '../../src/drivers/serial/adapter-chips.ts';

/** A wire that must not be touched. */
const session = (vendorId: string, productId: string): WireSession =>
  ({ port: { adapter: identifyChip({ vendorId, productId }) } }) as unknown as WireSession;

const run = (ability: 'full' | 'tx-only', warnings: string[] = []): WireRun =>
  ({
    plan: { task: 'flash', options: { ability, radio: 'yes' } },
    warn: (text: string) => void warnings.push(text),
    openRadio: () => Promise.reject(new Error('went on to the radio')),
  }) as unknown as WireRun;

describe('the adapter', () => {
  it('an FTDI is refused for full before anything is sent, and may write', async () => {
    await expect(detect(session('0403', '6001'), run('full'))).rejects.toMatchObject({
      code: 'ADAPTER_UNFIT',
      message: expect.stringContaining('FT') as string,
    });
    await expect(detect(session('0403', '6001'), run('tx-only'))).rejects.toThrow('went on to the radio');
  });

  it('a doubtful one is said in the record, a good one is not', async () => {
    const doubtful: string[] = [];
    await expect(detect(session('10c4', 'ea60'), run('full', doubtful))).rejects.toThrow('radio');
    expect(doubtful.join()).toContain('CP210');
    const good: string[] = [];
    await expect(detect(session('1a86', '7523'), run('full', good))).rejects.toThrow('radio');
    expect(good).toEqual([]);
  });
});

it('the countdown says when the battery goes out and in, and for how long', () => {
  expect(countdownText({ kind: 'battery-out', secondsLeft: 3 })).toContain('OUT now');
  expect(countdownText({ kind: 'battery-out', secondsLeft: 3 })).toContain('3 s');
  expect(countdownText({ kind: 'battery-in', secondsLeft: 5 })).toContain('IN now');
  expect(countdownText({ kind: 'window-closes', window: 1 })).toBeUndefined();
});
