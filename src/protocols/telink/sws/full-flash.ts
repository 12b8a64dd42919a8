import { BenchError, isBenchError } from '../../../core/errors.ts';
import { encodeEnd, encodeReadHeader } from './codec.ts';
import { type EchoLine, readAll, type ReadResult, type Reply } from './echo-line.ts';
import {
  concat,
  deselect,
  encodeWrites,
  fifoOff,
  fifoOn,
  fifoSequence,
  STATUS_BUSY,
  STATUS_PROTECTED,
  type SwsWrite,
} from './flash-commands.ts';
import type { FlashPage } from './pages.ts';
import { REGISTER } from './registers.ts';
import { FLASH_TIME, type FlashTimeName } from './timings.ts';
import type { FlashIdentity } from './types.ts';
import type { FlashWriter } from './write-regions.ts';

/** Times one order is given again after its echo or the answer behind it was damaged. */
const ORDER_TRIES = 3;
/** The page writes it twice too: some chips ignore the first after they were woken. */
const UNLOCK_TRIES = 3;
/** Bytes of flash in one read, so that a cancel does not wait long. */
const READ_CHUNK_BYTES = 64;
/** Reads of the flash id that must agree in a row. */
const AGREEING_IDS = 2;
const ID_TRIES = 4;

const END_AND_DESELECT = concat(encodeEnd(), encodeWrites([deselect]));

/**
 * The flash chip behind the two registers, with RX: after every order the status is read until the flash is ready. An
 * order goes out in one stream with the question after it, so that only one answer is waited for. FIFO mode is on from
 * `open` to `close`.
 */
export class FullFlash implements FlashWriter {
  readonly #echo: EchoLine;
  /** The end of the status read before, sent in front of the next order. */
  #owed: Uint8Array = new Uint8Array();

  constructor(echo: EchoLine) {
    this.#echo = echo;
  }

  /** Runs `work` in FIFO mode; leaves the flash deselected and the mode off, whatever happened. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    await this.#echo.exchangeWrites([deselect, fifoOn]);
    let result: T;
    try {
      result = await work();
    } catch (error) {
      // The first failure is what counts; the line may be gone altogether.
      await this.#leave().catch(() => undefined);
      throw error;
    }
    await this.#leave();
    return result;
  }

  async #leave(): Promise<void> {
    const owed = this.#owed;
    this.#owed = new Uint8Array();
    await this.#echo.exchange(concat(owed, encodeWrites([deselect, fifoOff])));
  }

  /** Throws SWS_READ_UNRELIABLE, FLASH_CHIP_SILENT. */
  async readId(): Promise<FlashIdentity> {
    let before = '';
    let agreeing = 1;
    for (let tries = 0; tries < ID_TRIES; tries++) {
      const bytes = await readAll(3, (from) => this.#readId(from));
      const id = Buffer.from(bytes).toString('hex');
      agreeing = id === before ? agreeing + 1 : 1;
      before = id;
      if (agreeing < AGREEING_IDS) continue;
      if (/^(00|ff)/.test(id))
        throw new BenchError('FLASH_CHIP_SILENT', {
          message: `The chip answers, but its flash does not: the flash id reads ${id}.`,
          detail: { flashId: id },
        });
      const size = bytes[2]!;
      // 64 KiB to 16 MiB; the third byte is the power of two.
      return { id, sizeBytes: size >= 0x10 && size <= 0x18 ? 2 ** size : 0 };
    }
    throw new BenchError('SWS_READ_UNRELIABLE', {
      message: 'The flash id reads differently each time: characters of the answers are changed on the way.',
      detail: { flashId: before },
    });
  }

  /** Id bytes from the first on; what was read before is dropped, since the flash cannot begin in the middle. */
  async #readId(from: number): Promise<ReadResult> {
    const { bytes, ...rest } = await this.#fetch(fifoSequence.askId, 3);
    return { bytes: bytes.slice(from), ...rest };
  }

  /** Throws SWS_NO_ANSWER, SWS_READ_UNRELIABLE. `onBytes` hears how many more were read. */
  async read(
    offset: number,
    length: number,
    onBytes: (bytes: number) => void = () => {},
  ): Promise<Uint8Array> {
    return readAll(length, async (from) => {
      const count = Math.min(READ_CHUNK_BYTES, length - from);
      const result = await this.#fetch(fifoSequence.askData(offset + from), count);
      onBytes(result.bytes.length);
      return result;
    });
  }

