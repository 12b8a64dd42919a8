import { latin1, u32, words } from '../../bytes.ts';
import { FLASH_TIMES, SECTOR_BYTES } from '../chip/flash-times.ts';
import { flashMd5 } from './flash-digest.ts';
import { Inflater } from './inflater.ts';
import type { Loader, LoaderHost } from './loader.ts';
import { checksum, DATA_HEADER_BYTES, OP, parseRequest, response, type Request } from './packet.ts';
import { RamUpload } from './ram-upload.ts';
import { writeRegisters } from './registers.ts';

/** Reason bytes (reference section 2). */
const BAD_FORMAT = 0x05;
const NOT_RIGHT = 0x06;
const BAD_CHECKSUM = 0x07;
const WRITE_MISMATCH = 0x08;
const READ_LENGTH = 0x0a;
const INFLATE_FAILED = 0x0b;

const SYNC_REPLIES = 8;
const UNSUPPORTED_REPLIES = 8;
/** What the echo of an unknown op looks like: another op than was asked. */
const FOREIGN_OP = 0x00;
const SLOW_READ_BYTES = 64;
/** Time between MEM_END's reply and the greeting of the stub, ms. */
const STUB_START_MS = 10;
const BYTES_PER_MIB = 1_048_576;

/** Commands only the later ROM knows. */
const SINCE_ESP32: ReadonlySet<number> = new Set([
  OP.SPI_SET_PARAMS,
  OP.SPI_ATTACH,
  OP.READ_FLASH_SLOW,
  OP.CHANGE_BAUDRATE,
  OP.FLASH_DEFL_BEGIN,
  OP.FLASH_DEFL_DATA,
  OP.FLASH_DEFL_END,
  OP.SPI_FLASH_MD5,
]);

/** Result of one command: a reason to fail, or the body, the value and the time it takes. */
interface Done {
  readonly fails?: number;
  readonly value?: number;
  readonly body?: Uint8Array;
  readonly ms?: number;
  /** What happens once the reply is on its way. */
  readonly then?: (atMs: number) => void;
}
const fails = (reason: number): Done => ({ fails: reason });

interface RomWrite {
  offset: number;
  remaining: number;
  readonly inflater: Inflater | undefined;
}

/** The serial loader in the mask ROM of ESP8266 and ESP32, with their differences. */
export class RomLoader implements Loader {
  readonly kind = 'rom';
  readonly frameLimitBytes = 0x4000 + 64;
  private readonly host: LoaderHost;
  private readonly isEsp32: boolean;
  private readonly upload: RamUpload;
  private busyUntilMs = 0;
  /** The ESP32 leaves the last value in every reply. */
  private value = 0;
  private attached = false;
  private write: RomWrite | undefined;
  private syncsToMiss: number;
  private readonly runners: Readonly<Record<number, (request: Request) => Done | undefined>> = {
    [OP.FLASH_BEGIN]: (request) => this.flashBegin(request),
    [OP.FLASH_DATA]: (request) => this.flashData(request),
    [OP.FLASH_END]: (request) => this.flashEnd(request),
    [OP.MEM_BEGIN]: (request) => this.memBegin(request),
    [OP.MEM_DATA]: (request) => this.memData(request),
    [OP.MEM_END]: (request) => this.memEnd(request),
    [OP.WRITE_REG]: (request) => this.writeReg(request),
    [OP.READ_REG]: (request) => this.readReg(request),
    [OP.SPI_SET_PARAMS]: (request) => this.spiSetParams(request),
    [OP.SPI_ATTACH]: (request) => this.spiAttach(request),
    [OP.READ_FLASH_SLOW]: (request) => this.readFlashSlow(request),
    [OP.CHANGE_BAUDRATE]: (request) => this.changeBaudrate(request),
    [OP.FLASH_DEFL_BEGIN]: (request) => this.flashDeflBegin(request),
    [OP.FLASH_DEFL_DATA]: (request) => this.flashData(request),
    [OP.FLASH_DEFL_END]: (request) => this.flashEnd(request),
    [OP.SPI_FLASH_MD5]: (request) => this.spiFlashMd5(request),
  };

  constructor(host: LoaderHost, syncsToMiss: number) {
    this.host = host;
    this.isEsp32 = host.chip.family === 'esp32';
    this.upload = new RamUpload(host.chip.memory);
    this.syncsToMiss = syncsToMiss;
  }

