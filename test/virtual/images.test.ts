import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { NorFlash } from '../../src/virtual/flash-chip/nor-flash.ts';
import { otadata, partitionTable } from '../../src/virtual/esp/images/partition-maker.ts';
import { lampFactoryFlash } from '../../src/virtual/esp/images/lamp-images.ts';
import { plugFactoryFlash } from '../../src/virtual/esp/images/plug-images.ts';
import { NvsPage } from '../../src/virtual/esp/images/nvs-maker.ts';
import { unitMac, unitSecrets } from '../../src/virtual/esp/images/unit-secrets.ts';
import { memoryStorage } from '../../src/virtual/store/storage.ts';
import { hexOf } from './harness/wire-bench.ts';

// Vectors of sections 14 and 15 of the loader reference.
describe('NVS, otadata and partition table', () => {
  it('have the header, namespace entry and checksums of ESP-IDF', () => {
    const page = new NvsPage(0);
    page.put('nvs.net80211', 'opmode', 1);
    const bytes = page.bytes();
    expect(hexOf(bytes.subarray(0, 9))).toBe('feffffff00000000fe');
    expect(hexOf(bytes.subarray(28, 32))).toBe('842dbab9');
    expect(hexOf(bytes.subarray(64, 96))).toBe(
      '000101ff71d3af04' + '6e76732e6e65743830323131' + '00000000' + '01ffffffffffffff',
    );
    expect(bytes[32]).toBe(0b1111_1010);
  });

  it('select the first slot with the sequence and checksum of boot_app0', () => {
    const data = otadata(1);
    expect(hexOf(data.subarray(0, 4))).toBe('01000000');
    expect(hexOf(data.subarray(28, 32))).toBe('9a984347');
  });

  it('end the table with an MD5 row', () => {
    const table = partitionTable([{ label: 'nvs', type: 1, subtype: 2, offset: 0x9000, size: 0x5000 }]);
    expect(hexOf(table.subarray(0, 32))).toBe('aa50010200900000005000006e767300' + '00'.repeat(16));
    expect(hexOf(table.subarray(32, 48))).toBe('ebeb' + 'ff'.repeat(14));
    expect(hexOf(table.subarray(48, 64))).toBe(createHash('md5').update(table.subarray(0, 32)).digest('hex'));
  });
});

describe('factory content', () => {
  it('is the same each time, and differs between units in what is unique to them', () => {
    const hash = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
    for (const make of [lampFactoryFlash, (unit: number) => plugFactoryFlash(unit, 2_097_152)]) {
      expect(hash(make(3))).toBe(hash(make(3)));
      expect(hash(make(3))).not.toBe(hash(make(4)));
    }
  });

  it('holds the credentials of its unit in clear text', () => {
    const { ssid, password, token } = unitSecrets(5);
    const lamp = Buffer.from(lampFactoryFlash(5));
    expect(lamp.indexOf(ssid)).toBe(lamp.indexOf(ssid, 0x9000));
    expect(lamp.includes(password)).toBe(true);
    expect(lamp.includes(token)).toBe(true);
    expect(Buffer.from(plugFactoryFlash(5, 1_048_576)).includes(password)).toBe(true);
  });

  it('gives each unit a MAC of its own', () => {
    const macs = new Set(Array.from({ length: 5000 }, (_, unit) => hexOf(unitMac([4, 0xcf, 0x8c], unit))));
    expect(macs.size).toBe(5000);
  });
});

describe('NOR flash', () => {
  const chip = () => new NorFlash(new Uint8Array(0x4000).fill(0xff), [0xc8, 0x40, 0x16], memoryStorage());
  const command = (flash: NorFlash, opcode: number, sent: number[] = [], address = 0, answer = 0) =>
    hexOf(flash.command(opcode, address, Uint8Array.from(sent), answer));

  it('programs from one to zero only, and erases sectors to FF', () => {
    const flash = chip();
    flash.program(0x1000, Uint8Array.of(0xf0));
    flash.program(0x1000, Uint8Array.of(0x3c));
    expect(flash.cells[0x1000]).toBe(0x30);
    flash.eraseSectors(1, 1);
    expect(flash.cells[0x1000]).toBe(0xff);
  });

  it('takes commands only after write enable', () => {
    const flash = chip();
    command(flash, 0x02, [0x55], 0x10);
    expect(flash.cells[0x10]).toBe(0xff);
    command(flash, 0x06);
    expect(command(flash, 0x05, [], 0, 1)).toBe('02');
    command(flash, 0x02, [0x55], 0x10);
    expect(flash.cells[0x10]).toBe(0x55);
    expect(command(flash, 0x05, [], 0, 1)).toBe('00');
  });

  it('has protect bits that loaders can clear, and status that lasts only when written so', () => {
    const flash = chip();
    command(flash, 0x50);
    command(flash, 0x01, [0x1c]);
    expect(command(flash, 0x05, [], 0, 1)).toBe('1c');
    flash.program(0, Uint8Array.of(0));
    expect(flash.cells[0]).toBe(0xff);
    flash.powerCycle();
    expect(command(flash, 0x05, [], 0, 1)).toBe('00');
    command(flash, 0x06);
    command(flash, 0x01, [0x1c]);
    flash.powerCycle();
    expect(command(flash, 0x05, [], 0, 1)).toBe('1c');
    flash.unlock();
    expect(command(flash, 0x05, [], 0, 1)).toBe('00');
  });

  it('describes itself: id, SFDP signature and maker', () => {
    const flash = chip();
    expect(command(flash, 0x9f, [], 0, 3)).toBe('c84016');
    expect(command(flash, 0x5a, [], 0, 4)).toBe('53464450');
    expect(command(flash, 0x5a, [], 0x10, 1)).toBe('c8');
  });
});
