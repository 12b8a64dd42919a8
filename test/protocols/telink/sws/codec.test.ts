import { existsSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeReply,
  encodeEnd,
  encodeReadHeader,
  encodeWrite,
  READ_TRIGGER,
} from '../../../../src/protocols/telink/sws/codec.ts';
import {
  encodeWrites,
  pageSequence,
  type SwsWrite,
} from '../../../../src/protocols/telink/sws/flash-commands.ts';
import { dataFile } from '../../../firmware/real-files.ts';
import { lineOf, slaveHears } from './waveform.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const bytesOf = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(/\s/g, ''), 'hex'));

describe('the worked example: 05 to 0x000602, which stops the CPU', () => {
  it('with one SWS bit a character', () => {
    expect(hex(encodeWrite(0x602, Uint8Array.of(5)))).toBe(
      [
        '80fe80fe8080fe80fefe',
        'fefefefefefefefefefe',
        'fefefefefefe8080fefe',
        'fefefefefefefe80fefe',
        'fefefefefefefefefefe',
        'fefefefefefe80fe80fe',
        '808080808080808080fe',
      ].join(''),
    );
  });

  it('with two SWS bits a character', () => {
    expect(hex(encodeWrite(0x602, Uint8Array.of(5), 'two-bits-per-character'))).toBe(
      'e8e8080fef efefefefef efefef08ef efefef0fef efefefefef efefefe8e8 08080808e8'.replaceAll(' ', ''),
    );
  });

  it('a reply of A5 and one of 5A', () => {
    expect(decodeReply(bytesOf('06fe80fefe80fe80fe'))).toBe(0xa5);
    expect(decodeReply(bytesOf('e680fe8080fe80fefe'))).toBe(0x5a);
  });
});

describe('any write', () => {
  it.each([
    ['bit-per-character', 10],
    ['two-bits-per-character', 5],
  ] as const)('%s: a slave that measures low against high hears it', (encoding, group) => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 0xff_ffff }),
        fc.uint8Array({ minLength: 1, maxLength: 40 }),
        (address, data) => {
          const characters = encodeWrite(address, data, encoding);
          expect(characters.length).toBe((6 + data.length) * group);
          expect(slaveHears(lineOf(characters))).toEqual([
            { command: true, value: 0x5a },
            ...[address >>> 16, (address >>> 8) & 0xff, address & 0xff, 0, ...data].map((value) => ({
              command: false,
              value,
            })),
            { command: true, value: 0xff },
          ]);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('that cannot be is refused', () => {
    expect(() => encodeWrite(0x100_0000, Uint8Array.of(1))).toThrow('no SWS address');
    expect(() => encodeWrite(0, new Uint8Array())).toThrow('no bytes');
  });
});

describe('what is no reply', () => {
  it.each([
    ['the echo alone', 'fe'],
    ['a character short', '06fe80fefe80fe80'],
    ['another clock: heard on a bench by a user of the public flasher', 'e63ff6bf30f6'],
    ['no closing low', '06fe80fefe80fe8080'],
  ])('%s', (_, characters) => {
    expect(decodeReply(bytesOf(characters))).toBeUndefined();
  });
});

interface Vectors {
  writes: { name: string; address: number; data: string; charPerBit: string; twoBitsPerChar: string }[];
  reads: { address: number; charPerBit: string; twoBitsPerChar: string }[];
  end: { charPerBit: string; twoBitsPerChar: string };
  readReplies: { value: number; trigger: string; rx: string }[];
  sessions: { name: string; events: { op: string; hex?: string; ms?: number }[] }[];
}
const file = dataFile('telink/swire-vectors.json');

describe.skipIf(!existsSync(file))('the vectors of the public encoders (needs ../shared/data)', () => {
  const vectors = (existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {}) as Vectors;

  it('writes', () => {
    expect(vectors.writes.length).toBeGreaterThan(10);
    for (const { name, address, data, charPerBit, twoBitsPerChar } of vectors.writes) {
      expect(hex(encodeWrite(address, bytesOf(data))), name).toBe(charPerBit);
      expect(hex(encodeWrite(address, bytesOf(data), 'two-bits-per-character')), name).toBe(twoBitsPerChar);
    }
  });

  it('read headers, triggers and ends', () => {
    for (const { address, charPerBit, twoBitsPerChar } of vectors.reads) {
      expect(hex(encodeReadHeader(address))).toBe(charPerBit);
      expect(hex(encodeReadHeader(address, 'two-bits-per-character'))).toBe(twoBitsPerChar);
    }
    expect(hex(encodeEnd())).toBe(vectors.end.charPerBit);
    expect(hex(encodeEnd('two-bits-per-character'))).toBe(vectors.end.twoBitsPerChar);
  });

  it('replies', () => {
    for (const { value, trigger, rx } of vectors.readReplies) {
      expect(hex(READ_TRIGGER)).toBe(trigger);
      expect(decodeReply(bytesOf(rx))).toBe(value);
    }
  });

  const sent = (name: string): string =>
    vectors.sessions
      .find((session) => session.name === name)!
      .events.filter(({ op }) => op === 'write')
      .map(({ hex: characters }) => characters)
      .join('');
  const sequences: readonly (readonly [name: string, sequence: readonly SwsWrite[]])[] = [
    ['page-write-enable', pageSequence.writeEnable],
    ['page-wakeup', pageSequence.wake],
    ['page-unlock-status-0', pageSequence.writeStatusZero],
    ['page-sector-erase-0x1000', pageSequence.sectorErase(0x1000)],
    ['page-program-8-bytes-at-0x000100', pageSequence.pageProgram(0x100, bytesOf('0011223344556677'))],
    ['page-chip-erase-body', pageSequence.chipErase],
    ['page-soft-reset', [{ address: 0x6f, data: [0x20] }]],
  ];
  it.each(sequences)('the page: %s', (name, sequence) => {
    expect(hex(encodeWrites(sequence))).toBe(sent(name));
  });
});
