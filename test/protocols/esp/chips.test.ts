import { describe, expect, it } from 'vitest';
import { macCrc8 } from '../../../src/protocols/esp/chips/chip.ts';
import { CHIPS, chipById, chipByMagic } from '../../../src/protocols/esp/chips/index.ts';

const rom = { mode: 'rom', baudRate: 115_200 } as const;
const registers = (values: Record<number, number>) => (address: number) => values[address] ?? 0;
const chip = (name: string) => CHIPS.find((candidate) => candidate.name === name)!;
const efuse = (word: number) => 0x3ff5_a000 + 4 * word;

describe('ESP8266', () => {
  const decode = (values: Record<number, number>) => chip('ESP8266').decodeIdentity(registers(values), rom);

  it('reads the MAC of the reference example', () => {
    const identity = decode({ 0x3ff0_0050: 0x5600_0000, 0x3ff0_0054: 0x0200_1234, 0x3ff0_005c: 0x00a0_20a6 });
    expect(identity.mac).toBe('a0:20:a6:12:34:56');
  });

  it('takes the OUI from the low 24 bits only: the bits above are about flash', () => {
    expect(decode({ 0x3ff0_0054: 0x0000_1234, 0x3ff0_005c: 0x0600_0000 }).mac).toBe('18:fe:34:12:34:00');
    expect(decode({ 0x3ff0_0054: 0x0001_1234 }).mac).toBe('ac:d0:74:12:34:00');
  });

  it.each([
    [0x10, 0, 'ESP8285N08', 1],
    [0x30, 0, 'ESP8285H08', 1],
    [0x10, 0x0400_0000, 'ESP8285N16', 2],
  ])('hints at an ESP8285: r0 %i r3 %i', (r0, r3, name, mebibytes) => {
    expect(decode({ 0x3ff0_0050: r0, 0x3ff0_005c: r3 })).toMatchObject({
      package: name,
      embeddedFlashBytes: mebibytes * 1024 * 1024,
    });
  });

  it('tells the crystal by the UART divider', () => {
    expect(decode({ 0x6000_0014: Math.round(52e6 / 115_200) }).crystalMhz).toBe(26);
    expect(decode({ 0x6000_0014: Math.round(80e6 / 115_200) }).crystalMhz).toBe(40);
    expect(decode({}).crystalMhz).toBeUndefined();
  });
});

