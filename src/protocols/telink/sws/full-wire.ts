import { BenchError, isBenchError } from '../../../core/errors.ts';
import type { LogSink } from '../../../core/log.ts';
import type { SerialPort } from '../../../drivers/serial/port.ts';
import { type ActivationOptions, openWindow, releaseLines, stopCpu } from './activation.ts';
import { answers, canRead, type ChipIdentity, findChip } from './chip.ts';
import { encodeEnd } from './codec.ts';
import { EchoLine } from './echo-line.ts';
import { throwIfAborted } from './errors.ts';
import { pageSequence } from './flash-commands.ts';
import { FullFlash } from './full-flash.ts';
import { SwsLine } from './line.ts';
import { SWS_BAUD_LADDER, takeRate } from './rates.ts';
import { REBOOT, REGISTER, WATCHDOG_ENABLE } from './registers.ts';
import { TIMING } from './timings.ts';
import type {
  FlashIdentity,
  FlashRegion,
  OperationOptions,
  VerifyOptions,
  VerifyReport,
  WireOptions,
  WriteReport,
} from './types.ts';
import { verifyRegions } from './verify.ts';
import { writeRegions } from './write-regions.ts';

/** Windows at one rate before the next one is tried. */
const WINDOWS_PER_RATE = 2;
/** Silent looks in a row before a unit counts as taken out: a contact bounces. */
const LOOKS_UNTIL_GONE = 3;

/** A bad echo is kept as the error it would be. */
type Look = 'answers' | 'silent' | BenchError;

/**
 * A Telink chip on its single wire with RX connected: everything sent is heard, everything done is acknowledged. One
 * operation at a time. Every one throws NO_ECHO, ECHO_GARBLED, SWS_NO_ANSWER, SWS_READ_UNRELIABLE, LINK_LOST.
 */
export class FullWire {
  readonly ability = 'full';
  readonly #line: SwsLine;
  readonly #echo: EchoLine;
  readonly #flash: FullFlash;
  readonly #log: LogSink;
  readonly #rates: readonly number[];

  /** Takes the port over and sends nothing. Throws SWS_RATE_TOO_LOW, BAUD_REFUSED. */
  static async open(port: SerialPort, options: WireOptions): Promise<FullWire> {
    const { log = () => undefined, baudRates = SWS_BAUD_LADDER } = options;
    const line = new SwsLine(port, options.clock);
    const rates = (port.hasBaudRate ? baudRates : [port.baudRate]).filter(canRead);
    if (rates.length === 0)
      throw new BenchError('SWS_RATE_TOO_LOW', {
        detail: { rates: port.hasBaudRate ? baudRates.join(', ') : port.baudRate },
      });
    await takeRate(port, rates, log);
    await releaseLines(line);
    return new FullWire(line, rates, log);
  }

  private constructor(line: SwsLine, rates: readonly number[], log: LogSink) {
    this.#line = line;
    this.#rates = rates;
    this.#log = log;
    this.#echo = new EchoLine(line);
    this.#flash = new FullFlash(this.#echo);
  }

  get baudRate(): number {
    return this.#line.port.baudRate;
  }

  /** Whether RX hears what TX sends; changes nothing at the unit. Throws NO_ECHO, ECHO_GARBLED. */
  async checkEcho(): Promise<void> {
    await this.#echo.settle();
    await this.#echo.exchange(encodeEnd());
  }

