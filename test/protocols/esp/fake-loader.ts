import { createHash } from 'node:crypto';
import { inflateSync } from 'node:zlib';
import { encodeFrame, FrameDecoder } from '../../../src/protocols/esp/slip.ts';
import type { ScriptedPort } from '../../harness/scripted-port.ts';

export const latin1 = (text: string): Uint8Array<ArrayBuffer> => Uint8Array.from(Buffer.from(text, 'latin1'));

/** One request as it came over the wire. */
export interface Heard {
  readonly op: number;
  readonly data: Uint8Array;
  readonly checksum: number;
}

type Answer =
  'silence' | { readonly status: readonly number[]; readonly op?: number } | { readonly wire: Uint8Array };

/**
 * A loader for tests, no more than the conversation under test needs: one flash, one register file, and a script
 * that may answer any request in another way.
 */
export class FakeLoader {
  readonly port: ScriptedPort;
  mode: 'rom' | 'stub';
  chip: 'esp8266' | 'esp32';
  readonly registers = new Map<number, number>();
  flash = new Uint8Array(0x40_0000).fill(0xff);
  baudRate = 115_200;
  /** Rates at which the wire works at all. */
  maxBaudRate = Infinity;
  powered = true;
  readonly heard: Heard[] = [];
  /** The script: an answer in place of the normal one, or undefined. Called before the request is executed. */
  script: (request: Heard, count: number) => Answer | undefined = () => undefined;
  /** Changes what READ_FLASH sends: `index` counts the packets of all reads. */
  damagePacket: (packet: Uint8Array, index: number) => Uint8Array | undefined = (packet) => packet;
  /** Reads begun with READ_FLASH. */
  readonly reads: { offset: number; size: number }[] = [];
  stubStarts = true;
  acknowledgements: number[] = [];

  readonly #decoder: FrameDecoder;
  readonly #counts = new Map<number, number>();
  #lastValue = 0;
  #region: { offset: number; size: number; parts: Uint8Array[]; compressed: boolean } | undefined;
  #stream:
    | { offset: number; end: number; packet: number; sent: number; hash: ReturnType<typeof createHash> }
    | undefined;
  #packets = 0;

