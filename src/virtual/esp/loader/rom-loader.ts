import { latin1, u32, words } from '../../bytes.ts';
import { FLASH_TIMES, SECTOR_BYTES } from '../../flash-chip/flash-times.ts';
import { BlockSequence, ROM_REASON } from './block-sequence.ts';
import { flashMd5 } from './flash-digest.ts';
import type { Loader, LoaderHost } from './loader.ts';
import {
  checksum,
  DATA_HEADER_BYTES,
  HEADER_BYTES,
  OP,
  parseRequest,
  response,
  type Request,
} from './packet.ts';
import { RamUpload } from './ram-upload.ts';
import { DeflatedRomWrite, PlainRomWrite, type RomWrite } from './rom-write.ts';
import { writeRegisters } from './registers.ts';

const { BAD_FORMAT, NOT_RIGHT, BAD_CHECKSUM, READ_FAILED, READ_LENGTH } = ROM_REASON;

const SYNC_REPLIES = 8;
const UNSUPPORTED_REPLIES = 8;
/** What the ESP8266 echoes for an unknown op: another op than was asked. */
const FOREIGN_OP = 0x00;
const SLOW_READ_BYTES = 64;
const MD5_TEXT_BYTES = 32;
/** Size of the flash as the ESP32 ROM takes it to be until SPI_SET_PARAMS tells, bytes. */
const DEFAULT_FLASH_BYTES = 0x20_0000;
/** The ESP32 ROM takes blocks shorter than this, bytes. */
const BLOCK_LIMIT_BYTES = 0x2000;
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

/** Where the status of the ESP32 stands behind a body; with a failure too the body has its full length. */
const BODY_BYTES: Readonly<Record<number, number | undefined>> = {
  [OP.READ_FLASH_SLOW]: SLOW_READ_BYTES,
  [OP.SPI_FLASH_MD5]: MD5_TEXT_BYTES,
};

