import type { Clock } from '../../core/clock.ts';
import { BenchError } from '../../core/errors.ts';
import type { LogSink } from '../../core/log.ts';
import { noProgress, type ProgressSink } from '../../core/progress.ts';
import { sanitize } from '../../core/text.ts';
import type { Programs, ScratchFolder } from '../../drivers/process/programs.ts';
import {
  abilitiesOf,
  commandLine,
  layoutText,
  type Abilities,
  type Operation,
  type Region,
  type Target,
} from './command.ts';
import { judgeProbe, judgeRead, judgeWrite, type Finished } from './judge.ts';
import { OutputReader, type FoundChip, type Share, type Stage } from './output.ts';
import { Patience, SignOfLife, silenceWords } from './sign-of-life.ts';

export type { Region } from './command.ts';

/** Finding a chip tries hundreds of names; over a slow serprog that takes its time. */
const PROBE_LIMIT_MS = 180_000;
const HELP_LIMIT_MS = 10_000;
/** How often a stage without a known end says how long it takes, ms. */
const AGE_EVERY_MS = 5_000;
const LOGGED_LINES = 12;

export interface FlashromOptions {
  readonly programs: Programs;
  /** flashrom's own programmer string. */
  readonly programmer: string;
  readonly clock: Clock;
  readonly log: LogSink;
}

export interface Work {
  /** Ends a probe or a read at once. A write is ended by it too: pass what only a typed confirmation aborts. */
  readonly signal?: AbortSignal;
  readonly onProgress?: ProgressSink;
  readonly label: string;
}

export interface ProbedChip extends FoundChip {
  /** Six hex digits, e.g. `c84018`; undefined where flashrom does not tell. */
  readonly jedecId: string | undefined;
}

/** One flash chip behind flashrom. Every call is one process; a chip is touched by `write` alone. */
export class Flashrom {
  readonly #options: FlashromOptions;
  readonly #folder: ScratchFolder;
  readonly #abilities: Abilities;
  readonly #patience = new Patience();
  #chip: string | undefined;

  private constructor(options: FlashromOptions, folder: ScratchFolder, abilities: Abilities) {
    this.#options = options;
    this.#folder = folder;
    this.#abilities = abilities;
  }

  /** Touches no programmer. Throws FLASHROM_MISSING, FLASHROM_TOO_OLD. */
  static async open(options: FlashromOptions): Promise<Flashrom> {
    const { programs } = options;
    const help = await programs.run({ program: 'flashrom', args: ['--help'], limitMs: HELP_LIMIT_MS });
    if (help.notStarted !== undefined) throw new BenchError('FLASHROM_MISSING');
    const abilities = abilitiesOf(help.stdout + help.stderr);
    if (!abilities.regions) throw new BenchError('FLASHROM_TOO_OLD');
    return new Flashrom(options, await programs.scratch(), abilities);
  }

  /** True where every stage tells how far it is. */
  get tellsProgress(): boolean {
    return this.#abilities.progress;
  }

