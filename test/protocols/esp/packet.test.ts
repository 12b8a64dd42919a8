import fc from 'fast-check';
import { hexToUint8Array, uint8ArrayToHex } from 'uint8array-extras';
import { describe, expect, it } from 'vitest';
import { LoaderRefused } from '../../../src/protocols/esp/loader-errors.ts';
import { OP, opcodeName } from '../../../src/protocols/esp/opcodes.ts';
import {
  checksumOf,
  decodeResponse,
  encodeDataBlock,
  encodeRequest,
  encodeSync,
  parseStatus,
  words,
} from '../../../src/protocols/esp/packet.ts';
import { reasonText } from '../../../src/protocols/esp/reasons.ts';

const bytes = (hex: string) => hexToUint8Array(hex.replaceAll(' ', ''));
const hex = (value: Uint8Array) => uint8ArrayToHex(value);

describe('requests', () => {
  it('SYNC is 07 07 12 20 and 32 times 55', () => {
    expect(hex(encodeSync())).toBe(`0008240000000000${'07071220'}${'55'.repeat(32)}`);
  });

  it('READ_REG carries one little-endian address', () => {
    expect(hex(encodeRequest(OP.readReg, words(0x4000_1000)))).toBe('000a04000000000000100040');
  });

  it('a data block has length, sequence, two zeros, and the XOR of its payload from 0xEF', () => {
    // payload 01 02 03: EF ^ 01 ^ 02 ^ 03 = EF
    expect(hex(encodeDataBlock(OP.flashData, 5, bytes('01 02 03')))).toBe(
      '00031300ef000000' + '03000000' + '05000000' + '0000000000000000' + '010203',
    );
    expect(checksumOf(bytes('ff'))).toBe(0x10);
    expect(checksumOf(new Uint8Array(0))).toBe(0xef);
  });

  it('values above 2^31 keep their bits', () => {
    expect(hex(words(0xffff_ffff, 0x8000_0000))).toBe('ffffffff00000080');
  });
});

describe('responses', () => {
  it('reads the SYNC reply of the ESP32 ROM: four status bytes', () => {
    // 01 08 04 00 | 07 07 12 20 | 00 00 00 00
    const response = decodeResponse(bytes('01 08 04 00 07 07 12 20 00 00 00 00'))!;
    expect(response).toMatchObject({ op: OP.sync, value: 0x2012_0707 });
    expect(parseStatus(response.body, 0).status).toBe(0);
  });

  it('reads the SYNC reply of the ESP8266 ROM: two status bytes', () => {
    const response = decodeResponse(bytes('01 08 02 00 07 07 12 20 00 00'))!;
    expect(response.value).toBe(0x2012_0707);
    expect(parseStatus(response.body, 0).status).toBe(0);
  });

  it('finds status and data behind known reply data, whoever answers', () => {
    // MD5 from a stub: 16 raw bytes, then 00 00
    const stub = parseStatus(bytes('00112233445566778899aabbccddeeff 00 00'), 16);
    expect(hex(stub.data)).toBe('00112233445566778899aabbccddeeff');
    // 64 bytes of READ_FLASH_SLOW, then 00 00 00 00
    expect(parseStatus(new Uint8Array(68), 64).data.length).toBe(64);
  });

  it('takes a body too short for its data as an error alone', () => {
    expect(parseStatus(bytes('01 09 00 00'), 64)).toMatchObject({ status: 1, reason: 9 });
    expect(parseStatus(bytes('c4 00'), 16)).toMatchObject({ status: 0xc4, reason: 0 });
    expect(parseStatus(bytes('00 00'), 16).status).not.toBe(0);
  });

  it('is no response when too short or a request', () => {
    expect(decodeResponse(bytes('01 08 04 00 07 07 12'))).toBeUndefined();
    expect(decodeResponse(encodeSync())).toBeUndefined();
  });

  it('never throws on any frame', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), fc.nat(64), (frame, dataBytes) => {
        const response = decodeResponse(frame);
        if (response != null && response.body.length >= 2) parseStatus(response.body, dataBytes);
      }),
    );
  });
});

describe('what a refusal says', () => {
  it('names reasons of ROM and stub, with the pair as esptool prints it', () => {
    expect(reasonText('stub', 0xc1, 0)).toBe('bad checksum (result C100)');
    expect(reasonText('rom', 1, 7)).toBe('bad checksum (result 0107)');
    expect(reasonText('rom', 1, 0x42)).toBe('unknown result 0142');
    expect(opcodeName(0x77)).toBe('command 0x77');
  });

  it('tells a block that was not executed from a write that failed', () => {
    const refused = (mode: 'rom' | 'stub', status: number, reason: number) =>
      new LoaderRefused(OP.flashData, mode, status, reason);
    expect(refused('rom', 1, 7).wasRejectedUnread).toBe(true);
    expect(refused('stub', 0xc1, 0).wasRejectedUnread).toBe(true);
    expect(refused('stub', 0xc9, 0).wasRejectedUnread).toBe(true);
    expect(refused('stub', 0xc4, 0).wasRejectedUnread).toBe(false);
    expect(refused('rom', 1, 8).wasRejectedUnread).toBe(false);
    expect(refused('stub', 0xff, 0).isUnsupported).toBe(true);
    expect(refused('rom', 1, 5).isUnsupported).toBe(true);
  });
});
