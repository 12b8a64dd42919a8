import { createPracticeBench } from '../../../../src/virtual/create-practice-bench.ts';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { parseLinks } from '../../../../src/core/link.ts';
import type { PracticePort } from '../../../../src/virtual/practice-bench.ts';
import { ManualClock, settle } from '../../../harness/manual-clock.ts';

/** One camera on the practice bench, and what its console says. */
export class Console {
  readonly clock = new ManualClock();
  readonly port: PracticePort;
  private bytes: Buffer[] = [];

  private constructor(port: PracticePort, clock: ManualClock) {
    this.port = port;
    this.clock = clock;
    port.onData((bytes) => this.bytes.push(Buffer.from(bytes)));
  }

  static async open(query = ''): Promise<Console> {
    const dataDir = mkdtempSync(join(tmpdir(), 'benchflash-dafang-'));
    const clock = new ManualClock();
    const bench = createPracticeBench({ dataDir, clock });
    const port = await bench.openSerial(parseLinks(`virtual:dafang-console${query}`)[0]!, {
      baudRate: 115_200,
    });
    onTestFinished(async () => {
      await port.close();
      rmSync(dataDir, { recursive: true, force: true });
    });
    return new Console(port, clock);
  }

  /** What was said since the last call. */
  heard(): string {
    const text = Buffer.concat(this.bytes).toString('latin1');
    this.bytes = [];
    return text;
  }

  async send(bytes: Uint8Array | string): Promise<string> {
    void this.port.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes);
    await settle();
    return this.heard();
  }

  /** A line; what comes after its echo, without the next prompt, with plain line ends. */
  async run(line: string): Promise<string> {
    const text = await this.send(`${line}\r`);
    const echo = `${line}\r\n`;
    if (!text.startsWith(echo)) throw new Error(`no echo of ${line}: ${JSON.stringify(text.slice(0, 200))}`);
    return text
      .slice(echo.length)
      .replace(/(?:isvp_t20#|U-Boot>) $/, '')
      .replaceAll('\r\n', '\n');
  }

  async powerOn(): Promise<string> {
    await this.port.perform('power-cycle');
    await settle();
    return this.heard();
  }

  /** From power on to the prompt, by a space. */
  async toPrompt(): Promise<string> {
    const before = await this.powerOn();
    return before + (await this.send(' '));
  }

  /** Nobody touches a key. */
  async boot(): Promise<string> {
    const before = await this.powerOn();
    await this.clock.advance(1500);
    await settle();
    return before + this.heard();
  }
}
