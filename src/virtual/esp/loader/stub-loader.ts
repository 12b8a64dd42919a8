import { u32 } from '../../bytes.ts';
import { FLASH_TIMES, SECTOR_BYTES } from '../../flash-chip/flash-times.ts';
import { flashMd5 } from './flash-digest.ts';
import { FlashSession } from './flash-session.ts';
import type { Loader, LoaderHost, StubVersion } from './loader.ts';
import { OP, parseRequest, response, type Request } from './packet.ts';
import { RamUpload } from './ram-upload.ts';
import { ReadStream } from './read-stream.ts';
import { writeRegisters } from './registers.ts';
import { STUB } from './stub-codes.ts';
import { StubData } from './stub-data.ts';

/** Stub v1 folds any failure of these commands into this one code. */
const V1_FAILED = 0x01;
const SYNC_REPLIES = 8;
const MAX_BLOCK_BYTES = 0x4000;
const MAX_PACKET_BYTES = 0x1000;
const BYTES_PER_MIB = 1_048_576;
/** Time v1 takes from its reply to a restart, ms. */
const REBOOT_DELAY_MS = 10;

interface Done {
  readonly code?: number;
  readonly value?: number;
  readonly body?: Uint8Array;
  /** Time before the reply, ms. */
  readonly ms?: number;
  /** Work that follows the reply; returns how long it takes, ms. */
  readonly then?: (atMs: number) => number | void;
}
const code = (value: number): Done => ({ code: value });

/**
 * The stub loaders as their sources have them: v2 (esp-flasher-stub) and v1 (the older one). Both acknowledge a
 * data block as soon as it is whole and right, and write it while the next one comes in.
 */
export class StubLoader implements Loader {
  readonly kind = 'stub';
  readonly frameLimitBytes: number;
  private readonly host: LoaderHost;
  private readonly version: StubVersion;
  private readonly upload: RamUpload;
  private readonly data: StubData;
  private session: FlashSession | undefined;
  private stream: ReadStream | undefined;
  private busyUntilMs = 0;
  /** What runs each command, and how long its data must be. */
  private readonly runners: Readonly<
    Record<number, readonly [(request: Request) => Done, number?] | undefined>
  > = {
    [OP.SYNC]: [() => this.sync(), 36],
    [OP.FLASH_BEGIN]: [(request) => this.flashBegin(request)],
    [OP.FLASH_DATA]: [(request) => this.flashData(request)],
    [OP.FLASH_END]: [(request) => this.flashEnd(request)],
    [OP.FLASH_DEFL_BEGIN]: [(request) => this.flashDeflBegin(request)],
    [OP.FLASH_DEFL_DATA]: [(request) => this.flashData(request)],
    [OP.FLASH_DEFL_END]: [(request) => this.flashEnd(request)],
    [OP.MEM_BEGIN]: [(request) => this.memBegin(request), 16],
    [OP.MEM_DATA]: [(request) => this.memData(request)],
    [OP.MEM_END]: [(request) => this.memEnd(request), 8],
    [OP.WRITE_REG]: [(request) => this.writeReg(request)],
    [OP.READ_REG]: [(request) => this.readReg(request), 4],
    [OP.SPI_SET_PARAMS]: [() => this.accepted(), 24],
    [OP.SPI_ATTACH]: [() => this.accepted(), 4],
    [OP.CHANGE_BAUDRATE]: [(request) => this.changeBaudrate(request), 8],
    [OP.SPI_FLASH_MD5]: [(request) => this.spiFlashMd5(request), 16],
    [OP.GET_SECURITY_INFO]: [() => this.getSecurityInfo(), 0],
    [OP.ERASE_FLASH]: [() => this.eraseFlash()],
    [OP.ERASE_REGION]: [(request) => this.eraseRegion(request), 8],
    [OP.READ_FLASH]: [(request) => this.readFlash(request), 16],
  };

  constructor(host: LoaderHost, version: StubVersion) {
    this.host = host;
    this.version = version;
    this.frameLimitBytes = version === 2 ? 8 + MAX_BLOCK_BYTES + 0xff : MAX_BLOCK_BYTES + 64;
    this.upload = new RamUpload(host.chip.memory);
    this.data = new StubData(host, version);
  }

