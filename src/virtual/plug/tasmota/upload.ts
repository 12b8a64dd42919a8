import { freeSketchBytes, headerFlashBytes } from '../arduino/sketch.ts';
import type { FileSink } from '../arduino/multipart.ts';
import type { TasmotaFault } from './faults.ts';
import { isCompatible } from './build.ts';
import { SETTINGS_BYTES } from './settings-layout.ts';
import type { TasmotaUnit } from './unit.ts';

/** What the next upload is taken for; the page that was asked for last decides. */
export type UploadKind = 'firmware' | 'settings';

/** Verdicts at the end of an upload are forced from here on, those before it with the first block. */
const VERDICTS_AT_END = new Set([6, 7, 8, 14]);

/**
 * The upload page's work (reference sections 5.1 to 5.3). Neither kind nor error is the request's own: both stay until
 * another page changes them, as in the web server they were read from.
 */
export class TasmotaUpload implements FileSink {
  kind: UploadKind = 'firmware';
  /** Of 5.2; 0: none. Cleared when the result page has shown it. */
  error = 0;
  private readonly unit: TasmotaUnit;
  private settingsFile = new Uint8Array(SETTINGS_BYTES);
  private isIgnored = false;
  private forced = 0;

  constructor(unit: TasmotaUnit) {
    this.unit = unit;
  }

  async start(fileName: string): Promise<void> {
    this.isIgnored = this.error !== 0;
    if (this.isIgnored) return;
    this.forced = this.forcedError();
    if (fileName === '' || this.forced === 1) return this.fail(1);
    this.unit.print(`UPL: File ${fileName}`);
    await this.unit.settings.pin();
  }

  async block(bytes: Uint8Array, before: number): Promise<void> {
    if (this.isIgnored || this.error !== 0) return;
    if (before === 0 && this.forced !== 0 && !VERDICTS_AT_END.has(this.forced)) return this.fail(this.forced);
    if (this.kind === 'settings') {
      if (before + bytes.length > SETTINGS_BYTES) return this.fail(9);
      if (before === 0) this.settingsFile = new Uint8Array(SETTINGS_BYTES);
      this.settingsFile.set(bytes, before);
      return;
    }
    const { updater, plug } = this.unit;
    if (before === 0 && !this.begin(bytes)) return;
    if ((await updater.write(bytes)) !== bytes.length) return this.fail(5);
    if (before > 100_000 && plug.fault('drops-upload' satisfies TasmotaFault))
      throw new Error('the connection breaks');
  }

  async end(totalBytes: number): Promise<void> {
    if (this.isIgnored || this.error !== 0) return;
    const { updater, settings, plug, build } = this.unit;
    if (this.kind === 'settings') {
      if (this.forced !== 0) return this.fail(this.forced);
      if (!settings.restore(this.settingsFile)) return this.fail(8);
    } else {
      if (this.forced !== 0) return this.fail(this.forced);
      if (!(await updater.end(true))) return this.fail(6);
      const { source, size } = plug.rtc.command!;
      const staged = plug.flash.subarray(source, source + size);
      if (build.checksMarker && settings.option(78) !== 1 && !isCompatible(staged)) {
        delete plug.rtc.command;
        return this.fail(14);
      }
      await this.unit.updateStaged();
    }
    this.unit.print(`UPL: Successful ${totalBytes} bytes`);
  }

  /** The connection broke in the middle. */
  abort(): void {
    if (!this.isIgnored) this.fail(7);
  }

  private begin(first: Uint8Array): boolean {
    const { updater, plug, build, sketch } = this.unit;
    const [magic, , , size] = first;
    const isPlain = magic === 0xe9;
    if (!isPlain && !(magic === 0x1f && build.takesGzip)) this.error = 3;
    else if (isPlain && (headerFlashBytes(size! >>> 4) ?? 0) > plug.chip.flashBytes) this.error = 4;
    else {
      const room = freeSketchBytes(sketch.sizeBytes) - 0x1000;
      if (!updater.begin(room & ~0xfff)) this.error = 2;
    }
    return this.error === 0;
  }

  private fail(error: number): void {
    this.error = error;
    this.unit.print(`UPL: Upload error ${error}`);
    this.unit.updater.forget();
  }

  private forcedError(): number {
    for (let error = 1; error <= 14; error++) if (this.unit.plug.fault(`upload-error-${error}`)) return error;
    return 0;
  }
}