  /**
   * Catches a chip: floods window after window until one answers with its chip id. Then its CPU is stopped, its watchdog
   * off and its flash awake. Throws SWS_NO_ANSWER after the last window, WRONG_TELINK_CHIP, and the signal's reason.
   */
  async activate(options: ActivationOptions): Promise<ChipIdentity> {
    const { windows = 1 } = options;
    await this.checkEcho().catch((error: unknown) => {
      // The firmware that runs may use the pin as an output; its restart ends that.
      if (!isBenchError(error, 'ECHO_GARBLED')) throw error;
    });
    // A chip that was stopped before and not restarted answers at once.
    if ((await this.#look()) === 'answers') {
      const chip = await this.#catch();
      options.onEvent?.({ kind: 'answered', afterMs: 0 });
      if (chip != null) return chip;
    }
    let last = 'silent' as Look;
    for (let window = 1; window <= windows; window++) {
      if ((window - 1) % WINDOWS_PER_RATE === 0)
        await takeRate(this.#line.port, this.#ratesFrom((window - 1) / WINDOWS_PER_RATE), this.#log);
      await openWindow(this.#line, window, options, this.#log, async (isLastLook) => {
        last = await this.#look(!isLastLook);
        return last === 'answers';
      });
      if (last !== 'answers') continue;
      const chip = await this.#catch();
      if (chip != null) return chip;
    }
    if (isBenchError(last)) throw last;
    throw new BenchError(last === 'answers' ? 'SWS_READ_UNRELIABLE' : 'SWS_NO_ANSWER', {
      detail: { windows, baudRate: this.baudRate },
    });
  }

  #ratesFrom(turn: number): readonly number[] {
    const first = turn % this.#rates.length;
    return [...this.#rates.slice(first), ...this.#rates.slice(0, first)];
  }

  /**
   * Whether a chip answers. What came back of a flood says nothing: a running chip drives the line now and then, one
   * without a battery holds it down. A bad echo counts only when it is the last thing known.
   */
  async #look(quick = false): Promise<Look> {
    try {
      return (await answers(this.#echo, quick)) ? 'answers' : 'silent';
    } catch (error) {
      if (isBenchError(error, 'NO_ECHO', 'ECHO_GARBLED')) return error;
      throw error;
    }
  }

  /** The chip that answers now, ready to be worked on; at another rate where this one cannot read it. */
  async #catch(): Promise<ChipIdentity | undefined> {
    const first = this.baudRate;
    for (const rate of new Set([first, ...this.#rates])) {
      if (rate !== this.baudRate) {
        this.#log('info', `the chip answers but cannot be read at ${this.baudRate} baud; trying ${rate}`);
        await takeRate(this.#line.port, [rate, first], this.#log);
      }
      const found = await findChip(this.#echo, this.#log);
      if (found === 'silent') break;
      if (found === 'garbled') continue;
      await this.#prepare();
      return found;
    }
    if (this.baudRate !== first) await takeRate(this.#line.port, [first], this.#log);
    return undefined;
  }

  /** A stopped CPU no longer feeds its watchdog, which would restart the chip in the middle of the work. */
  async #prepare(): Promise<void> {
    await this.#echo.exchangeWrites([stopCpu]);
    const [timers = 0] = await this.#echo.readRegisters(REGISTER.timerControl, 1);
    if ((timers & WATCHDOG_ENABLE) !== 0)
      await this.#echo.exchangeWrites([
        { address: REGISTER.timerControl, data: [timers & ~WATCHDOG_ENABLE] },
      ]);
    await this.#echo.exchangeWrites(pageSequence.wake);
  }

  /** Throws FLASH_CHIP_SILENT. An id that reads alike twice also shows that reading can be relied on. */
  readFlashId(): Promise<FlashIdentity> {
    return this.#flash.run(() => this.#flash.readId());
  }

  /** Some 3 ms a byte on a USB adapter: for what is unique, not for everything. */
  read(offset: number, length: number, options: OperationOptions = {}): Promise<Uint8Array> {
    const { signal, onProgress, label = 'reading flash' } = options;
    let done = 0;
    return this.#flash.run(() =>
      this.#flash.read(offset, length, (bytes) => {
        throwIfAborted(signal);
        done += bytes;
        onProgress?.({ label, done, total: length, unit: 'bytes' });
      }),
    );
  }

  /** Must precede the first erase: a protected flash ignores what follows without a word. Throws FLASH_LOCKED. */
  unlock(): Promise<void> {
    return this.#flash.run(() => this.#flash.unlock());
  }

  /** Erases the sectors of the regions and writes them. Throws FLASH_BUSY_TIMEOUT. */
  write(regions: readonly FlashRegion[], options: OperationOptions = {}): Promise<WriteReport> {
    return this.#flash.run(() => writeRegions(this.#flash, regions, options));
  }

  /** Takes the MAC, the trim and the keys with it: only after they were backed up and the operator said so by name. */
  eraseChip(): Promise<void> {
    return this.#flash.run(() => this.#flash.eraseChip());
  }

  /** Throws SWS_VERIFY_MISMATCH. */
  verify(regions: readonly FlashRegion[], options: VerifyOptions = {}): Promise<VerifyReport> {
    return this.#flash.run(() => verifyRegions(this.#flash, regions, options));
  }

  /** Starts what is in flash. The chip is out of reach afterwards. */
  async reset(): Promise<void> {
    await this.#line.sendWrites([{ address: REGISTER.power, data: [REBOOT] }]);
    // The starting chip may drive the line into the last echo.
    await this.#echo.settle();
  }

  /** Resolves when a chip that was caught and not restarted has been taken out. */
  async untilGone(signal: AbortSignal): Promise<void> {
    for (let silent = 0; silent < LOOKS_UNTIL_GONE;) {
      silent = (await this.#look()) === 'answers' ? 0 : silent + 1;
      if (silent < LOOKS_UNTIL_GONE) await this.#line.clock.sleep(TIMING.presence, signal);
    }
  }

  /** Stops listening; the port stays open. */
  close(): void {
    this.#echo.close();
  }
}
