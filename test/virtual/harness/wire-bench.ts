import { parseLinks } from '../../../src/core/link.ts';
import { createPracticeBench } from '../../../src/virtual/create-practice-bench.ts';
import type { PracticePort } from '../../../src/virtual/practice-bench.ts';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ManualClock, settle } from '../../harness/manual-clock.ts';

/** Written by hand from section 1 of the loader reference, so that no code of ours checks itself. */
export function unslip(bytes: Uint8Array): Uint8Array[] {
  const frames: Uint8Array[] = [];
  let frame: number[] | undefined;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at]!;
    if (byte === 0xc0) {
      if (frame && frame.length > 0) {
        frames.push(Uint8Array.from(frame));
        frame = undefined;
      } else frame = [];
    } else if (frame) {
      if (byte === 0xdb) frame.push(bytes[++at] === 0xdc ? 0xc0 : 0xdb);
      else frame.push(byte);
    }
  }
  return frames;
}

export function slip(payload: Uint8Array): Uint8Array {
  const out = [0xc0];
  for (const byte of payload) {
    if (byte === 0xc0) out.push(0xdb, 0xdc);
    else if (byte === 0xdb) out.push(0xdb, 0xdd);
    else out.push(byte);
  }
  return Uint8Array.from([...out, 0xc0]);
}

export const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
export const fromHex = (text: string): Uint8Array =>
  new Uint8Array(Buffer.from(text.replaceAll(/\s/g, ''), 'hex'));
export const le = (...values: number[]): Uint8Array => {
  const bytes = new Uint8Array(values.length * 4);
  const view = new DataView(bytes.buffer);
  values.forEach((value, index) => view.setUint32(index * 4, value, true));
  return bytes;
};
export const concat = (...pieces: Uint8Array[]): Uint8Array =>
  new Uint8Array(Buffer.concat(pieces.map((piece) => Buffer.from(piece))));

/** A request packet: direction 0, op, size, checksum, data. */
export function request(op: number, data: Uint8Array = new Uint8Array(), checksum = 0): Uint8Array {
  return concat(Uint8Array.of(0, op, data.length & 0xff, data.length >> 8), le(checksum), data);
}

/** A data packet: length, sequence, two zeros, payload; checksum from 0xEF. */
export function dataRequest(op: number, payload: Uint8Array, sequence: number): Uint8Array {
  let sum = 0xef;
  for (const byte of payload) sum ^= byte;
  return request(op, concat(le(payload.length, sequence, 0, 0), payload), sum);
}

export const SYNC = fromHex('c0 00 08 24 00 00 00 00 00 07 07 12 20' + '55'.repeat(32) + 'c0');

/** Text and entry of a stub as far as the model looks at it: its greeting, and where v2 is loaded. */
const STUBS = {
  lamp: { 2: 0x400a_8000, 1: 0x400b_e000 },
  'plug-esp8266': { 2: 0x4010_c500, 1: 0x4010_d000 },
} as const;

/** One unit on the practice bench, driven with raw bytes. */
export class RawUnit {
  readonly clock: ManualClock;
  readonly port: PracticePort;
  readonly device: keyof typeof STUBS;
  readonly dataDir: string;
  private received: Uint8Array[] = [];

  private constructor(device: keyof typeof STUBS, clock: ManualClock, port: PracticePort, dataDir: string) {
    this.device = device;
    this.clock = clock;
    this.port = port;
    this.dataDir = dataDir;
    port.onData((bytes) => this.received.push(bytes));
  }

  static async open(
    link: string,
    options: { clock?: ManualClock; dataDir?: string; bench?: ReturnType<typeof createPracticeBench> } = {},
  ): Promise<RawUnit> {
    const clock = options.clock ?? new ManualClock();
    const dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), 'benchflash-virtual-'));
    const bench = options.bench ?? createPracticeBench({ dataDir, clock });
    const parsed = parseLinks(link)[0]!;
    const port = await bench.openSerial(parsed, { baudRate: 115_200 });
    return new RawUnit(parsed.virtual!.device as keyof typeof STUBS, clock, port, dataDir);
  }

  /** Everything heard since the last call. */
  heard(): Uint8Array {
    const bytes = concat(...this.received);
    this.received = [];
    return bytes;
  }

  get chunks(): readonly Uint8Array[] {
    return this.received;
  }

  text(): string {
    return Buffer.from(this.heard()).toString('latin1');
  }

  /** Sends bytes as they are and returns what comes without any time passing; with none, what has come. */
  async send(bytes: Uint8Array): Promise<Uint8Array> {
    if (bytes.length > 0) this.heard();
    void this.port.write(bytes);
    await settle();
    return this.heard();
  }

  /** Sends one packet; returns the frames that come. */
  async ask(payload: Uint8Array): Promise<Uint8Array[]> {
    return unslip(await this.send(slip(payload)));
  }

  /** Status and body of the one reply to a packet. */
  async reply(payload: Uint8Array): Promise<Uint8Array> {
    const frames = await this.ask(payload);
    if (frames.length !== 1) throw new Error(`${frames.length} frames came, one was due`);
    return frames[0]!;
  }

  async intoRom(): Promise<void> {
    await this.port.perform('power-into-loader');
    await settle();
    await this.send(SYNC);
  }

  async intoStub(version: 1 | 2 = 2): Promise<void> {
    await this.intoRom();
    const text = new TextEncoder().encode('....OHAI....');
    await this.reply(request(0x05, le(text.length, 1, 0x1800, STUBS[this.device][version])));
    await this.reply(dataRequest(0x07, text, 0));
    const frames = await this.ask(request(0x06, le(0, STUBS[this.device][version] + 4)));
    if (hexOf(frames[1] ?? new Uint8Array()) !== '4f484149') throw new Error('the stub did not greet');
  }

  async changeBaud(baudRate: number): Promise<void> {
    await this.reply(request(0x0f, le(baudRate, this.port.baudRate)));
    await this.port.setBaudRate(baudRate);
  }

  /** Plain write through the stub in blocks of 16 KiB; the status bytes of all replies. */
  async stubWrite(offset: number, content: Uint8Array): Promise<string[]> {
    const blocks = Math.ceil(content.length / 0x4000);
    const status: string[] = [];
    const add = async (packet: Uint8Array) => {
      const [frame] = await this.ask(packet);
      status.push(frame ? hexOf(frame.subarray(-2)) : 'none');
    };
    await add(request(0x02, le(content.length, blocks, 0x4000, offset, 0)));
    for (let block = 0; block < blocks; block++) {
      const payload = new Uint8Array(0x4000).fill(0xff);
      payload.set(content.subarray(block * 0x4000, (block + 1) * 0x4000));
      await add(dataRequest(0x03, payload, block));
    }
    await add(request(0x04, le(1)));
    return status;
  }

  /** MD5 by the stub, hex. */
  async md5(offset: number, length: number): Promise<string> {
    return hexOf((await this.reply(request(0x13, le(offset, length, 0, 0)))).subarray(8, 24));
  }
}
