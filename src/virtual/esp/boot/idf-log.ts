import type { BootPrinter } from './boot-script.ts';
import { imageHolds, type ParsedImage } from './image.ts';

const COLOURS = { I: '0;32', W: '0;33', E: '0;31' } as const;

/** Prints lines as ESP-IDF logs them; in colour only if the image that logs has the colours in it. */
export class IdfLog {
  private readonly printer: BootPrinter;
  private readonly coloured: boolean;
  private stamp: number;

  /** `startMs`: the first time stamp. */
  constructor(printer: BootPrinter, image: ParsedImage, startMs: number) {
    this.printer = printer;
    this.coloured = imageHolds(image, '\u001b[0;32mI (');
    this.stamp = startMs;
  }

  line(level: keyof typeof COLOURS, tag: string, text: string): void {
    const line = `${level} (${this.stamp}) ${tag}: ${text}`;
    this.printer.line(this.coloured ? `\u001b[${COLOURS[level]}m${line}\u001b[0m` : line);
    // A line of sixty characters takes about this long at 115200 baud.
    this.stamp += 5;
  }

  info(tag: string, text: string): void {
    this.line('I', tag, text);
  }

  error(tag: string, text: string): void {
    this.line('E', tag, text);
  }

  get now(): number {
    return this.stamp;
  }
}
