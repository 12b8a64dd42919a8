import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judgeBoot } from '../../../src/protocols/esp/index.ts';

const ROM = `ets Jun  8 2016 00:22:57

rst:0x1 (POWERON_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)
configsip: 0, SPIWP:0xee
mode:DIO, clock div:2
load:0x3fff0030,len:7132
entry 0x40080650
`;
const REBOOT = ROM.replace('rst:0x1 (POWERON_RESET)', 'rst:0xc (SW_CPU_RESET)');
const SHA = 'a1b2c3d4e5f60718'.repeat(4);
const APP = `I (29) boot: ESP-IDF v4.4.7 2nd stage bootloader
I (282) cpu_start: Application information:
I (287) cpu_start: Project name:     bedside-lamp
I (293) cpu_start: App version:      2024.6.4
I (304) cpu_start: ELF file SHA256:  ${SHA.slice(0, 16)}...
`;
const EXPECTED = { project: 'bedside-lamp', version: '2024.6.4', elfSha256: SHA };

describe('judgeBoot: the firmware names itself', () => {
  it('by its ELF hash, which no other build has', () => {
    expect(judgeBoot(ROM + APP, EXPECTED)).toMatchObject({ kind: 'proved', by: 'elf-sha256' });
  });

  it('by nine digits, as newer ESP-IDF prints', () => {
    const app = `I (282) app_init: App version:      2024.6.4\nI (300) app_init: ELF file SHA256:  ${SHA.slice(0, 9)}...\n`;
    expect(judgeBoot(ROM + app, EXPECTED)).toMatchObject({ kind: 'proved', by: 'elf-sha256' });
  });

  it('not by an equal version when the hash is another', () => {
    const app = APP.replace('a1b2', 'ffff');
    expect(judgeBoot(ROM + app, EXPECTED)).toMatchObject({
      kind: 'other-firmware',
      line: expect.stringContaining('ffff') as string,
    });
  });

  it('by its version where no hash is printed or known', () => {
    const app = APP.split('\n')
      .filter((line) => !line.includes('SHA256'))
      .join('\n');
    expect(judgeBoot(ROM + app, EXPECTED)).toMatchObject({ kind: 'proved', by: 'version' });
    expect(judgeBoot(ROM + APP, { version: '2024.6.4' })).toMatchObject({ kind: 'proved', by: 'version' });
    expect(judgeBoot(ROM + APP, { version: '2024.6.4', elfSha256: '0'.repeat(64) })).toMatchObject({
      by: 'version',
    });
  });

  it('by its project name alone', () => {
    expect(judgeBoot(`${ROM}I (287) cpu_start: Project name:     bedside-lamp\n`, EXPECTED)).toMatchObject({
      kind: 'proved',
      by: 'project',
    });
  });

  it.each([
    ['version', { version: '2024.6.5' }],
    ['project', { version: '2024.6.4', project: 'another' }],
  ])('as other firmware by its %s', (_what, expectation) => {
    expect(judgeBoot(ROM + APP, expectation).kind).toBe('other-firmware');
  });

  it.each([
    [
      '00:00:00.001 Project tasmota Tasmota Version 9.2.0(lite)-2_7_4_9(2020-12-21T15:04:25)',
      '9.2.0',
      'proved',
    ],
    ['[I][app:102]: ESPHome version 2024.6.4 compiled on Jul  1 2024, 10:00:00', '2024.6.4', 'proved'],
    // A longer version that begins alike is another.
    ['[I][app:102]: ESPHome version 2024.6.4.1 compiled', '2024.6.4', 'running'],
    ['[I][app:102]: ESPHome version 12024.6.4 compiled', '2024.6.4', 'running'],
  ])('in the words of Tasmota and ESPHome: %s', (line, version, kind) => {
    expect(judgeBoot(`${ROM}${line}\n`, { version }).kind).toBe(kind);
  });

  it('only by the pattern of the job when there is one', () => {
    expect(judgeBoot(ROM + APP, { ...EXPECTED, pattern: /lamp is ready/ }).kind).toBe('running');
    const text = `${ROM}${APP}[12] lamp is ready\n`;
    expect(judgeBoot(text, { pattern: /lamp is ready/g })).toMatchObject({
      kind: 'proved',
      by: 'pattern',
      line: '[12] lamp is ready',
    });
    expect(judgeBoot(text, { pattern: /lamp is ready/g }).kind).toBe('proved');
  });

  it('does not count what an earlier start printed', () => {
    expect(judgeBoot(ROM + APP + REBOOT, EXPECTED).kind).toBe('running');
  });
});

