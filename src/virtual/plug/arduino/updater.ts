import { createHash, type Hash } from 'node:crypto';
import type { RunningPlug } from '../plug-firmware.ts';
import { freeSketchBytes, headerFlashBytes, STAGING_END, wholeSectors, type Sketch } from './sketch.ts';

/** Codes of the Arduino core's updater, as its own web page shows them (reference section 0). */
export const UPDATE_ERROR = {
  none: 0,
  space: 4,
  size: 5,
  stream: 6,
  md5: 7,
  flashConfig: 8,
  newFlashConfig: 9,
  magic: 10,
  noData: 13,
} as const;

const SECTOR_BYTES = 4096;
const PLAIN = 0xe9;
const GZIP = 0x1f;

/**
 * The updater of the Arduino core: stages an image below the file system and leaves the boot loader a command. Only the
 * header of what it takes is looked at.
 */
export class ArduinoUpdater {
  private readonly plug: RunningPlug;
  private readonly sketch: Sketch;
  private sizeBytes = 0;
  private start = 0;
  private at = 0;
  private buffer = new Uint8Array(SECTOR_BYTES);
  private buffered = 0;
  private md5: Hash = createHash('md5');
  private wantedMd5: string | undefined;
  private code: number = UPDATE_ERROR.none;

  constructor(plug: RunningPlug, sketch: Sketch) {
    this.plug = plug;
    this.sketch = sketch;
  }

  /** One of UPDATE_ERROR; stays until the next `begin`. */
  get error(): number {
    return this.code;
  }

  get isRunning(): boolean {
    return this.sizeBytes > 0;
  }

  /** Staged so far. */
  get progressBytes(): number {
    return this.at - this.start;
  }

  /** Whether there is room for `sizeBytes`, which decide where the image is staged: it would end at the file system. */
  begin(sizeBytes: number): boolean {
    if (this.isRunning) return false;
    this.code = UPDATE_ERROR.none;
    this.wantedMd5 = undefined;
    if (sizeBytes <= 0) return this.fail(UPDATE_ERROR.size);
    if ((headerFlashBytes(this.sketch.sizeId) ?? Infinity) > this.plug.chip.flashBytes)
      return this.fail(UPDATE_ERROR.flashConfig);
    const start = STAGING_END - wholeSectors(sizeBytes);
    if (start < STAGING_END - freeSketchBytes(this.sketch.sizeBytes)) return this.fail(UPDATE_ERROR.space);
    this.sizeBytes = sizeBytes;
    this.start = start;
    this.at = start;
    this.buffered = 0;
    this.md5 = createHash('md5');
    return true;
  }

  /** Hex; what does not have 32 digits is refused. */
  setMd5(hex: string): boolean {
    if (hex.length !== 32) return false;
    this.wantedMd5 = hex.toLowerCase();
    return true;
  }

  /** How many bytes it took: all or none. */
  async write(bytes: Uint8Array): Promise<number> {
    if (this.code !== UPDATE_ERROR.none || !this.isRunning) return 0;
    if (this.progressBytes + this.buffered + bytes.length > this.sizeBytes) {
      this.code = UPDATE_ERROR.space;
      return 0;
    }
    for (let taken = 0; taken < bytes.length;) {
      const piece = bytes.subarray(taken, taken + SECTOR_BYTES - this.buffered);
      this.buffer.set(piece, this.buffered);
      this.buffered += piece.length;
      taken += piece.length;
      if (this.buffered === SECTOR_BYTES) await this.writeBuffer();
    }
    return bytes.length;
  }

  /** With `evenIfRemaining` what has come is the whole image. True: the boot loader will copy it. */
  async end(evenIfRemaining = false): Promise<boolean> {
    if (!this.isRunning) return false;
    const isFinished = this.progressBytes + this.buffered === this.sizeBytes;
    if (this.code !== UPDATE_ERROR.none || (!isFinished && !evenIfRemaining)) return this.abandon();
    await this.writeBuffer();
    if (this.progressBytes === 0) return this.abandon(UPDATE_ERROR.noData);
    if (this.wantedMd5 != null && this.md5.digest('hex') !== this.wantedMd5)
      return this.abandon(UPDATE_ERROR.md5);
    const [magic, , , size] = this.plug.flash.subarray(this.start, this.start + 4);
    if (magic !== PLAIN && magic !== GZIP) return this.abandon(UPDATE_ERROR.magic);
    if (magic === PLAIN && (headerFlashBytes(size! >>> 4) ?? 0) > this.plug.chip.flashBytes)
      return this.abandon(UPDATE_ERROR.newFlashConfig);
    this.plug.rtc.command = { source: this.start, destination: 0, size: this.progressBytes };
    this.plug.log(`staged ${this.progressBytes} bytes at 0x${this.start.toString(16)} for the boot loader`);
    this.sizeBytes = 0;
    return true;
  }

  /** What was taken so far is not to be run. */
  forget(): void {
    this.sizeBytes = 0;
    this.buffered = 0;
  }

  private async writeBuffer(): Promise<void> {
    if (this.buffered === 0) return;
    const bytes = this.buffer.slice(0, this.buffered);
    this.md5.update(bytes);
    // Seen in the core: the first sector of a plain image gets the mode that runs now; what is in a gzip keeps its own.
    if (this.at === this.start && bytes[0] === PLAIN && bytes.length > 2) bytes[2] = this.sketch.mode;
    const at = this.at;
    this.at += this.buffered;
    this.buffered = 0;
    await this.plug.write(at, bytes);
  }

  private abandon(code: number = this.code): false {
    this.forget();
    return this.fail(code);
  }

  private fail(code: number): false {
    this.code = code;
    return false;
  }
}