  frame(payload: Uint8Array, atMs: number): void {
    const startMs = Math.max(atMs, this.busyUntilMs);
    if (this.stream) {
      if (this.stream.acknowledged(payload, startMs)) this.stream = undefined;
      return;
    }
    const request = parseRequest(payload);
    if (request == null) return;
    if (request.op === OP.RUN_USER_CODE && request.direction === 0) {
      // Not implemented in v2: swallowed. No version replies.
      if (this.version === 1) this.host.bootFromFlash(startMs);
      return;
    }
    const done = this.run(request);
    let freeMs = startMs + (done.ms ?? 0);
    const replies = request.op === OP.SYNC && (done.code ?? 0) === 0 ? SYNC_REPLIES : 1;
    if (!this.host.losesReply(request.op))
      for (let count = 0; count < replies; count++) this.reply(request.op, done, freeMs);
    freeMs += done.then?.(freeMs) ?? 0;
    this.busyUntilMs = freeMs;
  }

  private reply(op: number, done: Done, atMs: number): void {
    const failed = done.code != null && done.code !== STUB.OK;
    const body = failed || done.body == null ? new Uint8Array() : done.body;
    const status = Uint8Array.of(done.code ?? STUB.OK, 0);
    this.host.send(response(op, failed ? 0 : (done.value ?? 0), body, status), atMs);
  }

  private run(request: Request): Done {
    if (this.version === 2) {
      if (request.direction !== 0) return code(STUB.INVALID_COMMAND);
      if (request.size !== request.data.length) return code(STUB.BAD_LENGTH);
      const kept = this.data.takeKeptError();
      if (kept != null) return code(kept);
    } else if (request.size > MAX_BLOCK_BYTES + 16) return code(STUB.BAD_LENGTH);
    const known = this.runners[request.op];
    if (known == null) return code(this.version === 2 ? STUB.INVALID_COMMAND : STUB.NOT_IMPLEMENTED);
    const [runner, length] = known;
    if (length != null && request.data.length !== length) return code(STUB.BAD_LENGTH);
    return runner(request);
  }

  private sync(): Done {
    return {};
  }

  private flashBegin(request: Request): Done {
    return this.begin(request, false);
  }

  private flashDeflBegin(request: Request): Done {
    return this.begin(request, true);
  }

  private begin({ data }: Request, compressed: boolean): Done {
    if (data.length !== 16 && data.length !== 20) return code(STUB.BAD_LENGTH);
    const [size, blocks, blockSize, offset] = [u32(data, 0), u32(data, 4), u32(data, 8), u32(data, 12)];
    if (this.version === 1 && blockSize > MAX_BLOCK_BYTES) return code(STUB.BAD_BLOCK_SIZE);
    this.host.chip.flash.unlock();
    this.session = new FlashSession(this.host, offset, size, this.version === 2);
    this.data.begin(this.session, compressed ? blocks * blockSize : undefined);
    return {};
  }

  private flashData(request: Request): Done {
    const refused = this.data.refuses(request, this.session);
    if (refused != null) return code(refused);
    return { then: () => this.data.write(request) };
  }

  private flashEnd({ data }: Request): Done {
    if (this.version === 2 && data.length !== 4) return code(STUB.BAD_LENGTH);
    if (this.session == null) return code(STUB.NOT_IN_FLASH_MODE);
    if (this.session.remaining !== 0)
      return code(this.version === 2 ? STUB.BAD_LENGTH : STUB.NOT_ENOUGH_DATA);
    this.session = undefined;
    this.host.chip.flash.flush();
    const error = this.version === 1 ? this.data.lastError : undefined;
    if (error != null) return code(error);
    // v2 leaves the restart undone.
    if (this.version === 2 || u32(data, 0) !== 0) return {};
    return { then: (atMs) => this.host.softReset(atMs + this.host.cost(REBOOT_DELAY_MS)) };
  }

  private memBegin({ data }: Request): Done {
    this.upload.begin(u32(data, 12));
    return {};
  }