  frame(payload: Uint8Array, atMs: number): void {
    const request = parseRequest(payload);
    if (request == null || request.direction !== 0) return;
    const startMs = Math.max(atMs, this.busyUntilMs);
    if (request.op === OP.SYNC) return this.sync(request, startMs);
    const done = this.run(request, startMs);
    if (done == null) return;
    this.busyUntilMs = startMs + (done.ms ?? 0);
    if (done.value != null) this.value = done.value;
    if (!this.host.losesReply(request.op))
      this.reply(request.op, done.body ?? new Uint8Array(), done.fails, this.busyUntilMs);
    done.then?.(this.busyUntilMs);
  }

  private reply(op: number, body: Uint8Array, reason: number | undefined, atMs: number): void {
    const status = new Uint8Array(this.isEsp32 ? 4 : 2);
    if (reason != null) status.set([1, reason]);
    this.host.send(response(op, this.value, reason == null ? body : new Uint8Array(), status), atMs);
    if (!this.isEsp32) this.value = 0;
  }

  private sync(request: Request, atMs: number): void {
    if (this.syncsToMiss > 0) {
      this.syncsToMiss--;
      return;
    }
    const measuredBaud = this.host.synced();
    if (measuredBaud != null) this.host.chip.uart.baudRate = measuredBaud;
    for (let count = 0; count < SYNC_REPLIES; count++) {
      this.value = u32(request.data, 0);
      this.reply(OP.SYNC, new Uint8Array(), undefined, atMs);
    }
  }

  private unsupported(atMs: number): void {
    for (let count = 0; count < UNSUPPORTED_REPLIES; count++)
      this.reply(FOREIGN_OP, new Uint8Array(), BAD_FORMAT, atMs);
  }

  /** Undefined: no reply is due. */
  private run(request: Request, atMs: number): Done | undefined {
    const { op, data } = request;
    const known = this.runners[op];
    if (known == null || (SINCE_ESP32.has(op) && !this.isEsp32)) {
      this.unsupported(atMs);
      return undefined;
    }
    if (request.size !== data.length) return fails(BAD_FORMAT);
    return known(request);
  }

  /** Checks a data packet; its payload, or why it is refused. */
  private payload({ data, checksum: expected }: Request): Uint8Array | Done {
    const payload = data.subarray(DATA_HEADER_BYTES);
    if (data.length < DATA_HEADER_BYTES || u32(data, 0) !== payload.length) return fails(BAD_FORMAT);
    return checksum(payload) === (expected & 0xff) ? payload : fails(BAD_CHECKSUM);
  }

  private memBegin({ data }: Request): Done {
    if (data.length !== 16) return fails(BAD_FORMAT);
    this.upload.begin(u32(data, 12));
    return {};
  }

  private memData(request: Request): Done {
    if (!this.upload.begun) return fails(BAD_FORMAT);
    const payload = this.payload(request);
    if (!(payload instanceof Uint8Array)) return payload;
    this.upload.data(payload);
    return {};
  }

  private memEnd({ data }: Request): Done {
    if (data.length !== 8) return fails(BAD_FORMAT);
    if (u32(data, 0) !== 0) return {};
    return {
      then: (atMs) => {
        const what = this.upload.whatStarts(this.host.chip.family);
        if (what === 'user-code') this.host.runUserCode();
        else this.host.startStub(what, atMs + this.host.cost(STUB_START_MS));
      },
    };
  }

  private writeReg({ data }: Request): Done {
    const delayMs = writeRegisters(this.host.chip.memory, data);
    return delayMs == null ? fails(BAD_FORMAT) : { ms: this.host.cost(delayMs) };
  }

  private readReg({ data }: Request): Done {
    return data.length === 4 ? { value: this.host.chip.memory.read(u32(data, 0)) } : fails(BAD_FORMAT);
  }

  private spiAttach({ data }: Request): Done {
    if (data.length !== 8) return fails(BAD_FORMAT);
    this.attached = true;
    return {};
  }

  private spiSetParams({ data }: Request): Done {
    return data.length === 24 ? {} : fails(BAD_FORMAT);
  }

  private changeBaudrate({ data }: Request): Done {
    const baudRate = u32(data, 0);
    if (data.length !== 8 || baudRate === 0) return fails(BAD_FORMAT);
    const { uart, romClockError } = this.host.chip;
    return { then: () => (uart.baudRate = baudRate / romClockError) };
  }

