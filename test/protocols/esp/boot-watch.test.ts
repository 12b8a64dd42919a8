import { describe, expect, it } from 'vitest';
import { bootWatch, type BootVerdict, type BootWatchOptions } from '../../../src/protocols/esp/index.ts';
import { ManualClock } from '../../harness/manual-clock.ts';
import { ScriptedPort, type ScriptedPortOptions } from '../../harness/scripted-port.ts';
import { latin1 } from './fake-loader.ts';

const FLASH_BOOT = 'rst:0x1 (POWERON_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)\r\n';
const RESTART = 'rst:0xc (SW_CPU_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)\r\n';
const NAME = '\x1b[0;32mI (293) cpu_start: App version:      1.2.3\x1b[0m\r\n';
const GARBAGE = '\xe3\x9f\x02\xf1\x8c\x00\xfe\xd2';

function watch(options: Partial<BootWatchOptions> = {}, portOptions: ScriptedPortOptions = {}) {
  const port = new ScriptedPort(portOptions);
  const clock = new ManualClock();
  const controller = new AbortController();
  const verdicts: BootVerdict['kind'][] = [];
  const watching = bootWatch(port, {
    clock,
    signal: controller.signal,
    expectation: { version: '1.2.3' },
    resetBy: 'hands',
    onVerdict: (verdict) => verdicts.push(verdict.kind),
    ...options,
  });
  watching.catch(() => {});
  const hear = async (text: string, thenMs = 100) => {
    await clock.advance(0);
    port.deliver(latin1(text));
    await clock.advance(thenMs);
  };
  return { port, clock, controller, verdicts, watching, hear };
}

describe('bootWatch', () => {
  it('waits for the operator as long as nothing is heard, then for the proof to stand', async () => {
    const { clock, hear, verdicts, watching } = watch();
    await clock.advance(600_000);
    await hear(FLASH_BOOT);
    await hear(NAME);
    const before = clock.monotonicMs();
    const report = await clock.run(watching);
    expect(report.verdict).toMatchObject({ kind: 'proved', by: 'version' });
    expect(clock.monotonicMs() - before).toBeGreaterThan(2_500);
    expect(report.text).toContain('App version:      1.2.3');
    // Colours of the log are gone.
    expect(report.text).not.toContain('\x1b');
    expect(verdicts).toEqual(['running', 'proved']);
  });

  it('takes the proof back when the unit restarts at once', async () => {
    const { clock, hear, watching } = watch();
    await hear(FLASH_BOOT + NAME, 1_000);
    await hear(RESTART + NAME, 1_000);
    await hear(RESTART + NAME, 1_000);
    await hear(RESTART + NAME, 0);
    expect((await clock.run(watching)).verdict.kind).toBe('boot-loop');
  });

  it('ends a quiet flash boot after ten seconds without a restart', async () => {
    const { clock, hear, watching } = watch();
    await hear(FLASH_BOOT, 6_000);
    await hear(RESTART, 100);
    const before = clock.monotonicMs();
    expect((await clock.run(watching)).verdict.kind).toBe('running');
    expect(clock.monotonicMs() - before).toBeGreaterThan(9_000);
  });

  it('goes on while GPIO0 is still low, and says so', async () => {
    const { clock, hear, verdicts, watching } = watch();
    await hear('rst:0x1 (POWERON_RESET),boot:0x3 (DOWNLOAD_BOOT)\r\nwaiting for download\r\n', 60_000);
    await hear(FLASH_BOOT + NAME);
    expect((await clock.run(watching)).verdict.kind).toBe('proved');
    expect(verdicts).toEqual(['download-mode', 'proved']);
  });

  it('ends with what it has at its limit', async () => {
    const { clock, watching } = watch({ limitMs: 5_000 });
    expect((await clock.run(watching)).verdict.kind).toBe('nothing');
  });

  it('resets by the lines once it listens', async () => {
    const { clock, port, watching } = watch({ resetBy: 'lines' });
    port.onLines = ({ dtr, rts }) => {
      if (!dtr && !rts && port.lines.length > 1) port.deliverSoon(latin1(FLASH_BOOT + NAME));
    };
    expect((await clock.run(watching)).verdict.kind).toBe('proved');
    expect(port.lines).toContainEqual({ dtr: false, rts: true });
  });

  it('listens to a further boot at 74880 where the first is garbage', async () => {
    const { clock, port, watching } = watch({ resetBy: 'lines', baudRates: [115_200, 74_880] });
    port.onLines = ({ dtr, rts }) => {
      if (dtr || rts) return;
      port.deliverSoon(
        latin1(port.baudRate === 74_880 ? 'rst cause:2, boot mode:(3,6)\r\nets_main.c 371 \r\n' : GARBAGE),
      );
    };
    const report = await clock.run(watching);
    expect([report.verdict.kind, report.baudRate]).toEqual(['invalid-image', 74_880]);
  });

  it('by hand, turns to 74880 for a unit that restarts by itself', async () => {
    const { clock, hear, port, watching } = watch({ baudRates: [115_200, 74_880] });
    await hear(GARBAGE, 1_000);
    while (port.baudRate !== 74_880) await clock.advance(200);
    await hear('rst cause:4, boot mode:(3,6)\r\nwdt reset\r\n'.repeat(3));
    expect((await clock.run(watching)).verdict.kind).toBe('boot-loop');
  });

  it('keeps the last 64 KiB of a talkative unit', async () => {
    const { clock, hear, watching } = watch({ limitMs: 2_000 });
    for (let burst = 0; burst < 40; burst++) await hear(`${'x'.repeat(4_000)}\n`, 10);
    expect((await clock.run(watching)).text.length).toBeLessThanOrEqual(64 * 1024);
  });

  it('leaves nothing behind, however it ends', async () => {
    const cancelled = watch();
    cancelled.controller.abort();
    await expect(cancelled.clock.run(cancelled.watching)).rejects.toThrow();
    expect(cancelled.port.listeners).toBe(0);
    const lost = watch();
    await lost.clock.advance(10);
    lost.port.lose();
    await expect(lost.clock.run(lost.watching)).rejects.toMatchObject({ code: 'LINK_LOST' });
    expect([lost.port.listeners, lost.clock.pendingTimers]).toEqual([0, 0]);
    const lostBefore = watch();
    lostBefore.port.lose();
    await expect(lostBefore.clock.run(lostBefore.watching)).rejects.toMatchObject({ code: 'LINK_LOST' });
    const noLines = watch({ resetBy: 'lines' }, { hasControlLines: false });
    await expect(noLines.clock.run(noLines.watching)).rejects.toMatchObject({ code: 'NO_CONTROL_LINES' });
    expect(noLines.port.listeners).toBe(0);
  });
});
