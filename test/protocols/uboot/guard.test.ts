import { describe, expect, it } from 'vitest';
import { refuseDangerous } from '../../../src/protocols/uboot/guard.ts';

const CHIP = { from: 0x4_0000, to: 0x100_0000 };
const check = (command: string) => () => refuseDangerous(command, CHIP);

describe('the guard', () => {
  it.each([
    'version',
    'sf probe',
    'sf read 0x80600000 0x0 0x40000',
    'sf update 0x80600000 0x40000 0xa90000',
    'sf write 0x80600000 0xfb0000 0x40000',
    'sf erase 0xff0000 0x10000',
    'fatload mmc 0:1 0x80600000 demo.bin 0xa90000 0x40',
    'crc32 0x80600000 0xa90000',
    'loady 0x80600000',
    'reset',
  ])('lets %s through', (command) => expect(check(command)).not.toThrow());

  it.each([
    // The boot loader, wholly or by its last byte.
    'sf update 0x80600000 0x0 0x40000',
    'sf update 0x80600000 0x3ffff 0x1',
    'sf write 0x80600000 0x3c000 0x4000',
    'sf erase 0x0 0x40000',
    // The whole chip, beyond it, rounded up by U-Boot, or of no length.
    'sf erase 0x0 0x1000000',
    'sf erase 0x40000 0x1000000',
    'sf erase 0xff0000 +0x10000',
    'sf erase 0x40000 0x0',
    'sf update 0x80600000 0x40000 0xfffffffff',
    'sf erase 0x40000',
    // By name, decimal trick or variable.
    'sf erase boot 0x40000',
    'sf update 0x80600000 ${offset} 0x1000',
    'sf update 0x80600000 40000 1000',
    // What writes to the place of `boot` by itself.
    'saveenv',
    'env save',
    'sdupdate',
    'erase all',
    'sf protect unlock 0x0 0x1000000',
    'sf test 0x0 0x1000000',
    'mmc write 0x80600000 0 1',
    'go 0x80600000',
    'run bootcmd',
    // Two in one.
    'version; sf erase 0x0 0x40000',
    'version && saveenv',
    'sf probe\rsaveenv',
    'sf probe\nsaveenv',
    ' sf probe',
    '',
  ])('holds %j back', (command) => {
    expect(check(command)).toThrow(expect.objectContaining({ code: 'UBOOT_COMMAND_REFUSED' }) as Error);
  });
});