  /** A damaged echo of the question spoils the answer as well; the question is asked again. */
  async #fetch(question: readonly SwsWrite[], count: number): Promise<ReadResult> {
    try {
      await this.#flush(question, encodeReadHeader(REGISTER.flashData));
    } catch (error) {
      if (!isBenchError(error, 'ECHO_GARBLED')) throw error;
      await this.#echo.exchange(END_AND_DESELECT);
      return { bytes: [], failure: 'damaged' };
    }
    const result = await this.#echo.fetchAll(count);
    this.#owed = END_AND_DESELECT;
    return result;
  }

  /** Clears the block-protect bits and reads them back. Throws FLASH_LOCKED. */
  async unlock(): Promise<void> {
    let status = 0;
    for (let tries = 0; tries < UNLOCK_TRIES; tries++) {
      status = await this.#order(fifoSequence.writeStatusZero, 'statusWrite');
      if ((status & STATUS_PROTECTED) === 0) return;
    }
    throw new BenchError('FLASH_LOCKED', { detail: { status } });
  }

  async eraseSector(offset: number): Promise<void> {
    await this.#order(fifoSequence.sectorErase(offset), 'sectorErase');
  }

  async eraseChip(): Promise<void> {
    await this.#order(fifoSequence.chipErase, 'chipErase');
  }

  /** A page whose echo was damaged is programmed again: the same bits once more change nothing. */
  async programPage({ offset, bytes }: FlashPage): Promise<void> {
    await this.#order(fifoSequence.pageProgram(offset, bytes), 'pageProgram');
  }

  /** Gives an order and waits until the flash is ready; returns the status. Throws FLASH_BUSY_TIMEOUT. */
  async #order(writes: readonly SwsWrite[], time: FlashTimeName): Promise<number> {
    for (let tries = 1; ; tries++) {
      try {
        return await this.#ready(time, await this.#ask([...writes, ...fifoSequence.askStatus]));
      } catch (error) {
        if (tries >= ORDER_TRIES || !isBenchError(error, 'ECHO_GARBLED')) throw error;
        // The order may have been taken all the same; a busy flash would ignore the next one.
        await this.#echo.exchange(END_AND_DESELECT);
        await this.#ready(time, await this.#ask(fifoSequence.askStatus));
      }
    }
  }

  /** Asks again until the status says that the flash is ready. */
  async #ready(time: FlashTimeName, first: Reply): Promise<number> {
    const { limitMs } = FLASH_TIME[time];
    const { clock } = this.#echo.line;
    const begunAtMs = clock.monotonicMs();
    let damagedInRow = 0;
    for (let reply = first; ; reply = await this.#ask(fifoSequence.askStatusAgain)) {
      if (typeof reply === 'number') {
        damagedInRow = 0;
        if ((reply & STATUS_BUSY) === 0) {
          this.#owed = END_AND_DESELECT;
          return reply;
        }
        if (clock.monotonicMs() - begunAtMs > limitMs)
          throw new BenchError('FLASH_BUSY_TIMEOUT', { detail: { order: time, limitMs, status: reply } });
      } else {
        await this.#echo.settle();
        if (++damagedInRow >= ORDER_TRIES)
          throw new BenchError(reply === 'silent' ? 'SWS_NO_ANSWER' : 'SWS_READ_UNRELIABLE', {
            detail: { order: time },
          });
      }
    }
  }

  /** `writes` must leave a status byte in the data register. */
  async #ask(writes: readonly SwsWrite[]): Promise<Reply> {
    const owed = this.#owed;
    this.#owed = new Uint8Array();
    const reply = await this.#echo.ask(
      concat(owed, encodeWrites(writes), encodeReadHeader(REGISTER.flashData)),
    );
    this.#owed = encodeEnd();
    return reply;
  }

  async #flush(writes: readonly SwsWrite[], more: Uint8Array = new Uint8Array()): Promise<void> {
    const owed = this.#owed;
    this.#owed = new Uint8Array();
    await this.#echo.exchange(concat(owed, encodeWrites(writes), more));
  }
}