  private readFlashSlow({ data }: Request): Done {
    const length = u32(data, 4);
    if (data.length !== 8) return fails(BAD_FORMAT);
    if (length > SLOW_READ_BYTES) return fails(READ_LENGTH);
    if (!this.attached) return fails(NOT_RIGHT);
    const body = new Uint8Array(SLOW_READ_BYTES);
    body.set(this.host.chip.flash.read(u32(data, 0), length));
    this.host.wasRead(u32(data, 0), length);
    return { body };
  }

  private spiFlashMd5({ data }: Request): Done {
    if (data.length !== 16) return fails(BAD_FORMAT);
    if (!this.attached) return fails(NOT_RIGHT);
    const length = u32(data, 4);
    const { flash } = this.host.chip;
    flash.flush();
    const digest = Buffer.from(flashMd5(flash, u32(data, 0), length)).toString('hex');
    return {
      body: latin1(digest),
      ms: this.host.cost((length / BYTES_PER_MIB) * FLASH_TIMES.romMd5MsPerMib),
    };
  }

  private flashBegin(request: Request): Done {
    return this.begin(request, undefined);
  }

  private flashDeflBegin(request: Request): Done {
    return this.begin(request, new Inflater(u32(request.data, 0)));
  }

  /** Erases all of it, then replies; a fifth word is an error. */
  private begin({ data }: Request, inflater: Inflater | undefined): Done {
    if (data.length !== 16) return fails(BAD_FORMAT);
    const [size, blocks, blockSize, offset] = [u32(data, 0), u32(data, 4), u32(data, 8), u32(data, 12)];
    if (!this.isEsp32) this.attached = true;
    if (!this.attached && size > 0) return fails(NOT_RIGHT);
    const { flash } = this.host.chip;
    flash.unlock();
    const first = Math.floor(offset / SECTOR_BYTES);
    const count = this.isEsp32
      ? Math.ceil((offset + size) / SECTOR_BYTES) - first
      : esp8266RomErasedSectors(offset, size);
    flash.eraseSectors(first, Math.min(count, flash.sizeBytes / SECTOR_BYTES));
    const total = inflater ? size : blocks * blockSize;
    this.write = { offset, remaining: total, inflater };
    if (size > 0) this.host.writeBegan(total);
    return { ms: count * this.host.sectorEraseMs };
  }

  private flashData(request: Request): Done | undefined {
    const { write } = this;
    if (write == null) return fails(BAD_FORMAT);
    const payload = this.payload(request);
    if (!(payload instanceof Uint8Array)) return payload;
    let pieces: readonly Uint8Array[] = [payload];
    try {
      if (write.inflater) pieces = write.inflater.push(payload);
    } catch {
      return fails(INFLATE_FAILED);
    }
    let ms = 0;
    for (const piece of pieces) {
      const { flash } = this.host.chip;
      const data = piece.subarray(0, write.remaining);
      ms += this.host.cost(flash.program(write.offset, data) * FLASH_TIMES.pageProgramMs);
      const took = Buffer.from(flash.read(write.offset, data.length)).equals(data);
      write.offset += data.length;
      write.remaining -= data.length;
      if (!this.host.wrote(data.length)) return undefined;
      if (!took) return { fails: WRITE_MISMATCH, ms };
    }
    return { ms };
  }

  /** Either way the ROM leaves its loader: 0 restarts the chip, 1 goes on to what is in flash. */
  private flashEnd({ data }: Request): Done {
    if (data.length !== 4) return fails(BAD_FORMAT);
    this.host.chip.flash.flush();
    this.write = undefined;
    return {
      then: (atMs) => (u32(data, 0) === 0 ? this.host.softReset(atMs) : this.host.bootFromFlash(atMs)),
    };
  }
}

/**
 * How many sectors the ESP8266 ROM erases for a size it is told: it erases the sectors up to the next 64 KiB
 * border and does not subtract them from the rest (reference section 6).
 */
export function esp8266RomErasedSectors(offset: number, size: number): number {
  const told = Math.ceil(size / SECTOR_BYTES);
  const toBorder = 16 - (Math.floor(offset / SECTOR_BYTES) % 16);
  return told + Math.min(toBorder, told);
}

/** The greeting of a stub. */
export const OHAI = words(0x4941_484f);
