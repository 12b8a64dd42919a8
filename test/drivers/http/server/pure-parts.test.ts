import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Coverage } from '../../../../src/drivers/http/server/coverage.ts';
import { endOfHead, parseRequestHead } from '../../../../src/drivers/http/server/request-head.ts';
import { needsOf, smallSiblings } from '../../../../src/drivers/http/server/siblings.ts';
import { sameUnit, shownHeaders, unitClaims } from '../../../../src/drivers/http/server/unit-headers.ts';

describe('coverage', () => {
  it('counts what came twice once, in whatever order it came', () => {
    const part = fc.tuple(fc.nat(300), fc.nat(60)).map(([start, size]) => ({ start, end: start + size }));
    fc.assert(
      fc.property(fc.array(part), (parts) => {
        const coverage = new Coverage();
        const seen = new Set<number>();
        for (const one of parts) {
          coverage.add(one);
          for (let at = one.start; at < one.end; at++) seen.add(at);
        }
        return coverage.bytes === seen.size;
      }),
    );
  });
});

describe('the head of a request', () => {
  const parse = (text: string) => parseRequestHead(Buffer.from(text, 'latin1'));

  it('is read as the clients send it', () => {
    const head = parse(
      'GET /abc/a.bin?x=1 HTTP/1.0\r\nHost:  10.1.0.2 \r\nx-ESP8266-free-space: 425984\r\n\r\n',
    );
    expect(head).toMatchObject({ method: 'GET', path: '/abc/a.bin', minor: 0 });
    expect(head?.headers.get('host')).toBe('10.1.0.2');
    expect(head?.headers.get('x-esp8266-free-space')).toBe('425984');
  });

  it('may name the host as a proxy is told it, and may end its lines with line feeds', () => {
    expect(parse('GET http://dl.itead.cn/abc/a.bin HTTP/1.1\nA: b\n\n')).toMatchObject({
      path: '/abc/a.bin',
    });
    expect(endOfHead(Buffer.from('GET / HTTP/1.1\n\nrest'))).toBe(16);
    expect(endOfHead(Buffer.from('GET / HTTP/1.1\r\n'))).toBe(-1);
  });

  it.each([
    '',
    'GET /',
    'GET / HTTP/2.0',
    'get / HTTP/1.1',
    'GET /a b HTTP/1.1',
    'GET / HTTP/1.1\r\nno colon',
  ])('%j is none', (text) => {
    expect(parse(`${text}\r\n\r\n`)).toBeUndefined();
  });

  it('never throws', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        parseRequestHead(Buffer.from(bytes));
        endOfHead(Buffer.from(bytes));
      }),
    );
  });
});

describe('names that Tasmota makes up', () => {
  it.each([
    ['tasmota.bin', ['tasmota-minimal.bin', 'tasmota-safeboot.bin']],
    ['tasmota-lite.bin', ['tasmota-minimal.bin', 'tasmota-safeboot.bin']],
    ['tasmota-lite.bin.gz', ['tasmota-minimal.bin.gz', 'tasmota-safeboot.bin.gz']],
    ['tasmota', ['tasmota-minimal', 'tasmota-safeboot']],
  ])('for %s are %j', (name, siblings) => {
    expect(smallSiblings(name)).toEqual(siblings);
  });

  it('are no need of their own, and gz stands for plain', () => {
    expect(needsOf(['t.bin', 't.bin.gz', 't-minimal.bin'])).toEqual([['t.bin', 't.bin.gz']]);
    expect(needsOf(['a.zip', 'b.bin'])).toEqual([
      ['a.zip', 'a.zip.gz'],
      ['b.bin', 'b.bin.gz'],
    ]);
    expect(needsOf(['t-minimal.bin'])).toEqual([['t-minimal.bin', 't-minimal.bin.gz']]);
    expect(needsOf(['t.bin.gz'])).toEqual([['t.bin.gz', 't.bin.gz.gz']]);
  });
});

describe('what a unit says of itself', () => {
  it('is its MAC, by Mongoose and by the updater of the ESP8266', () => {
    const mongoose = new Map([['x-mgos-device-id', 'shellyplug-s-A1B2C3 D4E5F6A1B2C3']]);
    expect(unitClaims(mongoose).mac).toBe('d4e5f6a1b2c3');
    const updater = new Map([
      ['x-esp8266-sta-mac', 'D4:E5:F6:A1:B2:C3'],
      ['x-esp8266-free-space', '425984'],
      ['x-esp8266-chip-size', '1048576'],
    ]);
    expect(unitClaims(updater)).toEqual({ mac: 'd4e5f6a1b2c3', freeBytes: 425_984, chipBytes: 1_048_576 });
    expect(unitClaims(new Map([['x-esp8266-free-space', '-1']]))).toEqual({});
  });

  it('may be the MAC of its own access point', () => {
    expect(sameUnit('d6e5f6a1b2c3', 'd4e5f6a1b2c3')).toBe(true);
    expect(sameUnit('d4e5f6a1b2c4', 'd4e5f6a1b2c3')).toBe(false);
  });

  it('is shown without control characters, secrets and excess', () => {
    const many = Array.from({ length: 60 }, (_, index) => [`h${index}`, 'x'.repeat(5_000)] as const);
    const shown = shownHeaders(
      new Map([['authorization', 'Basic c2VjcmV0'], ['user-agent', 'cu\u0007rl\u202e\r\nX'], ...many]),
    );
    expect(shown['authorization']).toBeUndefined();
    expect(shown['user-agent']).toBe('curl X');
    expect(Object.keys(shown)).toHaveLength(32);
    expect(shown['h0']).toHaveLength(200);
  });
});
