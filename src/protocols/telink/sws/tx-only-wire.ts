import type { LogSink } from '../../../core/log.ts';
import type { SerialPort } from '../../../drivers/serial/port.ts';
import { type ActivationOptions, openWindow, releaseLines, stopCpu } from './activation.ts';
import { throwIfAborted } from './errors.ts';
import { pageSequence, type SwsWrite } from './flash-commands.ts';
import { SwsLine } from './line.ts';
import type { FlashPage } from './pages.ts';
import { SWS_BAUD_LADDER, takeRate } from './rates.ts';
import { DIVIDER_OF_PAGE, REBOOT, REGISTER } from './registers.ts';
import { FLASH_TIME, type FlashTimeName } from './timings.ts';
import type { FlashRegion, OperationOptions, TxOnlyOptions, WriteReport } from './types.ts';
import { type FlashWriter, writeRegions } from './write-regions.ts';

/**
 * A Telink chip on its single wire with TX alone: nothing comes back, so nothing is known, not even whether a chip is
 * there. Every wait is the most that the flash may take, counted from the last character on the wire. Throws LINK_LOST.
 */
export class TxOnlyWire implements FlashWriter {
  readonly ability = 'tx-only';
  readonly #line: SwsLine;
  readonly #log: LogSink;

  /** Takes the port over and sends nothing. Throws BAUD_REFUSED. */
  static async open(port: SerialPort, options: TxOnlyOptions): Promise<TxOnlyWire> {
    const { log = () => undefined, baudRates = SWS_BAUD_LADDER } = options;
    const line = new SwsLine(port, options.clock, options.encoding);
    await takeRate(port, baudRates, log);
    await releaseLines(line);
    return new TxOnlyWire(line, log);
  }

  private constructor(line: SwsLine, log: LogSink) {
    this.#line = line;
    this.#log = log;
  }

  get baudRate(): number {
    return this.#line.port.baudRate;
  }

  /**
   * Floods window after window, to the end of the last one: nobody says whether a chip was caught. For the empty jig
   * give `until`, aborted when the operator says that the next unit is in: the window after that is the last. Throws the
   * signal's reason.
   */
  async activate(options: ActivationOptions & { readonly until?: AbortSignal }): Promise<void> {
    const { windows = 1, until } = options;
    for (let window = 1; window <= windows; window++) {
      const isLast = until?.aborted === true;
      await openWindow(this.#line, window, options, this.#log);
      if (isLast) break;
    }
    await this.#line.sendWrites([
      { address: REGISTER.swsDivider, data: [DIVIDER_OF_PAGE] },
      stopCpu,
      ...pageSequence.wake,
      // Whether the watchdog runs cannot be asked; with the CPU stopped nothing needs these timers.
      { address: REGISTER.timerControl, data: [0] },
    ]);
  }

  /** Writes status 0 twice, as the public page does. */
  async unlock(): Promise<void> {
    await this.#order(pageSequence.writeStatusZero, 'statusWrite');
    await this.#order(pageSequence.writeStatusZero, 'statusWrite');
  }

  /** Progress is of characters that left the wire, and says nothing of the unit. */
  write(regions: readonly FlashRegion[], options: OperationOptions = {}): Promise<WriteReport> {
    return writeRegions(this, regions, options);
  }

  async eraseSector(offset: number): Promise<void> {
    await this.#order(pageSequence.sectorErase(offset), 'sectorErase');
  }

  async programPage({ offset, bytes }: FlashPage): Promise<void> {
    await this.#order(pageSequence.pageProgram(offset, bytes), 'pageProgram');
  }

  /** See FullWire; here nothing can have been backed up. */
  async eraseChip(signal?: AbortSignal): Promise<void> {
    throwIfAborted(signal);
    await this.#order(pageSequence.chipErase, 'chipErase');
  }

  async reset(): Promise<void> {
    await this.#line.sendWrites([{ address: REGISTER.power, data: [REBOOT] }]);
    await this.#line.pause(0);
  }

  /** The port stays open. */
  close(): void {}

  async #order(writes: readonly SwsWrite[], time: FlashTimeName): Promise<void> {
    await this.#line.sendWrites(writes);
    await this.#line.pause(FLASH_TIME[time].maximumMs);
  }
}
