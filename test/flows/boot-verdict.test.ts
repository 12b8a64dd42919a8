import { describe, expect, it } from 'vitest';
import { bootVerdict } from '../../flows/esp-serial/boot-verdict.ts';
import type { EspRun, EspSession } from '../../flows/esp-serial/session.ts';
import type { BootVerdict } from '../../src/protocols/esp/index.ts';

function judged(
  kind: BootVerdict['kind'],
  facts: {
    readBack?: boolean;
    current?: boolean;
    wholeFlash?: boolean;
    quietBoot?: boolean;
    task?: string;
  } = {},
) {
  const session = { readBack: true, current: false, wholeFlash: false, ...facts } as EspSession;
  const run = {
    plan: {
      task: facts.task ?? 'flash',
      options: { proof: { quietBoot: facts.quietBoot ?? false } },
      device: { lastResort: 'flash the DOUT set' },
    },
  } as unknown as EspRun;
  const verdict = { kind, message: 'It did something.', line: 'App version: 1' };
  return bootVerdict({ verdict, text: 'ets Jun  8 2016\nline', baudRate: 115_200 }, session, run);
}

describe('what a boot proves', () => {
  it('is PASS only with the hash read back and the firmware naming itself', () => {
    expect(judged('proved')).toMatchObject({
      outcome: 'PASS',
      proof: ['read back', 'banner'],
      evidence: 'App version: 1',
    });
    expect(judged('proved', { readBack: false })).toMatchObject({
      outcome: 'UNSURE',
      code: 'NOT_PROVED',
      proof: [],
    });
    expect(judged('proved', { current: true, readBack: false })).toMatchObject({ outcome: 'CURRENT' });
  });

  it('is open after a quiet boot, unless the job or a whole restore says otherwise', () => {
    expect(judged('running')).toMatchObject({
      outcome: 'UNSURE',
      code: 'BOOT_NOT_SEEN',
      proof: ['read back'],
    });
    expect(judged('running', { quietBoot: true })).toMatchObject({ outcome: 'PASS' });
    expect(judged('running', { wholeFlash: true, task: 'restore' })).toMatchObject({ outcome: 'PASS' });
    expect(judged('running', { wholeFlash: true, readBack: false })).toMatchObject({ outcome: 'UNSURE' });
  });

  it.each([
    ['boot-loop', 'BOOT_LOOP'],
    ['invalid-image', 'BOOT_INVALID'],
    ['other-firmware', 'BOOT_OTHER_FIRMWARE'],
  ] as const)('%s is the fault of the device, with its text', (kind, code) => {
    const verdict = judged(kind);
    expect(verdict).toMatchObject({ outcome: 'FAIL', code, blame: 'device' });
    expect(verdict.evidence).toContain('ets Jun');
    expect(verdict.advice).toContain('Restore its backup');
  });

  it.each(['nothing', 'garbage', 'download-mode'] as const)('%s leaves it open', (kind) => {
    expect(judged(kind)).toMatchObject({ outcome: 'UNSURE', code: 'BOOT_NOT_SEEN' });
    expect(judged(kind, { current: true }).message).toContain('nothing was written');
  });
});
