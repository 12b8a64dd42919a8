import type { RunningPlug } from '../plug-firmware.ts';
import type { FileSink } from './multipart.ts';
import { freeSketchBytes, type Sketch } from './sketch.ts';
import { noteStaged, type UpdateFault } from './update-faults.ts';
import { ArduinoUpdater, UPDATE_ERROR } from './updater.ts';

/** A file of a form that goes straight to the updater, as the core's own update page does it. */
export class UpdateSink implements FileSink {
  private readonly plug: RunningPlug;
  private readonly sketch: Sketch;
  private readonly updater: ArduinoUpdater;

  constructor(plug: RunningPlug, sketch: Sketch) {
    this.plug = plug;
    this.sketch = sketch;
    this.updater = new ArduinoUpdater(plug, sketch);
  }

  /** Undefined: it was taken. */
  get errorText(): string | undefined {
    const { error } = this.updater;
    if (error === UPDATE_ERROR.none) return undefined;
    const text: Readonly<Record<number, string>> = {
      [UPDATE_ERROR.space]: 'Not Enough Space',
      [UPDATE_ERROR.flashConfig]: 'Flash config wrong',
      [UPDATE_ERROR.newFlashConfig]: `new Flash config wrong, real size: ${this.plug.chip.flashBytes}`,
      [UPDATE_ERROR.magic]: 'Magic byte is not 0xE9',
      [UPDATE_ERROR.noData]: 'No data supplied',
    };
    return `ERROR[${error}]: ${text[error] ?? 'UNKNOWN'}`;
  }

  async start(): Promise<void> {
    this.updater.begin((freeSketchBytes(this.sketch.sizeBytes) - 0x1000) & ~0xfff);
  }

  async block(bytes: Uint8Array, before: number): Promise<void> {
    await this.updater.write(bytes);
    if (before > 100_000 && this.plug.fault('drops-upload' satisfies UpdateFault))
      throw new Error('the connection breaks');
  }

  async end(): Promise<void> {
    if (await this.updater.end(true)) noteStaged(this.plug);
  }
}
