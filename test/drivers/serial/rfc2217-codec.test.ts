import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  COM_PORT,
  decodeBaudRate,
  encodeBaudRate,
  encodeComPort,
  encodeOption,
  escapeData,
  OPTION,
  TELNET,
  TelnetDecoder,
  type TelnetEvent,
} from '../../../src/drivers/serial/rfc2217-codec.ts';

const hex = (text: string) => Uint8Array.from(text.split(' '), (byte) => parseInt(byte, 16));

interface Part {
  readonly wire: Uint8Array;
  readonly event: TelnetEvent;
}

/** Neighbouring data joined, so that events compare whatever the chunks were. */
function joined(events: readonly TelnetEvent[]): TelnetEvent[] {
  const result: TelnetEvent[] = [];
  for (const event of events) {
    const last = result.at(-1);
    if (event.type === 'data' && last?.type === 'data')
      result[result.length - 1] = { type: 'data', bytes: Uint8Array.from([...last.bytes, ...event.bytes]) };
    else result.push(event);
  }
  return result;
}

describe('the RFC 2217 codec', () => {
  it('writes what the RFC shows', () => {
    // RFC 2217 section 3: IAC SB COM-PORT-OPTION SET-BAUDRATE <value(4)> IAC SE; 115200 is 0x0001C200.
    expect(encodeBaudRate(115_200)).toEqual(hex('ff fa 2c 01 00 01 c2 00 ff f0'));
    // IAC SB COM-PORT-OPTION SET-CONTROL 8 (DTR on) IAC SE
    expect(encodeComPort(COM_PORT.SET_CONTROL, [8])).toEqual(hex('ff fa 2c 05 08 ff f0'));
    // IAC WILL COM-PORT-OPTION
    expect(encodeOption(TELNET.WILL, OPTION.COM_PORT)).toEqual(hex('ff fb 2c'));
    // A 255 inside a value is doubled: 65280 baud is 0x0000FF00.
    expect(encodeBaudRate(65_280)).toEqual(hex('ff fa 2c 01 00 00 ff ff 00 ff f0'));
  });

  it('doubles 255 in data only where there is one', () => {
    const plain = Uint8Array.of(1, 2, 254);
    expect(escapeData(plain)).toBe(plain);
    expect(escapeData(Uint8Array.of(255, 1, 255))).toEqual(Uint8Array.of(255, 255, 1, 255, 255));
  });

  it('reads answers of a server', () => {
    const events = new TelnetDecoder().decode(
      hex('41 ff fd 2c 42 ff ff 43 ff fa 2c 65 00 01 c2 00 ff f0 44 ff f1 45'),
    );
    expect(joined(events)).toEqual([
      { type: 'data', bytes: hex('41') },
      { type: 'option', verb: TELNET.DO, option: OPTION.COM_PORT },
      { type: 'data', bytes: hex('42 ff 43') },
      { type: 'subnegotiation', option: OPTION.COM_PORT, payload: hex('65 00 01 c2 00') },
      // IAC NOP (f1) is nothing.
      { type: 'data', bytes: hex('44 45') },
    ]);
    expect(decodeBaudRate(hex('00 01 c2 00'))).toBe(115_200);
    expect(decodeBaudRate(hex('00 01 c2'))).toBeUndefined();
  });

  it('brings every stream through, however it is split', () => {
    const part = fc.oneof(
      fc
        .uint8Array({ minLength: 1, maxLength: 40 })
        .map((bytes): Part => ({ wire: escapeData(bytes), event: { type: 'data', bytes } })),
      fc
        .tuple(fc.constantFrom(251 as const, 252 as const, 253 as const, 254 as const), fc.nat(255))
        .map(([verb, option]): Part => ({
          wire: encodeOption(verb, option),
          event: { type: 'option', verb: verb, option },
        })),
      fc.tuple(fc.nat(239), fc.uint8Array({ maxLength: 20 })).map(([command, value]): Part => ({
        wire: encodeComPort(command, value),
        event: {
          type: 'subnegotiation',
          option: OPTION.COM_PORT,
          payload: Uint8Array.from([command, ...value]),
        },
      })),
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 20 }), fc.array(fc.nat(30)), (parts, cuts) => {
        const wire = Uint8Array.from(parts.flatMap(({ wire }) => [...wire]));
        const decoder = new TelnetDecoder();
        const events: TelnetEvent[] = [];
        let at = 0;
        for (const cut of cuts) {
          events.push(...decoder.decode(wire.subarray(at, at + cut)));
          at += cut;
        }
        events.push(...decoder.decode(wire.subarray(at)));
        expect(joined(events)).toEqual(joined(parts.map(({ event }) => event)));
      }),
    );
  });

  it('is bounded whatever a server sends', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 50 })), (chunks) => {
        const decoder = new TelnetDecoder();
        for (const chunk of chunks) decoder.decode(chunk);
      }),
    );
    const decoder = new TelnetDecoder();
    decoder.decode(hex('ff fa 2c'));
    for (let i = 0; i < 100; i++) decoder.decode(new Uint8Array(1000));
    const [event] = decoder.decode(hex('ff f0'));
    expect(event).toMatchObject({ type: 'subnegotiation', option: OPTION.COM_PORT });
    if (event?.type === 'subnegotiation') expect(event.payload).toHaveLength(1024);
  });
});
