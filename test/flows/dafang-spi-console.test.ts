import { describe, expect, it } from 'vitest';
import { lookAgain } from '../../flows/dafang-spi/boot-on-console.ts';
import type { DafangRun, DafangSession } from '../../flows/dafang-spi/session.ts';
import { FakeUboot, type FakeOptions } from '../protocols/uboot/fake-uboot.ts';
import * as build from '../firmware/build-dafang.ts';
import { ManualClock } from '../harness/manual-clock.ts';
import { ScriptedFlashrom } from '../harness/scripted-flashrom.ts';
import { dafangBench, type DafangRunOptions } from './dafang-bench.ts';

const CONSOLE = 'socket://127.0.0.1:7';

/** The chip goes back onto a board with a console; `act`: what happens there when the screen asks for power. */
async function go(
  options: Partial<FakeOptions> & { readonly chip?: Uint8Array } = {},
  request: DafangRunOptions = {},
  act: (board: FakeUboot) => void = (board) => {
    board.power();
    board.boot();
  },
  isAttended = true,
) {
  const programs = new ScriptedFlashrom(options.chip ?? build.camera());
  const board = new FakeUboot({ flash: build.camera(), ...options, isOff: true });
  const { run } = await dafangBench();
  const result = await run({
    programs,
    port: board.port,
    clock: new ManualClock(),
    flowId: 'dafang-spi',
    link: 'flashrom:scripted',
    images: { boot: build.boot({ seed: 99 }) },
    settings: { console: CONSOLE },
    ...(isAttended && { answers: {} }),
    onEvent: (event) => {
      if (event.type !== 'ask' || event.prompt.kind !== 'act') return;
      board.flash.set(programs.chip);
      setImmediate(() => act(board));
    },
    ...request,
  });
  return { ...result, board, programs };
}

describe('with a console the start is proved after the read-back', () => {
  it('read back, banner and MAC are the proof; nothing is sent to the camera', async () => {
    const { settled, board } = await go();
    expect(settled).toMatchObject({
      outcome: 'PASS',
      proof: ['read back', 'banner', 'heard'],
      message: expect.stringMatching(/read back: boot\..*Linux starts with its MAC/) as string,
    });
    expect(settled.notDone ?? []).toEqual([]);
    expect(settled.evidence).toContain('boot sha256');
    expect(settled.evidence).toContain(build.MAC);
    expect(board.port.written).toEqual([]);
    expect(board.port.listeners).toBe(0);
  });

  it.each([
    ['KERNEL_MISSING', { chip: build.camera({ erased: ['kernel'] }) }],
    ['LINUX_WITHOUT_MAC', { chip: build.camera({ erased: ['para'] }) }],
    ['MAC_CHANGED', { linuxMac: '00:e0:4c:11:22:33' }],
  ] as const)('%s', async (code, options) => {
    const { settled } = await go(options);
    expect(settled).toMatchObject({ outcome: 'FAIL', code, proof: ['read back'] });
    if (code === 'MAC_CHANGED') expect(settled.message).toContain('another camera is on this console');
  });

  it('a cancel in the wait leaves what is proved', async () => {
    const { settled } = await go(
      {},
      {
        onEvent: (event, { cancel, view }) => {
          if (event.type === 'ask') setImmediate(() => cancel([view().batches[0]!.slots[0]!.id]));
        },
      },
      () => {},
    );
    expect(settled).toMatchObject({
      outcome: 'UNSURE',
      code: 'BOOT_NOT_SEEN',
      proof: ['read back'],
    });
    expect(settled.advice).toContain('look again');
  });

  it('nobody there to move the chip: written and read back, its start not seen', async () => {
    const { settled } = await go({}, {}, undefined, false);
    expect(settled).toMatchObject({ outcome: 'UNSURE', code: 'BOOT_NOT_SEEN', proof: ['read back'] });
  });
});

describe('looking again', () => {
  async function look(options: Partial<FakeOptions>, runsOf: Readonly<Record<string, boolean>>) {
    const board = new FakeUboot({ flash: build.camera(), ...options, isOff: true });
    const clock = new ManualClock();
    const identities: unknown[] = [];
    const run = {
      settings: { console: CONSOLE },
      link: { kind: 'flashrom', text: 'flashrom:scripted' },
      clock,
      signal: new AbortController().signal,
      log: () => {},
      progress: () => {},
      identify: (identity: unknown) => Promise.resolve(void identities.push(identity)),
      earlierRuns: (mac: string) => Promise.resolve(mac in runsOf ? [{ wrote: runsOf[mac] }] : []),
      inTurn: (_name: string, work: () => Promise<unknown>) => work(),
      openSecondSerial: () => Promise.resolve({ port: board.port, close: () => board.port.close() }),
      operator: {
        act: () => {
          clock.after(0, () => {
            board.power();
            board.boot();
          });
          return { update: () => {}, done: () => {}, limitMs: 6_000 };
        },
      },
    } as unknown as DafangRun;
    const closed = { close: () => Promise.resolve() };
    const session = { flashrom: closed, link: closed } as unknown as DafangSession;
    const result = await clock.run(lookAgain(session, run));
    return { result, identities, board };
  }

  it('is a PASS for a camera that was written, by the MAC that Linux names; nothing is sent', async () => {
    const { result, identities, board } = await look({}, { [build.MAC]: true });
    expect(result).toMatchObject({ verdict: { outcome: 'PASS', proof: ['banner', 'heard'] } });
    expect(identities).toEqual([{ mac: build.MAC }]);
    expect(board.port.written).toEqual([]);
  });

  it.each([
    ['a camera that was only read', {}, 'MAC_CHANGED', { [build.MAC]: false }],
    ['a camera nobody knows', { linuxMac: '00:e0:4c:11:22:33' }, 'MAC_CHANGED', { [build.MAC]: true }],
    ['Linux that names none', { linuxMac: 'nothing' }, 'MAC_NOT_SEEN', {}],
    ['no kernel', { flash: build.camera({ erased: ['kernel'] }) }, 'BOOT_NOT_SEEN', {}],
  ] as const)('is none for %s', async (_what, options, code, runsOf) => {
    const { result, identities } = await look(options, runsOf);
    expect(result).toMatchObject({ verdict: { code, proof: [] } });
    expect(identities).toEqual([]);
  });
});

describe('the setting', () => {
  it.each([
    ['a link of another kind', 'ble:a4:c1:38:00:11:22'],
    ['more than one link', 'virtual:dafang-console?n=2'],
    ['an unknown device', 'virtual:nosuch'],
    ['an unknown fault', 'virtual:dafang-console?fault=nosuch'],
  ])('refuses %s before anything is touched', async (_what, console) => {
    await expect(go({}, { settings: { console } })).rejects.toMatchObject({ code: 'USAGE' });
  });
});
