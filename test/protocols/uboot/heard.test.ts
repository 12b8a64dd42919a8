import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  crcIn,
  dumpedBytes,
  listedSize,
  loadedBytes,
  saysDone,
  updateCount,
  updateFailure,
  updatePercent,
  uploadedBytes,
} from '../../../src/protocols/uboot/answers.ts';
import { macOfLinux, promptAtEnd, recognise } from '../../../src/protocols/uboot/heard.ts';
import { repositoryRoot } from '../../count-reporter.ts';

const SPL = '\r\nU-Boot SPL 2013.07 (Jul 28 2017 - 01:26:52)\r\n';
const UBOOT = `${SPL}\r\nU-Boot 2013.07 (Jul 28 2017 - 01:26:52)\r\nDRAM:  128 MiB\r\n`;
const LINUX = `${UBOOT}[    0.000000] Linux version 3.10.14 (gcc)\r\n`;

describe('what is heard', () => {
  it.each([
    ['nothing', ''],
    ['nothing', '\r\n'],
    ['garbage', '\xff\x00\xf8\x80\xe0\xff\x00\xf8\x80\xe0\xff\x00\xf8\x80\xe0\xff\x00\xf8'],
    ['spl-only', SPL],
    ['u-boot', UBOOT],
    ['flash-unknown', `${UBOOT}SF: Unsupported manufacturer 5e\r\nFailed to initialize SPI flash at 0:0\r\n`],
    ['prompt', `${UBOOT}isvp_t20# `],
    ['prompt', `${UBOOT}U-Boot>      `],
    [
      'no-kernel',
      `${UBOOT}Wrong Image Format for bootm command\r\nERROR: can't get kernel image!\r\nisvp_t20# `,
    ],
    ['no-kernel', `${UBOOT}   Verifying Checksum ... Bad Data CRC\r\n`],
    ['linux', LINUX],
    ['linux-no-mac', `${LINUX}MAC Address from efuse error, assign random one !!!\r\n`],
    // Power again: what was heard before it says nothing any more.
    ['spl-only', `${LINUX}${SPL}`],
  ])('%s', (kind, text) => {
    const heard = recognise(text);
    expect(heard.kind).toBe(kind);
    expect(heard.message).toMatch(/^[A-Z].*\.$/);
    expect(heard.advice).toMatch(/^[A-Z].*\.$/);
  });

  it('names the line that says it, and takes endless lines', () => {
    const random = `${LINUX}a\r\nMAC Address from efuse error, assign random one !!!\r\nb`;
    expect(recognise(random).line).toBe('MAC Address from efuse error, assign random one !!!');
    expect(recognise(`${LINUX}${'mac '.repeat(30_000)}`).kind).toBe('linux');
    expect(macOfLinux(`${LINUX}${'mac '.repeat(30_000)}\n`)).toBeUndefined();
  });

  it('tells the prompts apart, and no prompt from a line that ends like one', () => {
    expect(recognise('\nisvp_t20# ').family).toBe('stock');
    expect(recognise('\rU-Boot> ').family).toBe('dafang-hacks');
    expect(recognise('=> ').family).toBe('other');
    for (const text of ['crc32 for 1 ... 2 ==> ', 'isvp_t20#', 'a U-Boot> '])
      expect(promptAtEnd(text)).toBeUndefined();
  });

  it('finds the MAC that Linux runs with, in whole lines only', () => {
    expect(macOfLinux(`${LINUX}rtw_macaddr_cfg MAC Address  = 34:CE:00:aa:bb:01\r\n`)?.mac).toBe(
      '34:ce:00:aa:bb:01',
    );
    expect(macOfLinux(`${LINUX}RTW: rtw_macaddr_cfg mac addr:34:ce:00:aa:bb:02\r\n`)?.mac).toBe(
      '34:ce:00:aa:bb:02',
    );
    expect(macOfLinux(`${LINUX}insmod 8189es.ko rtw_initmac=34:ce:00:aa:bb:03\n`)?.mac).toBe(
      '34:ce:00:aa:bb:03',
    );
    expect(macOfLinux(`${LINUX}wlan0  Link encap:Ethernet  HWaddr 34:CE:00:AA:BB:04\r\n`)).toMatchObject({
      mac: '34:ce:00:aa:bb:04',
      isSure: true,
    });
    const wlan0 = 'RTW: rtw_ndev_init(wlan0) if1 mac_addr=34:ce:00:aa:bb:06\r\n';
    const p2p0 = 'RTW: rtw_ndev_init(p2p0) if2 mac_addr=36:ce:00:aa:bb:06\r\n';
    expect(macOfLinux(LINUX + wlan0 + p2p0)).toMatchObject({ mac: '34:ce:00:aa:bb:06', isSure: true });
    // The efuse of the chip may hold another one; what is in use counts, whatever comes first.
    const efuse = 'EFUSE MAC Address: 00:e0:4c:11:22:33\r\n';
    const inUse = 'rtw_macaddr_cfg mac addr:34:ce:00:aa:bb:05\r\n';
    for (const lines of [efuse + inUse, inUse + efuse])
      expect(macOfLinux(LINUX + lines)).toMatchObject({ mac: '34:ce:00:aa:bb:05' });
    expect(macOfLinux(LINUX + efuse)).toMatchObject({ mac: '00:e0:4c:11:22:33', isSure: false });
    expect(macOfLinux(`${LINUX}mac addr:34:ce:00:aa:bb:0`)).toBeUndefined();
    expect(macOfLinux('Address in ROM is mac c6:15:c5:42:79:8e\r\n')).toBeUndefined();
  });
});

