import { describe, expect, it } from 'vitest';
import { detect } from '../../flows/dafang-console/detect.ts';
import { lookAgain } from '../../flows/dafang-console/reboot.ts';
import { closeSession, openSession, type ConsoleRun } from '../../flows/dafang-console/session.ts';
import * as build from '../firmware/build-dafang.ts';
import { ManualClock } from '../harness/manual-clock.ts';
import { FakeUboot, type FakeOptions } from '../protocols/uboot/fake-uboot.ts';

/** As the practice bench runs it without a screen: the act has just been performed, and `act` is what it did. */
function contact(options: Partial<FakeOptions>, act: (unit: FakeUboot) => void = (unit) => unit.power()) {
  const unit = new FakeUboot({ flash: build.camera(), isOff: true, ...options });
  const clock = new ManualClock();
  const findings: string[] = [];
  const identities: unknown[] = [];
  const run = {
    openSerial: () => Promise.resolve(unit.port),
    clock,
    signal: new AbortController().signal,
    log: () => {},
    warn: (text: string) => void findings.push(text),
    progress: () => {},
    identify: (identity: unknown) => Promise.resolve(void identities.push(identity)),
    operator: {
      act: () => {
        clock.after(0, () => act(unit));
        return { update: (text: string) => void findings.push(text), done: () => {}, limitMs: 6_000 };
      },
    },
  } as unknown as ConsoleRun;
  const withSession = <T>(work: typeof detect | typeof lookAgain) =>
    clock.run(
      (async () => {
        const session = await openSession(run);
        try {
          return (await work(session, run)) as T;
        } finally {
          await closeSession(session);
        }
      })(),
    );
  return { unit, findings, identities, withSession };
}

describe('where no prompt comes, the state that was heard is the verdict', () => {
  it.each([
    ['CONSOLE_SILENT', ''],
    ['CONSOLE_GARBAGE', '\xf8\x80\xe0\xff'.repeat(30)],
    ['UBOOT_SPL_ONLY', '\r\nU-Boot SPL 2013.07 (Jul 28 2017)\r\n'],
    ['UBOOT_FLASH_UNKNOWN', '\r\nU-Boot 2013.07 (x)\r\nSF: Unsupported manufacturer 5e\r\n'],
    ['UBOOT_COUNTDOWN_MISSED', '\r\nU-Boot SPL 2013.07 (x)\r\n[    0.0] Linux version 3.10.14\r\n'],
  ])('%s', async (code, text) => {
    const { withSession, unit } = contact({}, (board) => board.say(text));
    await expect(withSession(detect)).rejects.toMatchObject({ code });
    expect(unit.commands).toEqual([]);
  });

  it('a prompt of neither boot loader of this camera', async () => {
    const { withSession, unit } = contact({}, (board) => {
      board.port.onWrite = (bytes) => {
        const typed = Buffer.from(bytes).toString('latin1');
        board.say(typed.endsWith('\r') ? `\r\n${typed.slice('echo '.length, -1)}\r\n=> ` : '\r\n=> ');
      };
    });
    await expect(withSession(detect)).rejects.toMatchObject({ code: 'WRONG_CHIP' });
    expect(unit.writes).toEqual([]);
  });
});

describe('contact', () => {
  it('tells whose camera it is by para', async () => {
    const { withSession, identities, findings } = contact({});
    await withSession(detect);
    expect(identities).toContainEqual({ mac: build.MAC });
    expect(findings.join(' ')).toContain('waits at its prompt');
  });

  it('says what a camera without kernel and para lacks', async () => {
    const { withSession, identities, findings } = contact(
      { flash: build.camera({ erased: ['kernel', 'para'] }) },
      (unit) => {
        unit.power();
        unit.boot();
      },
    );
    await withSession(detect);
    expect(findings).toContain('U-Boot found no kernel it can start.');
    expect(findings.join(' ')).toContain('No MAC on this camera');
    expect(identities).toHaveLength(1);
  });

  it('looks again at a start without writing anything', async () => {
    const { withSession, unit } = contact({});
    expect(await withSession(lookAgain)).toMatchObject({
      kind: 'settle',
      verdict: {
        outcome: 'PASS',
        proof: ['banner', 'heard'],
        message: `Linux starts with its MAC ${build.MAC}.`,
      },
    });
    expect(unit.writes).toEqual([]);
    expect(unit.commands.at(-1)).toBe('reset');
  });
});
