import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { heardReply } from '../../../src/virtual/thermometer/chip/reply-waveform.ts';
import { SwsSlave, type SwsBus } from '../../../src/virtual/thermometer/chip/sws-slave.ts';
import { fromHex, hexOf } from '../harness/wire-bench.ts';
import { SwsHost } from './harness/sws-host.ts';

/** A slave and what it was told to write. */
function recorder(awake = () => true) {
  const writes: [number, number][] = [];
  const bus: SwsBus = {
    isAwake: awake,
    fifoMode: false,
    read: (address) => address & 0xff,
    write: (address, value) => writes.push([address, value]),
  };
  const slave = new SwsSlave(bus);
  /** Characters back to back; returns at which of them the slave was asked for a byte. */
  const send = (text: string) => [...fromHex(text)].map((character) => slave.character(character, 0));
  return { slave, writes, send };
}

const STOP_A =
  '80fe80fe8080fe80fefe fefefefefefefefefefe fefefefefefe8080fefe fefefefefefefe80fefe fefefefefefefefefefe' +
  'fefefefefefe80fe80fe 808080808080808080fe';
const STOP_B = 'e8e8080fef efefefefef efefef08ef efefef0fef efefefefef efefefe8e8 08080808e8';

describe('the worked example of the reference', () => {
  it.each([
    ['one bit a character', STOP_A],
    ['two bits a character', STOP_B],
  ])('writes 05 to 0x602, %s', (_, text) => {
    const { send, writes } = recorder();
    send(text);
    expect(writes).toEqual([[0x602, 0x05]]);
  });

  it('is understood from the middle of a flood on', () => {
    for (let start = 1; start < 70; start++) {
      const { send, writes } = recorder();
      send(STOP_A.replaceAll(' ', '').slice(2 * start));
      expect(writes.every(([address, value]) => address === 0x602 && value === 0x05)).toBe(true);
      const before = writes.length;
      send(STOP_A);
      send(STOP_A);
      expect(writes.length).toBeGreaterThan(before);
    }
  });

  it('is not heard by a sleeping chip, which begins with a START only', () => {
    let awake = false;
    const { send, writes } = recorder(() => awake);
    send(STOP_A.slice(0, 60));
    awake = true;
    send(STOP_A.slice(60));
    expect(writes).toEqual([]);
    send(STOP_A);
    expect(writes).toEqual([[0x602, 0x05]]);
  });

  it('has a 1 become a 0 where a pause follows it, and none where a pause follows a 0', () => {
    const characters = [...fromHex(STOP_A)];
    for (const gapAt of [57, 59, 69]) {
      const { slave, writes } = recorder();
      characters.forEach((character, index) => slave.character(character, index === gapAt ? 7 : 0));
      // 57 comes after the bit of value 4 of the data, 59 after that of value 1, 69 after the last of END.
      expect(writes).toEqual([[0x602, gapAt === 57 ? 0x05 & ~0x04 : gapAt === 59 ? 0x05 & ~0x01 : 0x05]]);
    }
    const { slave, writes } = recorder();
    characters.forEach((character, index) => slave.character(character, index % 10 === 0 ? 1e6 : 0));
    expect(writes).toEqual([[0x602, 0x05]]);
    const short = recorder();
    characters.forEach((character) => short.slave.character(character, 5));
    expect(short.writes).toEqual([[0x602, 0x05]]);
  });
});

describe('an answer', () => {
  const asHeard = (value: number, unitBits: number) =>
    hexOf(Uint8Array.from(heardReply(value, unitBits, 2, Uint8Array.of(0xfe)), (heard) => heard.value));

  it.each([
    [0x00, 'e6fefefefefefefefe'],
    [0x45, 'e680fefefe80fe80fe'],
    [0x80, '06fefefefefefefefe'],
    [0xff, '0680808080808080fe'],
  ])('%i comes as nine characters, merged with the pulse that asked', (value, text) => {
    expect(asHeard(value, 2)).toBe(text);
  });

  it('has a framing error where the first bit is 1, and only there', () => {
    const errors = heardReply(0xff, 2, 2, Uint8Array.of(0xfe)).map(({ framingError }) => framingError);
    expect(errors).toEqual([true, ...Array<boolean>(8).fill(false)]);
  });

  it('is garbage at another unit than two bits of the UART', () => {
    for (const unitBits of [1.5, 1.8, 2.3, 2.6, 3])
      expect(asHeard(0x45, unitBits)).not.toBe(asHeard(0x45, 2));
    for (const unitBits of [1.95, 2.05, 2.1]) expect(asHeard(0x45, unitBits)).toBe(asHeard(0x45, 2));
    expect(asHeard(0x45, 0.1)).toBe('fe');
  });
});

