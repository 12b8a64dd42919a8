import { describe, expect, it } from 'vitest';
import type { Progress } from '../../../src/core/progress.ts';
import type { ProgramEnd, ProgramRequest } from '../../../src/drivers/process/programs.ts';
import { Flashrom } from '../../../src/protocols/flashrom/flashrom.ts';
import { ManualClock } from '../../harness/manual-clock.ts';
import { ScriptedFlashrom } from '../../harness/scripted-flashrom.ts';

const SIZE = 0x100_0000;
const PARA = { name: 'para', offset: 0xfb_0000, size: 0x4_0000 };
const START = 'Found GigaDevice flash chip "GD25Q128C" (16384 kB, SPI) on serprog.\n';
const ENDED: ProgramEnd = {
  exitCode: undefined,
  notStarted: undefined,
  endedBy: 'signal',
  stdout: '',
  stderr: '',
};

type Life = (request: ProgramRequest, clock: ManualClock, end: (end: ProgramEnd) => void) => void;

/** A flashrom that, but for its help, does what `lives` say, one run after the other, and ends at once when told to. */
class HangingFlashrom extends ScriptedFlashrom {
  readonly #clock: ManualClock;
  readonly #lives: Life[];

  constructor(clock: ManualClock, lives: readonly Life[]) {
    super(new Uint8Array(SIZE));
    this.#clock = clock;
    this.#lives = [...lives];
  }

  override run(request: ProgramRequest): Promise<ProgramEnd> {
    const life = request.args.includes('--help') ? undefined : this.#lives.shift();
    if (life === undefined) return super.run(request);
    return new Promise((resolve) => {
      request.signal?.addEventListener('abort', () => resolve(ENDED), { once: true });
      life(request, this.#clock, resolve);
    });
  }
}

const hangs: Life = (request) => request.onOutput?.('stdout', `${START}Reading flash... `);

async function open(...lives: readonly Life[]) {
  const clock = new ManualClock();
  const lines: string[] = [];
  const seen: Progress[] = [];
  const programs = new HangingFlashrom(clock, lives);
  const flashrom = await Flashrom.open({
    programs,
    programmer: 'serprog:ip=127.0.0.1:1',
    clock,
    log: (level, text) => void lines.push(`${level} ${text}`),
  });
  const onProgress = (progress: Progress) => void seen.push(progress);
  return { clock, flashrom, lines, seen, onProgress };
}

const MINUTE_MS = 60_000;

describe('a programmer that gives no sign of life', () => {
  it('ends a probe', async () => {
    const { clock, flashrom } = await open(() => {});
    await expect(clock.run(flashrom.probe(undefined))).rejects.toMatchObject({ code: 'PROGRAMMER_STALLED' });
    expect(clock.monotonicMs()).toBeLessThanOrEqual(2 * MINUTE_MS);
  });

  it('does not end a probe that goes on trying names', async () => {
    const { clock, flashrom } = await open((request, time, end) => {
      for (let minute = 0; minute < 4; minute++)
        time.after(minute * 40_000, () => request.onOutput?.('stdout', `Probing for number ${minute}\n`));
      time.after(170_000, () => {
        request.onOutput?.('stdout', START);
        end({ ...ENDED, endedBy: undefined, exitCode: 0 });
      });
    });
    expect(await clock.run(flashrom.probe(undefined))).toMatchObject({ name: 'GD25Q128C' });
  });

  it('ends a read of a part, and the age is on screen until then', async () => {
    const { clock, flashrom, seen, onProgress } = await open(hangs);
    const reading = flashrom.read(SIZE, { label: 'reading para', onProgress }, [PARA]);
    await expect(clock.run(reading)).rejects.toMatchObject({
      code: 'PROGRAMMER_STALLED',
      message: expect.stringMatching(/no sign of life for \d+ s/) as string,
    });
    expect(clock.monotonicMs()).toBeLessThanOrEqual(3 * MINUTE_MS);
    expect(seen.at(-1)).toMatchObject({ unit: 'seconds' });
    expect(seen.at(-1)!.done).toBeGreaterThan(50);
  });

  it('leaves a whole read the time that the slowest programmer takes, and then ends it', async () => {
    const { clock, flashrom } = await open(hangs);
    await expect(clock.run(flashrom.read(SIZE, { label: 'reading' }))).rejects.toMatchObject({
      code: 'PROGRAMMER_STALLED',
    });
    // 16 MiB over a serial line of 115200 baud take 25 min without a word from 1.3.0.
    expect(clock.monotonicMs()).toBeGreaterThan(26 * MINUTE_MS);
    expect(clock.monotonicMs()).toBeLessThan(60 * MINUTE_MS);
  });

  it('ends a whole read sooner once it is known how fast this programmer is', async () => {
    const { clock, flashrom } = await open((request, time, end) => {
      time.after(2_000, () => {
        request.onOutput?.('stdout', `${START}Reading flash... done.\n`);
        end({ ...ENDED, endedBy: undefined, exitCode: 0 });
      });
    }, hangs);
    await expect(clock.run(flashrom.read(SIZE, { label: 'reading para' }, [PARA]))).rejects.toMatchObject({
      code: 'FLASH_READ_FAILED',
    });
    const startMs = clock.monotonicMs();
    await expect(clock.run(flashrom.read(SIZE, { label: 'reading' }))).rejects.toMatchObject({
      code: 'PROGRAMMER_STALLED',
    });
    expect(clock.monotonicMs() - startMs).toBeLessThan(12 * MINUTE_MS);
    // 256 KiB took 2 s, so 16 MiB take 128 s.
    expect(clock.monotonicMs() - startMs).toBeGreaterThan(128_000);
  });

  it('never ends a write: it only says so, with its age', async () => {
    const { clock, flashrom, lines, seen, onProgress } = await open((request) =>
      request.onOutput?.(
        'stdout',
        `${START}Reading old flash chip contents... done.\nErasing and writing flash chip... `,
      ),
    );
    const broken = new AbortController();
    let ended = false;
    const writing = flashrom.write(new Uint8Array(SIZE), [PARA], {
      label: 'writing para',
      onProgress,
      signal: broken.signal,
    });
    writing.catch(() => {}).finally(() => (ended = true));
    await clock.advance(6 * 60 * MINUTE_MS);
    expect(ended).toBe(false);
    const said = lines.filter((line) => line.includes('no sign of life'));
    expect(said).toHaveLength(1);
    expect(said[0]).toContain('warn');
    expect(seen.at(-1)!.label).toMatch(/^writing para: no sign of life for \d+ min/);
    broken.abort();
    await expect(clock.run(writing)).rejects.toMatchObject({ code: 'FLASH_WRITE_BROKEN_OFF' });
  });

  it('a cancel in a hanging read is a cancel', async () => {
    const { clock, flashrom } = await open(hangs);
    const cancel = new AbortController();
    clock.after(1_000, () => cancel.abort());
    await expect(
      clock.run(flashrom.read(SIZE, { label: 'reading', signal: cancel.signal })),
    ).rejects.toMatchObject({ code: 'ABORTED' });
  });
});