  private memData({ data }: Request): Done {
    if (data.length < 16) return code(STUB.NOT_ENOUGH_DATA);
    if (!this.upload.begun) return code(STUB.NOT_IN_FLASH_MODE);
    if (this.version === 2 && u32(data, 0) !== data.length - 16) return code(STUB.TOO_MUCH_DATA);
    this.upload.data(data.subarray(16));
    return {};
  }

  private memEnd({ data }: Request): Done {
    if (!this.upload.begun) return this.version === 2 ? code(STUB.NOT_IN_FLASH_MODE) : {};
    const runs = this.version === 2 ? u32(data, 0) === 0 : u32(data, 4) !== 0;
    if (!runs) return {};
    return {
      then: (atMs) => {
        const what = this.upload.whatStarts(this.host.chip.family);
        if (what === 'user-code') this.host.runUserCode();
        else this.host.startStub(what, atMs);
      },
    };
  }

  private writeReg({ data }: Request): Done {
    const delayMs = writeRegisters(this.host.chip.memory, data);
    if (delayMs != null) return { ms: this.host.cost(delayMs) };
    return code(this.version === 2 ? STUB.NOT_ENOUGH_DATA : STUB.BAD_LENGTH);
  }

  private readReg({ data }: Request): Done {
    return { value: this.host.chip.memory.read(u32(data, 0)) };
  }

  private accepted(): Done {
    return {};
  }

  /** v2 takes the new rate as it is; v1 scales its divider by the old one it is told. */
  private changeBaudrate({ data }: Request): Done {
    const { uart } = this.host.chip;
    const [wanted, told] = [u32(data, 0), u32(data, 4)];
    const baudRate = this.version === 2 ? wanted : (uart.baudRate * wanted) / told;
    return {
      then: () => {
        if (Number.isFinite(baudRate) && baudRate > 0) uart.baudRate = baudRate;
      },
    };
  }

  /** Only later chips have it. */
  private getSecurityInfo(): Done {
    return code(STUB.NOT_IMPLEMENTED);
  }

  private spiFlashMd5({ data }: Request): Done {
    const { flash } = this.host.chip;
    const length = u32(data, 4);
    flash.flush();
    return {
      body: flashMd5(flash, u32(data, 0), length),
      ms: this.host.cost((length / BYTES_PER_MIB) * FLASH_TIMES.stubMd5MsPerMib),
    };
  }

  private eraseFlash(): Done {
    const { flash } = this.host.chip;
    const sectors = flash.sizeBytes / SECTOR_BYTES;
    flash.unlock();
    flash.eraseChip();
    flash.flush();
    // As a sector erase, by the ratio of a whole-chip erase to it.
    const ratio = FLASH_TIMES.chipEraseMsPerSector / FLASH_TIMES.sectorEraseMs;
    return { ms: sectors * this.host.sectorEraseMs * ratio };
  }

  private eraseRegion({ data }: Request): Done {
    const [offset, size] = [u32(data, 0), u32(data, 4)];
    if (offset % SECTOR_BYTES !== 0 || size % SECTOR_BYTES !== 0)
      return code(this.version === 2 ? STUB.BAD_LENGTH : V1_FAILED);
    const { flash } = this.host.chip;
    const sectors = Math.min(size, flash.sizeBytes) / SECTOR_BYTES;
    flash.unlock();
    flash.eraseSectors(offset / SECTOR_BYTES, sectors);
    flash.flush();
    return { ms: sectors * this.host.sectorEraseMs };
  }

  private readFlash({ data }: Request): Done {
    const [offset, length, packetBytes, inFlight] = [u32(data, 0), u32(data, 4), u32(data, 8), u32(data, 12)];
    return {
      then: (atMs) => {
        if (packetBytes > MAX_PACKET_BYTES) {
          // v1 just goes on; v2 tells it with the next command.
          if (this.version === 2) this.data.keepError(STUB.BAD_LENGTH);
          return;
        }
        const stream = new ReadStream(this.host, this.version, { offset, length, packetBytes, inFlight });
        if (!stream.start(atMs)) this.stream = stream;
      },
    };
  }
}