const VECTORS = join(import.meta.dirname, '../../../../shared/data/telink/swire-vectors.json');

interface Vectors {
  readonly writes: readonly {
    readonly name: string;
    readonly address: number;
    readonly data: string;
    readonly charPerBit: string;
    readonly twoBitsPerChar: string;
  }[];
  readonly reads: readonly { readonly address: number; readonly charPerBit: string }[];
  readonly end: { readonly charPerBit: string };
  readonly readReplies: readonly { readonly value: number; readonly trigger: string; readonly rx: string }[];
  readonly sessions: readonly {
    readonly name: string;
    readonly events: readonly { readonly op: string; readonly hex?: string; readonly ms?: number }[];
  }[];
}

describe.skipIf(!existsSync(VECTORS))('swire-vectors.json (skipped where ../shared/data is missing)', () => {
  const vectors = existsSync(VECTORS) ? (JSON.parse(readFileSync(VECTORS, 'utf8')) as Vectors) : undefined;

  it('gives the writes it names, in both encodings', () => {
    for (const write of vectors!.writes)
      for (const text of [write.charPerBit, write.twoBitsPerChar]) {
        const { send, writes } = recorder();
        send(text);
        const expected = [...fromHex(write.data)].map((byte, index) => [write.address + index, byte]);
        expect(writes, write.name).toEqual(expected);
      }
  });

  it('gives the reads it names', () => {
    for (const read of vectors!.reads) {
      const { slave, send } = recorder();
      expect(send(read.charPerBit).some(Boolean)).toBe(false);
      expect(send('fe')).toEqual([true]);
      expect(slave.take()).toBe(read.address & 0xff);
      expect(send('fe')).toEqual([true]);
      expect(slave.take()).toBe((read.address + 1) & 0xff);
      expect(send(vectors!.end.charPerBit).some(Boolean)).toBe(false);
      expect(send('fe')).toEqual([false]);
    }
  });

  it('answers as it says', () => {
    for (const { value, trigger, rx } of vectors!.readReplies)
      expect(hexOf(Uint8Array.from(heardReply(value, 2, 2, fromHex(trigger)), (heard) => heard.value))).toBe(
        rx,
      );
  });

  it('has the recorded sessions of the web page do to the flash what they are for', async () => {
    // Erased but for one sector; the third unit comes protected.
    const content = new Uint8Array(0x8_0000).fill(0xff).fill(0x00, 0x1000, 0x2000);
    const host = new SwsHost({ wiring: 'tx-only', unit: 3, content });
    const play = async (name: string) => {
      const session = vectors!.sessions.find((each) => each.name === name)!;
      for (const { op, hex, ms } of session.events)
        if (op === 'delay') await host.clock.advance(ms!);
        else if (op === 'write') host.exchange(fromHex(hex!));
    };
    const blank = (from: number, to: number) => host.cells.subarray(from, to).every((byte) => byte === 0xff);
    host.slot.perform('cycle-battery');
    await play('page-activate-100ms');
    expect(host.log.at(-1)).toContain('stopped');
    await play('page-sector-erase-0x1000');
    expect(blank(0x1000, 0x2000)).toBe(false);
    await play('page-wakeup');
    await play('page-unlock-status-0');
    await play('page-sector-erase-0x1000');
    expect(blank(0, 0x8_0000)).toBe(true);
    await play('page-program-8-bytes-at-0x000100');
    expect(hexOf(host.cells.subarray(0x100, 0x108))).toBe('0011223344556677');
    expect(blank(0, 0x100) && blank(0x108, 0x8_0000)).toBe(true);
    await play('page-chip-erase-body');
    await host.clock.advance(3500);
    expect(blank(0, 0x8_0000)).toBe(true);
    const starts = host.starts.length;
    await play('page-soft-reset');
    expect(host.starts.length).toBe(starts + 1);
  });
});