describe('judgeBoot: it does not run', () => {
  const ABORT = `Base MAC address from BLK0 of EFUSE CRC error, efuse_crc = 0x00; calc_crc = 0x3c\nabort() was called at PC 0x400d1b2c on core 0\n`;

  it('names itself and then crashes: a loop once it did so three times, no proof before', () => {
    expect(judgeBoot(ROM + APP + ABORT, EXPECTED).kind).toBe('running');
    const loop = ROM + APP + ABORT + (REBOOT + APP + ABORT).repeat(2);
    expect(judgeBoot(loop, EXPECTED)).toMatchObject({
      kind: 'boot-loop',
      line: expect.stringContaining('abort()') as string,
    });
  });

  it.each([
    ['Guru Meditation Error: Core  0 panicked (LoadProhibited). Exception was unhandled.'],
    ['Brownout detector was triggered'],
    ['Fatal exception (28):'],
  ])('restarts over and over: %s', (line) => {
    expect(judgeBoot(`${REBOOT}${line}\n`.repeat(3), EXPECTED).kind).toBe('boot-loop');
  });

  it('restarts without a word', () => {
    expect(judgeBoot(ROM + REBOOT.repeat(3), EXPECTED).kind).toBe('boot-loop');
  });

  it('one restart is no loop: much firmware restarts once after its first start', () => {
    expect(judgeBoot(ROM + REBOOT + APP, EXPECTED).kind).toBe('proved');
  });

  it.each([
    ['invalid header: 0xffffffff'],
    ['flash read err, 1000'],
    ['ets_main.c 371 '],
    ['csum err'],
    ['E (127) boot: No bootable app partitions in the partition table'],
    ['E (65) esp_image: Image hash failed - image is corrupt'],
  ])('finds nothing to start: %s', (line) => {
    expect(judgeBoot(`${ROM}${line}\n`, EXPECTED)).toMatchObject({
      kind: 'invalid-image',
      line: line.trim(),
    });
    const loop = `${ROM.replace('0x1 (POWERON_RESET)', '0x10 (RTCWDT_RTC_RESET)')}${line}\n`.repeat(4);
    expect(judgeBoot(loop, EXPECTED).kind).toBe('invalid-image');
  });

  it('waits for download: GPIO0 is still low', () => {
    const text =
      'rst:0x1 (POWERON_RESET),boot:0x3 (DOWNLOAD_BOOT(UART0/UART1/SDIO_REI_REO_V2))\nwaiting for download\n';
    expect(judgeBoot(text, EXPECTED).kind).toBe('download-mode');
  });

  it.each([
    [ROM, 'running'],
    ['', 'nothing'],
    ['\xe3\x9f\xf1\x8c\xfe\xd2\xb7', 'garbage'],
    // ESP8266: ROM text at 74880 is garbage at 115200, what follows is not.
    ['\xe3\x9f\xf1\x8c\xfe\xd2\xb7\n00:00:00.000 CFG: Loaded from flash at FB\n', 'running'],
  ])('%j is %s', (text, kind) => {
    expect(judgeBoot(text, EXPECTED).kind).toBe(kind);
  });

  it('never throws', () => {
    fc.assert(fc.property(fc.string(), (text) => void judgeBoot(text, EXPECTED)));
  });
});