  constructor(port: ScriptedPort, options: { chip?: 'esp8266' | 'esp32'; mode?: 'rom' | 'stub' } = {}) {
    this.port = port;
    this.chip = options.chip ?? 'esp32';
    this.mode = options.mode ?? 'rom';
    this.#decoder = new FrameDecoder({ frame: (payload) => this.#onFrame(payload) });
    this.#fillRegisters();
    port.onWrite = (bytes) => {
      if (!this.powered || !this.#wireWorks()) return;
      this.#decoder.push(bytes);
    };
  }

  setMac(mac: string): void {
    const bytes = mac.split(':').map((part) => parseInt(part, 16));
    this.registers.set(
      0x3ff5_a004,
      ((bytes[2]! << 24) | (bytes[3]! << 16) | (bytes[4]! << 8) | bytes[5]!) >>> 0,
    );
    const high = (bytes[0]! << 8) | bytes[1]!;
    this.registers.set(0x3ff5_a008, ((crc8(bytes) << 16) | high) >>> 0);
  }

  count(op: number): number {
    return this.#counts.get(op) ?? 0;
  }

  ops(): number[] {
    return this.heard.map((request) => request.op);
  }

  send(payload: Uint8Array): void {
    if (this.#wireWorks()) this.port.deliverSoon(encodeFrame(payload));
  }

  reply(op: number, status: readonly number[] = [0], data = new Uint8Array(0), value?: number): void {
    this.send(this.response(op, status, data, value));
  }

  response(
    op: number,
    status: readonly number[],
    data: Uint8Array = new Uint8Array(0),
    value?: number,
  ): Uint8Array {
    const statusBytes = this.mode === 'rom' && this.chip === 'esp32' ? 4 : 2;
    const packet = new Uint8Array(8 + data.length + statusBytes);
    const view = new DataView(packet.buffer);
    packet.set([1, op]);
    view.setUint16(2, data.length + statusBytes, true);
    // The ESP32 ROM leaves the last value in place.
    if (value != null) this.#lastValue = value;
    view.setUint32(4, this.mode === 'rom' && this.chip === 'esp32' ? this.#lastValue : (value ?? 0), true);
    packet.set(data, 8);
    packet.set(status, 8 + data.length);
    return packet;
  }

  #wireWorks(): boolean {
    if (!this.port.hasBaudRate) return true;
    return this.port.baudRate === this.baudRate && this.baudRate <= this.maxBaudRate;
  }

  #fillRegisters(): void {
    if (this.chip === 'esp32') {
      this.registers.set(0x4000_1000, 0x00f0_1d83);
      this.registers.set(0x3ff5_a00c, (1 << 9) | (1 << 15));
      this.registers.set(0x3ff4_0014, Math.round(40e6 / 115_200));
      this.setMac('24:6f:28:10:aa:03');
    } else {
      this.registers.set(0x4000_1000, 0xfff0_c101);
      this.registers.set(0x3ff0_0050, 0x5600_0000);
      this.registers.set(0x3ff0_0054, 0x0200_1234);
      this.registers.set(0x3ff0_005c, 0x00a0_20a6);
    }
    this.registers.set(this.chip === 'esp32' ? 0x3ff4_2080 : 0x6000_0240, 0x16_40c8);
  }

  #onFrame(payload: Uint8Array): void {
    if (this.#stream != null) return this.#onAcknowledgement(payload);
    const view = new DataView(payload.buffer, payload.byteOffset, payload.length);
    const request = { op: payload[1]!, data: payload.slice(8), checksum: view.getUint32(4, true) };
    this.heard.push(request);
    const count = this.count(request.op);
    this.#counts.set(request.op, count + 1);
    const answer = this.script(request, count);
    if (answer === 'silence') return;
    if (answer != null && 'wire' in answer) return this.port.deliverSoon(answer.wire);
    if (answer != null) return this.reply(answer.op ?? request.op, answer.status);
    this.#execute(request);
  }

  #execute({ op, data }: Heard): void {
    const word = (index: number) => new DataView(data.buffer, data.byteOffset).getUint32(index * 4, true);
    switch (op) {
      case 0x08: {
        for (let copy = 0; copy < 8; copy++)
          this.reply(op, [0], undefined, this.mode === 'stub' ? 0 : 0x2012_0707);
        return;
      }
      case 0x0a:
        return this.reply(op, [0], undefined, this.registers.get(word(0)) ?? 0);
      case 0x06: {
        this.reply(op);
        if (!this.stubStarts || word(0) !== 0) return;
        this.mode = 'stub';
        return this.send(latin1('OHAI'));
      }
      case 0x0f: {
        this.reply(op);
        // Replies leave at the old rate.
        queueMicrotask(() => queueMicrotask(() => (this.baudRate = word(0))));
        return;
      }
      case 0x02:
      case 0x10: {
        this.#region = { offset: word(3), size: word(0), parts: [], compressed: op === 0x10 };
        return this.reply(op);
      }
      case 0x03:
      case 0x11: {
        this.#region?.parts.push(data.slice(16));
        if (this.mode === 'rom') this.#program();
        return this.reply(op);
      }
      case 0x04:
      case 0x12:
        this.#program();
        return this.reply(op);
      case 0x13: {
        const digest = createHash('md5').update(this.flash.subarray(word(0), word(0) + word(1)));
        return this.reply(
          op,
          [0],
          Uint8Array.from(this.mode === 'stub' ? digest.digest() : latin1(digest.digest('hex'))),
        );
      }
      case 0x0e: {
        const slow = new Uint8Array(64);
        slow.set(this.flash.subarray(word(0), word(0) + word(1)));
        return this.reply(op, [0], slow);
      }
      case 0xd2:
        return this.#beginRead(op, word(0), word(1), word(2));
      default:
        return this.reply(op);
    }
  }

  #program(): void {
    if (this.#region == null) return;
    const { offset, size, parts, compressed } = this.#region;
    const stream = Buffer.concat(parts);
    let bytes: Uint8Array = stream;
    if (compressed)
      try {
        bytes = inflateSync(stream);
      } catch {
        return;
      }
    this.flash.set(bytes.subarray(0, Math.max(size, this.mode === 'rom' ? bytes.length : size)), offset);
  }

  #beginRead(op: number, offset: number, size: number, packet: number): void {
    this.reply(op);
    this.reads.push({ offset, size });
    this.#stream = { offset, end: offset + size, packet, sent: 0, hash: createHash('md5') };
    this.#sendPacket();
  }

  #sendPacket(): void {
    const stream = this.#stream!;
    const packet = this.flash.slice(stream.offset, Math.min(stream.offset + stream.packet, stream.end));
    stream.hash.update(packet);
    stream.offset += packet.length;
    stream.sent += packet.length;
    const damaged = this.damagePacket(packet, this.#packets++);
    if (damaged != null) this.send(damaged);
  }

  #onAcknowledgement(payload: Uint8Array): void {
    const stream = this.#stream!;
    const finish = () => {
      this.#stream = undefined;
      this.send(Uint8Array.from(stream.hash.digest()));
    };
    if (payload.length !== 4) return finish();
    this.acknowledgements.push(new DataView(payload.buffer, payload.byteOffset).getUint32(0, true));
    if (stream.offset < stream.end) this.#sendPacket();
    else finish();
  }
}

function crc8(bytes: readonly number[]): number {
  let crc = 0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x8c : crc >>> 1;
  }
  return crc;
}