/** Commands of the ESP32 that leave the reason of an earlier failure in the second status byte when they succeed. */
const KEEPS_REASON: ReadonlySet<number> = new Set([
  OP.FLASH_BEGIN,
  OP.FLASH_DATA,
  OP.FLASH_END,
  OP.MEM_BEGIN,
  OP.MEM_DATA,
  OP.MEM_END,
  OP.SPI_SET_PARAMS,
  OP.FLASH_DEFL_BEGIN,
  OP.FLASH_DEFL_DATA,
  OP.FLASH_DEFL_END,
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
  /** Op of the last reply. */
  private lastOp: number = FOREIGN_OP;
  /** Buffers of the ESP32: what earlier packets left shows through short ones. */
  private readonly received: Uint8Array;
  private readonly outgoing = new Uint8Array(SLOW_READ_BYTES + 4);
  private lastReason = 0;
  private attached = false;
  private flashBytes = DEFAULT_FLASH_BYTES;
  private write: RomWrite | undefined;
  private flashBlocks: BlockSequence | undefined;
  private memoryBlocks: BlockSequence | undefined;
  private syncsToMiss: number;
  private readonly runners: Readonly<Record<number, (request: Request) => Done | undefined>> = {
    [OP.FLASH_BEGIN]: (request) => this.begin(request),
    [OP.FLASH_DATA]: (request) => this.flashData(request),
    [OP.FLASH_END]: (request) => this.flashEnd(request),
    [OP.MEM_BEGIN]: (request) => this.memBegin(request),
    [OP.MEM_DATA]: (request) => this.memData(request),
    [OP.MEM_END]: (request) => this.memEnd(request),
    [OP.WRITE_REG]: (request) => this.writeReg(request),
    [OP.READ_REG]: (request) => this.readReg(request),
    [OP.SPI_SET_PARAMS]: (request) => this.spiSetParams(request),
    [OP.SPI_ATTACH]: () => this.spiAttach(),
    [OP.READ_FLASH_SLOW]: (request) => this.readFlashSlow(request),
    [OP.CHANGE_BAUDRATE]: (request) => this.changeBaudrate(request),
    [OP.FLASH_DEFL_BEGIN]: (request) => this.begin(request),
    [OP.FLASH_DEFL_DATA]: (request) => this.flashData(request),
    [OP.FLASH_DEFL_END]: () => this.flashDeflEnd(),
    [OP.SPI_FLASH_MD5]: (request) => this.spiFlashMd5(request),
  };

  constructor(host: LoaderHost, syncsToMiss: number) {
    this.host = host;
    this.isEsp32 = host.chip.family === 'esp32';
    this.upload = new RamUpload(host.chip.memory);
    this.syncsToMiss = syncsToMiss;
    this.received = new Uint8Array(this.frameLimitBytes);
  }

  frame(payload: Uint8Array, atMs: number): void {
    this.received.set(payload);
    const request = this.isEsp32 ? this.esp32Request(payload) : parseRequest(payload);
    if (request == null || (request.direction !== 0 && !this.isEsp32)) return;
    const startMs = Math.max(atMs, this.busyUntilMs);
    if (request.op === OP.SYNC && request.direction === 0) return this.sync(request, startMs);
    const done = this.run(request, startMs);
    if (done == null) return;
    this.busyUntilMs = startMs + (done.ms ?? 0);
    if (done.value != null) this.value = done.value;
    if (!this.host.losesReply(request.op)) this.reply(request.op, done.body, done.fails, this.busyUntilMs);
    done.then?.(this.busyUntilMs);
  }

  /** The ESP32 never looks at the size a header claims, and takes a short frame with what was there before. */
  private esp32Request(frame: Uint8Array): Request | undefined {
    const { received } = this;
    return parseRequest(received.subarray(0, Math.max(frame.length, HEADER_BYTES)));
  }

  private reply(op: number, body: Uint8Array | undefined, reason: number | undefined, atMs: number): void {
    if (this.isEsp32) return this.esp32Reply(op, body, reason, atMs);
    const status = Uint8Array.of(reason == null ? 0 : 1, reason ?? 0);
    this.host.send(response(op, this.value, new Uint8Array(), status), atMs);
    this.value = 0;
  }

  /** Writes only what it must into its buffer: the third and fourth status byte are left over, and a body that failed. */
  private esp32Reply(
    op: number,
    body: Uint8Array | undefined,
    reason: number | undefined,
    atMs: number,
  ): void {
    const { outgoing } = this;
    const statusAt = BODY_BYTES[op] ?? 0;
    if (body && reason == null) outgoing.set(body);
    if (reason != null) this.lastReason = reason;
    else if (!KEEPS_REASON.has(op)) this.lastReason = 0;
    outgoing.set([reason == null ? 0 : 1, this.lastReason], statusAt);
    this.lastOp = op;
    this.host.send(response(op, this.value, outgoing.subarray(0, statusAt + 4), new Uint8Array()), atMs);
  }

  private sync(request: Request, atMs: number): void {
    if (this.syncsToMiss > 0) {
      this.syncsToMiss--;
      return;
    }
    const measuredBaud = this.host.synced();
    if (measuredBaud != null) this.host.chip.uart.baudRate = measuredBaud;
    for (let count = 0; count < SYNC_REPLIES; count++) {
      this.value = u32(this.isEsp32 ? this.received.subarray(HEADER_BYTES) : request.data, 0);
      this.reply(OP.SYNC, undefined, undefined, atMs);
    }
  }

  /** The ESP32 sends its last answer again, with this failure: all eight of them after a SYNC. */
  private unsupported(atMs: number): void {
    const replies = this.isEsp32 && this.lastOp !== OP.SYNC ? 1 : UNSUPPORTED_REPLIES;
    for (let count = 0; count < replies; count++) this.reply(this.lastOp, undefined, BAD_FORMAT, atMs);
  }

  /** Undefined: no reply is due. */
  private run(request: Request, atMs: number): Done | undefined {
    const { op, data } = request;
    const known = this.runners[op];
    if (known == null || request.direction !== 0 || (SINCE_ESP32.has(op) && !this.isEsp32)) {
      this.unsupported(atMs);
      return undefined;
    }
    if (!this.isEsp32 && request.size !== data.length) return fails(BAD_FORMAT);
    return known(request);
  }

  /** Checks a data packet; its payload, or why it is refused. */
  private payload({ data, checksum: expected }: Request, blocks: BlockSequence): Uint8Array | Done {
    if (this.isEsp32) {
      const taken = blocks.take(this.received);
      return taken instanceof Uint8Array ? taken : fails(taken);
    }
    const payload = data.subarray(DATA_HEADER_BYTES);
    if (data.length < DATA_HEADER_BYTES || u32(data, 0) !== payload.length) return fails(BAD_FORMAT);
    return checksum(payload) === (expected & 0xff) ? payload : fails(BAD_CHECKSUM);
  }

  private memBegin({ data }: Request): Done {
    if (data.length !== 16) return fails(BAD_FORMAT);
    this.upload.begin(u32(data, 12));
    this.memoryBlocks = new BlockSequence(u32(data, 8));
    return {};
  }

  private memData(request: Request): Done {
    if (this.memoryBlocks == null) return fails(BAD_FORMAT);
    const payload = this.payload(request, this.memoryBlocks);
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
    if (!this.isEsp32 && data.length !== 4) return fails(BAD_FORMAT);
    return { value: this.host.chip.memory.read(u32(this.received, HEADER_BYTES)) };
  }

  private spiAttach(): Done {
    this.attached = true;
    return {};
  }

  private spiSetParams({ data }: Request): Done {
    if (data.length !== 24) return fails(BAD_FORMAT);
    this.flashBytes = u32(data, 4);
    return {};
  }

  private changeBaudrate({ data }: Request): Done {
    const baudRate = u32(data, 0);
    if (data.length !== 8 || baudRate === 0) return fails(BAD_FORMAT);
    const { uart, romClockError } = this.host.chip;
    return { then: () => (uart.baudRate = baudRate / romClockError) };
  }

  private readFlashSlow({ data }: Request): Done {
    const [offset, length] = [u32(data, 0), u32(data, 4)];
    if (data.length !== 8) return fails(BAD_FORMAT);
    if (length > SLOW_READ_BYTES) return fails(READ_LENGTH);
    if (offset + length > this.flashBytes) return fails(READ_FAILED);
    this.host.wasRead(offset, length);
    return { body: this.host.chip.flash.read(offset, length) };
  }

  private spiFlashMd5({ data }: Request): Done {
    if (data.length !== 16) return fails(BAD_FORMAT);
    const length = u32(data, 4);
    if (u32(data, 0) + length > this.flashBytes) return fails(READ_FAILED);
    const { flash } = this.host.chip;
    flash.flush();
    const digest = Buffer.from(flashMd5(flash, u32(data, 0), length)).toString('hex');
    return {
      body: latin1(digest),
      ms: this.host.cost((length / BYTES_PER_MIB) * FLASH_TIMES.romMd5MsPerMib),
    };
  }

  /** Erases all of it, then replies; a fifth word is an error. */
  private begin({ op, data }: Request): Done {
    if (data.length !== 16) return fails(BAD_FORMAT);
    const [size, blocks, blockSize, offset] = [u32(data, 0), u32(data, 4), u32(data, 8), u32(data, 12)];
    const { flash } = this.host.chip;
    const first = Math.floor(offset / SECTOR_BYTES);
    let sectors = esp8266RomErasedSectors(offset, size);
    if (this.isEsp32) {
      if (blockSize >= BLOCK_LIMIT_BYTES) return fails(BAD_FORMAT);
      if (!this.attached || offset % SECTOR_BYTES !== 0 || offset + size > this.flashBytes)
        return fails(NOT_RIGHT);
      sectors = Math.ceil(size / SECTOR_BYTES);
    }
    flash.unlock();
    flash.eraseSectors(first, Math.min(sectors, flash.sizeBytes / SECTOR_BYTES));
    const { host } = this;
    this.write =
      op === OP.FLASH_DEFL_BEGIN
        ? new DeflatedRomWrite(host, offset, size, blocks)
        : new PlainRomWrite(host, offset, size);
    this.flashBlocks = new BlockSequence(blockSize);
    // The size told to an ESP8266 may be less than what is to be written, for what it erases too much.
    host.writeBegan(op === OP.FLASH_BEGIN && size > 0 ? blocks * blockSize : size);
    return { ms: sectors * host.sectorEraseMs };
  }

  private flashData(request: Request): Done | undefined {
    const { write, flashBlocks } = this;
    if (write == null || flashBlocks == null) return fails(BAD_FORMAT);
    const payload = this.payload(request, flashBlocks);
    if (!(payload instanceof Uint8Array)) return payload;
    return write.block(payload, u32(request.data, 4));
  }

  /** Either way the ROM leaves its loader: 0 restarts the chip, 1 goes on to what is in flash. */
  private flashEnd({ data }: Request): Done {
    if (!this.isEsp32 && data.length !== 4) return fails(BAD_FORMAT);
    this.host.chip.flash.flush();
    const incomplete = this.isEsp32 && this.write?.complete !== true;
    this.write = undefined;
    return {
      ...(incomplete ? fails(NOT_RIGHT) : {}),
      then: (atMs) => (u32(data, 0) === 0 ? this.host.softReset(atMs) : this.host.bootFromFlash(atMs)),
    };
  }

  /** Stays in the loader whatever it is told. */
  private flashDeflEnd(): Done {
    this.host.chip.flash.flush();
    this.write = undefined;
    return {};
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