describe('ESP32', () => {
  const decode = (
    values: Record<number, number>,
    context: { mode: 'rom' | 'stub'; baudRate: number } = rom,
  ) => chip('ESP32').decodeIdentity(registers(values), context);
  const mac = Uint8Array.of(0x24, 0x6f, 0x28, 0x10, 0xaa, 0x03);
  const word1 = 0x2810_aa03;

  it('sees whether the MAC and its CRC fit', () => {
    const crc = macCrc8(mac);
    expect(decode({ [efuse(1)]: word1, [efuse(2)]: (crc << 16) | 0x246f })).toMatchObject({
      mac: '24:6f:28:10:aa:03',
      macCrc: 'ok',
    });
    expect(decode({ [efuse(1)]: word1, [efuse(2)]: ((crc ^ 1) << 16) | 0x246f }).macCrc).toBe('bad');
  });

  it('computes the CRC-8 of the custom MAC in the espefuse documentation', () => {
    // 48:63:92:15:72:16 (CRC 0x75 OK)
    expect(macCrc8(Uint8Array.of(0x48, 0x63, 0x92, 0x15, 0x72, 0x16))).toBe(0x75);
  });

  it('reads a custom MAC from block 3 only with version 1 and a right CRC', () => {
    const custom = { 0x3ff5_a078: 0x9263_4875, 0x3ff5_a07c: 0x0016_7215, 0x3ff5_a08c: 0x0100_0000 };
    expect(decode(custom).customMac).toBe('48:63:92:15:72:16');
    expect(decode({ ...custom, 0x3ff5_a078: 0x9263_4876 }).customMac).toBeUndefined();
    expect(decode({ ...custom, 0x3ff5_a08c: 0 }).customMac).toBeUndefined();
  });

  it('sees a single core: the lamp', () => {
    expect(decode({ [efuse(3)]: 0x1 | (1 << 9) })).toMatchObject({ package: 'ESP32-S0WD', singleCore: true });
    expect(decode({ [efuse(3)]: 1 << 9 })).toMatchObject({ package: 'ESP32-D0WD', singleCore: false });
  });

  it.each([
    [0, 0, 0, 0],
    [1, 0, 0, 1],
    [1, 1, 0, 2],
    [1, 1, 1, 3],
    [0, 1, 0, 0],
  ])('revision bits %i %i %i are major %i', (bit0, bit1, bit2, major) => {
    const identity = decode({
      [efuse(3)]: bit0 << 15,
      [efuse(5)]: (bit1 << 20) | (1 << 24),
      0x3ff6_607c: bit2 << 31,
    });
    expect(identity.revision).toEqual({ major, minor: 1 });
  });

  it('does not guess the crystal from the UART of a stub', () => {
    const clkdiv = { 0x3ff4_0014: Math.round(80e6 / 115_200) };
    expect(decode(clkdiv, { mode: 'stub', baudRate: 115_200 }).crystalMhz).toBeUndefined();
    expect(decode({ 0x3ff4_0014: Math.round(26e6 / 115_200) }).crystalMhz).toBe(26);
  });

  it('hands the pads of in-package flash to SPI_ATTACH', () => {
    // PICO-D4: CLK 6, Q 17, D 8, CS 16, HD 11
    const read = registers({ [efuse(5)]: 6 | (17 << 5) | (8 << 10) | (16 << 15), [efuse(3)]: 11 << 4 });
    expect(chip('ESP32').spiPads!.decode(read)).toBe((11 << 24) | (16 << 18) | (8 << 12) | (17 << 6) | 6);
  });
});

describe('later chips are one table entry each', () => {
  it.each(CHIPS.map((entry) => [entry.name, entry] as const))('%s', async (_name, entry) => {
    const stub = await entry.loadStub();
    expect(stub.text.length).toBeGreaterThan(1000);
    expect(stub.entry).toBeGreaterThanOrEqual(stub.textStart);
    const identity = entry.decodeIdentity(() => 0, rom);
    expect(identity.chip).toBe(entry.name);
    expect(entry.decodeSecurity(() => 0, identity)).toMatchObject({
      secureBoot: 'none',
      flashEncryption: false,
    });
  });

  it('S3 and C3 read MAC, revision and embedded flash from block 1', () => {
    const s3 = chip('ESP32-S3').decodeIdentity(
      registers({ 0x6000_7044: 0x1234_5678, 0x6000_7048: 0xf412, 0x6000_7050: (2 << 18) | (1 << 27) }),
      rom,
    );
    expect(s3).toMatchObject({
      mac: 'f4:12:12:34:56:78',
      description: 'ESP32-S3 (revision v0.2)',
      embeddedFlashBytes: 8 * 1024 * 1024,
      singleCore: false,
    });
    const c3 = chip('ESP32-C3').decodeIdentity(
      registers({ 0x6000_8850: (4 << 18) | (1 << 27), 0x6000_8858: 0 }),
      rom,
    );
    expect(c3).toMatchObject({
      description: 'ESP32-C3 (revision v0.4)',
      embeddedFlashBytes: 4 * 1024 * 1024,
    });
  });

  it('are told apart by magic and id', () => {
    expect(chipByMagic(0x00f0_1d83)?.name).toBe('ESP32');
    expect(chipByMagic(0x1b31_506f)?.name).toBe('ESP32-C3');
    expect(chipById(13)?.name).toBe('ESP32-C6');
    expect(chipById(0)).toBeUndefined();
    expect(chipByMagic(1)).toBeUndefined();
  });
});