describe('answers of both generations', () => {
  it('CRC-32, for the very bytes that were asked for', () => {
    const [from, length] = [0x8060_0000, 0xa9_0000];
    expect(crcIn('CRC32 for 80600000 ... 8108ffff ==> 3bd2d0e5\r\n', from, length)).toBe(0x3bd2_d0e5);
    expect(crcIn('\r\ncrc32 for 80600000 ... 8108ffff ==> 00d2d0e5\r\n', from, length)).toBe(0xd2_d0e5);
    expect(crcIn('CRC32 for 80600000 ... 8108fffe ==> 3bd2d0e5\r\n', from, length)).toBeUndefined();
    expect(crcIn('CRC32 for 81400000 ... 8108ffff ==> 3bd2d0e5\r\n', from, length)).toBeUndefined();
    expect(crcIn('CRC32 for 80600000 ... 8108ffff ==> 3bd2d0', from, length)).toBeUndefined();
  });

  it('sf read and update', () => {
    expect(saysDone('SF: 256 bytes @ 0x40000 Read: OK\r\n', 'Read', 0x4_0000, 256)).toBe(true);
    expect(saysDone('SF: 256 bytes @ 0 Read: OK\r\n', 'Read', 0, 256)).toBe(true);
    expect(saysDone('SF: 256 bytes @ 0x40000 Read: ERROR\r\n', 'Read', 0x4_0000, 256)).toBe(false);
    expect(saysDone('SF: 255 bytes @ 0x40000 Read: OK\r\n', 'Read', 0x4_0000, 256)).toBe(false);
    expect(updatePercent('\rUpdating,  7% 100 B/s\rUpdating, 42% 100 B/s')).toBe(42);
    expect(updateFailure('\rUpdating, 7% 1 B/s\rSPI flash failed in write step\r\n')).toContain('write step');
    expect(uploadedBytes('## Total Size      = 0x00030d40 = 200000 Bytes\r\n')).toBe(200_000);
  });

  it('md.b: order, completeness, and hex that agrees with its text', () => {
    const line = "80600000: 38 b4 e6 52 e4 4d a7 f2 37 0d 9e 26 0e 27 13 65  8..R.M..7..&.'.e\r\n";
    expect(dumpedBytes(line, 0x8060_0000, 16)?.[3]).toBe(0x52);
    expect(dumpedBytes(line, 0x8060_0010, 16)).toBeUndefined();
    expect(dumpedBytes(line, 0x8060_0000, 32)).toBeUndefined();
    expect(dumpedBytes(line.replace('52', '53'), 0x8060_0000, 16)).toBeUndefined();
    expect(dumpedBytes(line + line, 0x8060_0000, 16)).toBeUndefined();
    expect(dumpedBytes('80600000: 20 41 20   A \r\n', 0x8060_0000, 3)).toEqual(
      Uint8Array.of(0x20, 0x41, 0x20),
    );
    expect(dumpedBytes(`80600000: 20 41${' '.repeat(44)} A\r\n`, 0x8060_0000, 2)).toEqual(
      Uint8Array.of(0x20, 0x41),
    );
  });
});

const recorded = path.join(repositoryRoot, '..', 'shared', 'data', 'dafang', 'uboot');
describe.skipIf(!existsSync(recorded))(
  'recorded consoles (skipped where the shared data is not there)',
  () => {
    const log = (name: string) => readFileSync(path.join(recorded, name), 'latin1');

    it('the restore from SD on the sandbox', () => {
      const text = log('sandbox_flow.log');
      const answer = (command: string) => {
        const from = text.indexOf(`isvp_t20# ${command}`);
        expect(from, command).toBeGreaterThan(0);
        const start = text.indexOf('\n', from) + 1;
        return text.slice(start, text.indexOf('isvp_t20# ', start));
      };
      expect(listedSize(answer('fatls'), 'demo.bin')).toBe(11_075_648);
      expect(loadedBytes(answer('fatload mmc 0:1 0x80600000 demo.bin 0xa90000'))).toBe(11_075_584);
      expect(loadedBytes(answer('fatload mmc 0:1 0x80600000 nofile.bin'))).toBeUndefined();
      expect(crcIn(answer('crc32 0x80600000 0xa90000'), 0x8060_0000, 0xa9_0000)).toBe(0x3bd2_d0e5);
      expect(updateCount(answer('sf update'))).toEqual({ written: 4_096, skipped: 11_071_488 });
      expect(saysDone(answer('sf read 0x81400000 0x40000'), 'Read', 0x4_0000, 0xa9_0000)).toBe(true);
      expect(saysDone(answer('sf read 0x81400000 0xff0000'), 'Read', 0xff_0000, 0x2_0000)).toBe(false);
      expect(saysDone(answer('sf erase 0x100 0x10'), 'Erased', 0x100, 0x10)).toBe(false);
      expect(dumpedBytes(answer('md.b 0x80600000 0x40'), 0x8060_0000, 0x40)).toHaveLength(0x40);
      expect(recognise(text)).toMatchObject({ kind: 'no-kernel', family: 'stock' });
    });

    it('uploads and aborts under QEMU', () => {
      expect(uploadedBytes(log('qemu_loady.log'))).toBe(200_000);
      expect(uploadedBytes(log('qemu_abort.log'))).toBeUndefined();
      const zeros = log('qemu_abort.log');
      const from = zeros.indexOf('40200000: 00');
      expect(dumpedBytes(zeros.slice(from, zeros.indexOf('=> loop')), 0x4020_0000, 0x100)).toEqual(
        new Uint8Array(0x100),
      );
    });
  },
);