  /** With `chip` only that name is tried, here and by every later call. Throws what `judgeProbe` says. */
  async probe(chip: string | undefined, signal?: AbortSignal): Promise<ProbedChip> {
    this.#chip = chip;
    const run = await this.#run(
      { kind: 'probe' },
      { label: 'looking for the flash chip', ...(signal && { signal }) },
    );
    const found = judgeProbe(run);
    this.#chip = found.name;
    return { ...found, jedecId: run.said.jedecId };
  }

  /**
   * The whole chip, or with `regions` an array of its size in which only they hold what was read. Throws ABORTED and
   * what `judgeRead` says.
   */
  async read(sizeBytes: number, work: Work, regions: readonly Region[] = []): Promise<Uint8Array> {
    // What an earlier run left must not be taken for what this one reads.
    await this.#folder.write(IMAGE, '');
    const operation = await this.#operation('read', regions);
    const wantedBytes = wanted(sizeBytes, regions);
    const startMs = this.#options.clock.monotonicMs();
    judgeRead(await this.#run(operation, work, wantedBytes, wantedBytes));
    this.#patience.measured(wantedBytes, this.#options.clock.monotonicMs() - startMs);
    const bytes = await this.#folder.read(IMAGE);
    if (bytes?.length !== sizeBytes) {
      throw new BenchError('FLASH_READ_FAILED', {
        message: `flashrom left ${bytes?.length ?? 0} bytes of ${sizeBytes}: the chip could not be read to its end.`,
      });
    }
    return bytes;
  }

  /** Writes the regions of `image` (size of the chip) and nothing else. Throws what `judgeWrite` says. */
  async write(image: Uint8Array, regions: readonly Region[], work: Work): Promise<void> {
    await this.#folder.write(IMAGE, image);
    const operation = await this.#operation('write', regions);
    // Before and after it flashrom reads the whole chip without a word.
    judgeWrite(await this.#run(operation, work, wanted(image.length, regions), image.length));
  }

  /** Idempotent, never throws. Takes the images away: they hold secrets. */
  async close(): Promise<void> {
    await this.#folder.remove();
  }

  async #operation(kind: 'read' | 'write', regions: readonly Region[]): Promise<Operation> {
    if (regions.length > 0) await this.#folder.write(LAYOUT, layoutText(regions));
    return { kind, regions, file: this.#folder.pathOf(IMAGE), layoutFile: this.#folder.pathOf(LAYOUT) };
  }

  /** A run without a sign of life is ended, but for a write: half of it is worse than any wait. */
  async #run(operation: Operation, work: Work, totalBytes = 0, silentBytes = 0): Promise<Finished> {
    const { programs, programmer, clock, log } = this.#options;
    const target: Target = { programmer, ...(this.#chip !== undefined && { chip: this.#chip }) };
    const bar = new Bar(work, totalBytes, clock);
    const reader = new OutputReader((share, stage) => bar.moved(share, stage), totalBytes);
    const ending = new AbortController();
    let silentMs: number | undefined;
    const life = new SignOfLife(clock, this.#patience.limitMs(silentBytes), (ms) => {
      if (operation.kind === 'write') {
        if (silentMs === undefined) log('warn', silentWrite(ms));
        bar.silent(ms);
      } else ending.abort();
      silentMs = ms;
    });
    const signals = [ending.signal, ...(work.signal ? [work.signal] : [])];
    const end = await programs.run({
      program: 'flashrom',
      args: commandLine(target, operation, this.#abilities),
      shielded: operation.kind === 'write',
      signal: AbortSignal.any(signals),
      ...(operation.kind === 'probe' && { limitMs: PROBE_LIMIT_MS }),
      onOutput: (pipe, text) => {
        life.heard();
        reader.feed(pipe, text);
        bar.stage(reader.said.stage);
      },
    });
    life.stop();
    bar.stop();
    const said = reader.end();
    if (end.exitCode !== 0) for (const line of lastLines(end.stdout, end.stderr)) log('device', line);
    const usbIds = said.usbNotOpened === undefined ? [] : await programs.usbIds();
    const wasSilent = ending.signal.aborted && work.signal?.aborted !== true;
    return { end: wasSilent ? { ...end, endedBy: 'limit' } : end, said, usbIds, silentMs };
  }
}

const IMAGE = 'chip.bin';
const LAYOUT = 'regions.layout';

const wanted = (sizeBytes: number, regions: readonly Region[]) =>
  regions.length === 0 ? sizeBytes : regions.reduce((sum, { size }) => sum + size, 0);

const silentWrite = (silentMs: number) =>
  `flashrom writes and gives no sign of life for ${silenceWords(silentMs)}. It is not ended by itself: look at the programmer; what breaks the write off has to be typed.`;

const NOISE =
  /^$|^===$|^Probing for|^serprog: requested|^Ignoring ignorelisted|^(, )?0x[0-9a-f]+-0x|^Read id bytes/;

const lastLines = (...pipes: readonly string[]) =>
  pipes.flatMap((text) =>
    [
      ...new Set(
        text
          .replaceAll('\b', '')
          .split(/[\r\n]+/)
          .map((line) => sanitize(line).slice(0, 300)),
      ),
    ]
      .filter((line) => !NOISE.test(line))
      .slice(-LOGGED_LINES),
  );

const STAGE_WORDS: Partial<Record<Stage, string>> = {
  'reading old contents': 'reading what the chip holds',
  verifying: 'verifying',
};

/** True progress: it moves on what flashrom says alone; where it says nothing, only time is shown. */
class Bar {
  readonly #work: Work;
  readonly #totalBytes: number;
  readonly #clock: Clock;
  readonly #startedMs: number;
  readonly #onProgress: ProgressSink;
  #label: string;
  #stage: Stage = 'starting';
  #told = false;
  #stopAge = () => {};

  constructor(work: Work, totalBytes: number, clock: Clock) {
    this.#work = work;
    this.#totalBytes = totalBytes;
    this.#clock = clock;
    this.#startedMs = clock.monotonicMs();
    this.#onProgress = work.onProgress ?? noProgress;
    this.#label = work.label;
    this.#age();
  }

  stage(stage: Stage): void {
    if (stage === this.#stage) return;
    this.#stage = stage;
    this.#told = false;
    const words = STAGE_WORDS[stage];
    this.#label = words === undefined ? this.#work.label : `${this.#work.label}: ${words}`;
    this.stop();
    // While it writes flashrom says how far it is: what only counts time would stand in the way of that.
    if (stage === 'writing') this.#ageLater();
    else this.#age();
  }

  moved({ of, share }: Share, stage: Stage): void {
    this.stage(stage);
    this.#told = true;
    const label = of === 'erasing' ? `${this.#label}: erasing` : this.#label;
    const total = this.#totalBytes;
    this.#onProgress({ label, done: Math.floor(share * total), total, unit: 'bytes' });
  }

  /** It should have said something: the age of its last word takes the place of the bar. */
  silent(silentMs: number): void {
    this.#told = true;
    const label = `${this.#label}: no sign of life for ${silenceWords(silentMs)}`;
    this.#onProgress({ label, done: Math.round(silentMs / 1_000), unit: 'seconds' });
  }

  stop(): void {
    this.#stopAge();
  }

  #age(): void {
    if (!this.#told) {
      const done = Math.round((this.#clock.monotonicMs() - this.#startedMs) / 1_000);
      this.#onProgress({ label: this.#label, done, unit: 'seconds' });
    }
    this.#ageLater();
  }

  #ageLater(): void {
    this.#stopAge = this.#clock.after(AGE_EVERY_MS, () => this.#age());
  }
}
