import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { diagnose } from '../../../src/protocols/esp/index.ts';
import { CODE_OF_FINDING } from '../../../src/protocols/esp/diagnose.ts';
import { encodeSync } from '../../../src/protocols/esp/packet.ts';
import { encodeFrame } from '../../../src/protocols/esp/slip.ts';
import { latin1 } from './fake-loader.ts';

const at = (baudRate: number) => (text: string) => diagnose(latin1(text), { baudRate });
const heard = at(115_200);

describe('diagnose', () => {
  it.each([
    ['', 'nothing'],
    // The click of a power switch.
    ['\x00\xff', 'nothing'],
    ['rst:0x1 (POWERON_RESET),boot:0x3 (DOWNLOAD_BOOT(UART0/UART1/SDIO_REI_REO_V2))\r\n', 'download-deaf'],
    ['rst:0x1 (POWERON_RESET),boot:0x3 (DOWNLOAD_BOOT)\r\nwaiting for download\r\n', 'download-deaf'],
    ['rst:0x1 (POWERON),boot:0x4 (DOWNLOAD(USB/UART0))\r\nwaiting for download\r\n', 'download-deaf'],
    ['rst:0x1 (POWERON_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)\r\n', 'normal-boot'],
    ['rst:0x1 (POWERON),boot:0x8 (SPI_FAST_FLASH_BOOT)\r\n', 'normal-boot'],
    // Firmware was on already when we began to listen.
    ['[D][text_sensor:015]: Lamp reports\r\n', 'normal-boot'],
    ['\xe3\x9f\x02\xf1\x8c\x00\xfe\xd2', 'garbage'],
    ['rst:0x10 (RTCWDT_RTC_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)\r\n'.repeat(3), 'boot-loop'],
    ['invalid header: 0xffffffff\r\n'.repeat(3), 'boot-loop'],
    // A hand that fumbles with the switch is no boot loop.
    ['rst:0x1 (POWERON_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)\r\n'.repeat(6), 'normal-boot'],
  ])('%j is %s', (text, kind) => {
    expect(heard(text).kind).toBe(kind);
  });

  it('goes by the last start: GPIO0 was low at the second try', () => {
    const text =
      'rst:0x1 (POWERON_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)\r\nhello\r\nrst:0x1 (POWERON_RESET),boot:0x3 (DOWNLOAD_BOOT)\r\n';
    expect(heard(text).kind).toBe('download-deaf');
  });

  it('reads both spellings of the ESP8266 at its own rate', () => {
    const slow = at(74_880);
    expect(slow(' ets Jan  8 2013,rst cause:1, boot mode:(1,6)\r\n').kind).toBe('download-deaf');
    expect(slow('rst cause 1, boot mode:(3,7)\r\n').kind).toBe('normal-boot');
    expect(slow('rst cause:4, boot mode:(3,6)\r\nwdt reset\r\n'.repeat(3)).kind).toBe('boot-loop');
    expect(slow(' ets Jan  8 2013,rst cause:1, boot mode:(7,7)\r\nwaiting for host\r\n').message).toContain(
      'GPIO15',
    );
  });

  it('recognises a stub by its answers, and our own requests coming back', () => {
    // 01 08 02 00 | 00 00 00 00 | 00 00
    const stub = encodeFrame(Uint8Array.of(1, 8, 2, 0, 0, 0, 0, 0, 0, 0));
    expect(diagnose(stub, { baudRate: 115_200 }).kind).toBe('stub-running');
    expect(diagnose(encodeFrame(encodeSync()), { baudRate: 115_200 }).kind).toBe('echo');
  });

  it('knows a loader that answered and then fell silent from garbage', () => {
    // 01 08 04 00 | value | 00 00 00 00
    const rom = encodeFrame(Uint8Array.of(1, 8, 4, 0, 7, 7, 0x12, 0x20, 0, 0, 0, 0));
    const heardAll = (...parts: Uint8Array[]) => diagnose(Buffer.concat(parts), { baudRate: 115_200 });
    expect(heardAll(rom, rom).kind).toBe('loader-fell-silent');
    expect(CODE_OF_FINDING['loader-fell-silent']).toBe('LOADER_SILENT');
    expect(heardAll(latin1('waiting for download\r\n'), rom).kind).toBe('loader-fell-silent');
    expect(heardAll(rom, latin1('\xe3\x9f\x02\xf1\x8c')).kind).toBe('loader-fell-silent');
    const boot = latin1('rst:0x1 (POWERON_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)\r\n');
    expect(heardAll(rom, boot).kind).toBe('normal-boot');
    // A frame that is no answer: wrong length field.
    expect(heardAll(encodeFrame(Uint8Array.of(1, 8, 9, 0, 7, 7, 0x12, 0x20, 0, 0))).kind).not.toBe(
      'loader-fell-silent',
    );
  });

  it('takes hostile text for what it is: no control characters, no flood', () => {
    const finding = heard(
      `\x1b[2Jrst:0x1 (POWERON_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)\x1b]0;owned\x07${'A'.repeat(9000)}`,
    );
    expect(finding.text.length).toBeLessThanOrEqual(4096);
    // eslint-disable-next-line no-control-regex -- control characters are what must not be there
    expect(finding.text).not.toMatch(/[\x00-\x08\x0b-\x1f\x7f]/);
  });

  it('never throws', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        diagnose(bytes, { baudRate: 115_200 });
      }),
    );
  });
});
