import { describe, expect, it } from 'vitest';
import { esp32 } from '../../../src/protocols/esp/chips/esp32.ts';
import { latin1, type FakeLoader, type Heard } from './fake-loader.ts';
import { meet, noise } from './meet.ts';

const word = (request: Heard, index: number) =>
  new DataView(request.data.buffer, request.data.byteOffset).getUint32(index * 4, true);

describe('the stub', () => {
  it('is uploaded in blocks of 0x1800, text then data, and greets with OHAI', async () => {
    const { fake, loader, run } = await meet();
    expect(await run(loader.startStub())).toBe('stub');
    const begins = fake.heard.filter((request) => request.op === 0x05);
    // Sizes and addresses of stub v2 as the reference gives them.
    expect(
      begins.map((request) => [word(request, 0), word(request, 1), word(request, 2), word(request, 3)]),
    ).toEqual([
      [6456, 2, 0x1800, 0x400a_8000],
      [212, 1, 0x1800, 0x3ffd_ed6c],
    ]);
    const end = fake.heard.find((request) => request.op === 0x06)!;
    expect([word(end, 0), word(end, 1)]).toEqual([0, 0x400a_902c]);
    expect(loader.mode).toBe('stub');
  });

  it('for the ESP8266 too', async () => {
    const { fake, loader, run } = await meet({ chip: 'esp8266' });
    expect(await run(loader.startStub())).toBe('stub');
    expect(fake.heard.filter((request) => request.op === 0x05).map((request) => word(request, 3))).toEqual([
      0x4010_c500, 0x3fff_ae6c,
    ]);
  });

  it('is used as it is when one runs already', async () => {
    const { fake, loader, run } = await meet({ mode: 'stub' });
    expect(await run(loader.startStub())).toBe('stub');
    expect(fake.count(0x05)).toBe(0);
  });

  it('does without the reply to MEM_END, which a ROM may never send', async () => {
    const { fake, loader, run } = await meet();
    fake.script = ({ op }) => {
      if (op !== 0x06) return undefined;
      fake.mode = 'stub';
      fake.send(latin1('OHAI'));
      return 'silence';
    };
    expect(await run(loader.startStub())).toBe('stub');
  });

  it('sends a damaged block of the upload again, under the next number: the first is used up', async () => {
    const { fake, loader, run } = await meet();
    fake.script = ({ op }, count) => (op === 0x07 && count === 0 ? { status: [1, 7] } : undefined);
    expect(await run(loader.startStub())).toBe('stub');
    const blocks = fake.heard.filter((request) => request.op === 0x07);
    expect(blocks.map((request) => [word(request, 0), word(request, 1)])).toEqual([
      [0x1800, 0],
      [0x1800, 1],
      [312, 2],
      [212, 0],
    ]);
  });

  it('is uploaded from the start to an ESP8266 that got a damaged block', async () => {
    const { fake, loader, run } = await meet({ chip: 'esp8266' });
    fake.script = ({ op }, count) => (op === 0x07 && count === 1 ? { status: [1, 7] } : undefined);
    expect(await run(loader.startStub())).toBe('stub');
    const begins = fake.heard.filter((request) => request.op === 0x05);
    expect(begins.map((request) => word(request, 3)).slice(-2)).toEqual([0x4010_c500, 0x3fff_ae6c]);
    expect(begins.length).toBeGreaterThan(2);
  });

  it('is uploaded once more when an answer was lost on the way', async () => {
    const { fake, loader, run } = await meet();
    fake.script = ({ op }, count) => (op === 0x07 && count === 1 ? 'silence' : undefined);
    expect(await run(loader.startStub())).toBe('stub');
    expect(fake.count(0x05)).toBe(3);
  });

  it('is done without when it never greets and the ROM is still there', async () => {
    const { fake, loader, logged, run } = await meet();
    fake.stubStarts = false;
    expect(await run(loader.startStub())).toBe('rom');
    expect(loader.mode).toBe('rom');
    expect(logged.join()).toContain('going on with the ROM');
  });

  it('is uploaded once more when MEM_END itself got lost and the ROM is still there', async () => {
    const { fake, loader, run } = await meet();
    fake.script = ({ op }, count) => (op === 0x06 && count === 0 ? 'silence' : undefined);
    expect(await run(loader.startStub())).toBe('stub');
    expect(fake.count(0x06)).toBe(2);
  });

  it('counts as started when only its greeting was lost', async () => {
    const { fake, loader, run } = await meet();
    fake.script = ({ op }) => {
      if (op !== 0x06) return undefined;
      fake.mode = 'stub';
      return 'silence';
    };
    expect(await run(loader.startStub())).toBe('stub');
  });

  it('that leaves nobody answering is STUB_FAILED', async () => {
    const { fake, loader, run } = await meet();
    fake.script = ({ op }) => {
      if (op === 0x06) fake.powered = false;
      return op === 0x06 ? 'silence' : undefined;
    };
    await expect(run(loader.startStub())).rejects.toMatchObject({ code: 'STUB_FAILED' });
  });

  it('comes back by a reset of the lines where there are any', async () => {
    const { fake, loader, port, run } = await meet({ contact: { resetBy: 'lines' } });
    fake.script = ({ op }) => {
      if (op === 0x06) fake.powered = false;
      return op === 0x06 ? 'silence' : undefined;
    };
    port.onLines = ({ dtr, rts }) => {
      if (dtr && !rts) fake.powered = true;
    };
    expect(await run(loader.startStub())).toBe('rom');
  });
});

describe('the baud rate', () => {
  it('goes to the highest rate that answers three questions right', async () => {
    const { fake, loader, port, run } = await meet({ mode: 'stub' });
    expect(await run(loader.changeBaud())).toBe(921_600);
    expect(fake.baudRate).toBe(921_600);
    // A stub must be told the rate it has now.
    const order = fake.heard.find((request) => request.op === 0x0f)!;
    expect([word(order, 0), word(order, 1)]).toEqual([921_600, 115_200]);
    expect(port.bauds.slice(-1)).toEqual([921_600]);
  });

  it('steps down the ladder where the unit refuses a rate', async () => {
    const { fake, loader, logged, run } = await meet({ mode: 'stub' });
    fake.script = (request) =>
      request.op === 0x0f && word(request, 0) > 460_800 ? { status: [0xc4, 0] } : undefined;
    expect(await run(loader.changeBaud())).toBe(460_800);
    expect(logged.join()).toContain('921600 baud does not work');
  });

  it('gets both sides back when answers arrive damaged at the new rate', async () => {
    const { fake, loader, run } = await meet({ mode: 'stub' });
    fake.script = ({ op }) => (op === 0x0a && fake.baudRate === 921_600 ? 'silence' : undefined);
    expect(await run(loader.changeBaud())).toBe(460_800);
    expect(fake.baudRate).toBe(460_800);
    // The bad rate is not tried again in this session.
    expect(await run(loader.changeBaud())).toBe(460_800);
  });

  it('finds a unit again whose answer to the order was lost', async () => {
    const { fake, loader, run } = await meet({ mode: 'stub' });
    fake.script = ({ op }, count) => {
      if (op !== 0x0f || count > 0) return undefined;
      fake.baudRate = 921_600;
      return 'silence';
    };
    expect(await run(loader.changeBaud([921_600, 460_800]))).toBe(460_800);
  });

  const deafAbove460800 = (fake: FakeLoader) => {
    fake.maxBaudRate = 460_800;
  };

  it('asks for a power cycle where a hand-wired unit is lost at a rate that does not carry', async () => {
    let asked = 0;
    let taken = 0;
    const meeting = await meet({
      contact: {
        askPowerCycle: () => {
          asked++;
          meeting.fake.baudRate = 115_200;
          meeting.fake.mode = 'rom';
          return () => void taken++;
        },
      },
    });
    await meeting.run(meeting.loader.startStub());
    deafAbove460800(meeting.fake);
    expect(await meeting.run(meeting.loader.changeBaud())).toBe(460_800);
    expect([asked, taken, meeting.loader.mode]).toEqual([1, 1, 'stub']);
  });

  it('is BAUD_LOST where nobody can be asked', async () => {
    const { fake, loader, run } = await meet({ mode: 'stub' });
    deafAbove460800(fake);
    await expect(run(loader.changeBaud())).rejects.toMatchObject({
      code: 'BAUD_LOST',
      detail: { baudRate: 921_600, worksAt: 115_200 },
    });
  });

  it('is put right by a reset where there are lines', async () => {
    const { fake, loader, port, run } = await meet({ contact: { resetBy: 'lines' } });
    await run(loader.startStub());
    deafAbove460800(fake);
    port.onLines = ({ dtr, rts }) => {
      if (!dtr || rts) return;
      fake.mode = 'rom';
      fake.baudRate = 115_200;
    };
    expect(await run(loader.changeBaud())).toBe(460_800);
    expect(loader.mode).toBe('stub');
  });

  it('asks the adapter first: a host that cannot follow would lose the unit', async () => {
    const { fake, loader, port, run } = await meet({ mode: 'stub' });
    port.refusedBauds.add(921_600);
    expect(await run(loader.changeBaud())).toBe(460_800);
    expect(fake.count(0x0f)).toBe(1);
  });

  it('stays where it is over raw TCP and with the ESP8266 ROM', async () => {
    const overTcp = await meet({ mode: 'stub', port: { hasBaudRate: false } });
    await overTcp.run(overTcp.loader.changeBaud());
    expect(overTcp.fake.count(0x0f)).toBe(0);
    const rom = await meet({ chip: 'esp8266' });
    expect(await rom.run(rom.loader.changeBaud())).toBe(115_200);
    expect(rom.fake.count(0x0f)).toBe(0);
  });

  it('asks the ESP32 ROM for the rate its badly measured clock turns into the right one', () => {
    const registers = (calibration: number, clock8m: number) => (address: number) =>
      address === 0x3ff5_f06c ? calibration << 7 : clock8m;
    const decode = esp32.baudCompensation!.decode;
    // 39.0 MHz measured: 2.5 % low.
    expect(decode(registers(520, 192), 921_600)).toBe(Math.round((921_600 * 39) / 40));
    // Registers never filled in: the plain rate.
    expect(decode(registers(0, 0), 921_600)).toBe(921_600);
  });

  it('steps down once more on demand', async () => {
    const { loader, run } = await meet({ mode: 'stub' });
    await run(loader.changeBaud());
    expect(await run(loader.slowDown())).toBe(460_800);
    expect(await run(loader.slowDown())).toBe(230_400);
    expect(await run(loader.slowDown())).toBe(115_200);
    expect(await run(loader.slowDown())).toBeUndefined();
  });
});

describe('the flash chip', () => {
  it('is asked for its id through the SPI registers, which are put back', async () => {
    const { fake, loader, run } = await meet({ mode: 'stub' });
    expect(await run(loader.attachFlash())).toEqual({
      id: 'c84016',
      manufacturer: 'GigaDevice',
      sizeBytes: 0x40_0000,
    });
    const params = fake.heard.find((request) => request.op === 0x0b)!;
    expect([0, 1, 2, 3, 4, 5].map((index) => word(params, index))).toEqual([
      0, 0x40_0000, 0x1_0000, 0x1000, 0x100, 0xffff,
    ]);
    const writes = fake.heard
      .filter((request) => request.op === 0x09)
      .map((request) => [word(request, 0), word(request, 1)]);
    expect(writes).toContainEqual([0x3ff4_2024, 0x7000_009f]);
    expect(writes.at(-1)).toEqual([0x3ff4_2024, 0]);
  });

  it('is attached first with a ROM: two words on ESP32, an empty FLASH_BEGIN on ESP8266', async () => {
    const rom32 = await meet();
    await rom32.run(rom32.loader.attachFlash());
    expect(rom32.fake.heard.find((request) => request.op === 0x0d)?.data.length).toBe(8);
    const rom8266 = await meet({ chip: 'esp8266' });
    await rom8266.run(rom8266.loader.attachFlash());
    const begin = rom8266.fake.heard.find((request) => request.op === 0x02)!;
    expect([0, 1, 2, 3].map((index) => word(begin, index))).toEqual([0, 0, 0x400, 0]);
    expect(rom8266.fake.ops()).not.toContain(0x0b);
  });

  it.each([0x00_0000, 0xff_ffff, 0xff_ff3f])('that answers %i is silent', async (id) => {
    const { fake, loader, run } = await meet({ mode: 'stub' });
    fake.registers.set(0x3ff4_2080, id);
    await expect(run(loader.attachFlash())).rejects.toMatchObject({ code: 'FLASH_CHIP_SILENT' });
  });

  it('is asked again when an answer is lost', async () => {
    const { fake, loader, run } = await meet({ mode: 'stub' });
    fake.script = ({ op }, count) => (op === 0x09 && count === 2 ? 'silence' : undefined);
    expect((await run(loader.attachFlash())).id).toBe('c84016');
  });

  it.each(['rom', 'stub'] as const)('is told its size again when that got lost (%s)', async (mode) => {
    const { fake, loader, run } = await meet({ mode });
    fake.script = ({ op }, count) => (op === 0x0b && count === 0 ? 'silence' : undefined);
    expect((await run(loader.attachFlash())).sizeBytes).toBe(0x40_0000);
    expect(fake.count(0x0b)).toBe(2);
  });

  it('that keeps silent about its size is not asked for ever', async () => {
    const { fake, loader, run } = await meet();
    fake.script = ({ op }) => (op === 0x0b ? 'silence' : undefined);
    await expect(run(loader.attachFlash())).rejects.toMatchObject({ code: 'LOADER_SILENT' });
    expect(fake.count(0x0b)).toBe(3);
  });

  it('is never addressed beyond its end: nothing is sent', async () => {
    const { fake, loader, run } = await meet({ mode: 'stub' });
    await run(loader.attachFlash());
    const before = fake.heard.length;
    const refused = { code: 'LOADER_REFUSED', detail: { flashBytes: 0x40_0000 } };
    const bytes = new Uint8Array(0x2000);
    await expect(loader.writeRegion({ offset: 0x3f_f000, bytes })).rejects.toMatchObject(refused);
    await expect(loader.readFlash(0x3f_ffff, 2, { onChunk: () => {} })).rejects.toMatchObject(refused);
    await expect(loader.eraseRegion(0x40_0000, 0x1000)).rejects.toMatchObject(refused);
    await expect(loader.md5(0, 0x40_0001)).rejects.toMatchObject(refused);
    await expect(loader.md5(-1, 16)).rejects.toMatchObject(refused);
    expect(fake.heard.length).toBe(before);
    await run(loader.md5(0x3f_f000, 0x1000));
  });

  it('of unknown size leaves the size open, unless it is given', async () => {
    const { fake, loader, run } = await meet({ mode: 'stub' });
    fake.registers.set(0x3ff4_2080, 0x77_40ef);
    expect((await run(loader.attachFlash())).sizeBytes).toBeUndefined();
    expect((await run(loader.attachFlash({ sizeBytes: 0x20_0000 }))).sizeBytes).toBe(0x20_0000);
  });

  it('of Adesto counts its size in the second byte', async () => {
    const { fake, loader, run } = await meet({ mode: 'stub' });
    fake.registers.set(0x3ff4_2080, 0x01_461f);
    expect(await run(loader.attachFlash())).toMatchObject({
      id: '1f4601',
      manufacturer: 'Adesto',
      sizeBytes: 0x20_0000,
    });
  });
});

describe('security', () => {
  it.each([
    // w0 bits 20 to 26: an odd number of ones is encryption on.
    [0, 0, { flashEncryption: false, secureBoot: 'none', downloadEncryptDisabled: false }],
    [1 << 20, 0x80, { flashEncryption: true, downloadEncryptDisabled: true }],
    [3 << 20, 0, { flashEncryption: false }],
    [7 << 20, 0x10, { flashEncryption: true, secureBoot: 'v1' }],
    // Bit 5 means V2 only from revision 3 on.
    [0, 0x20, { secureBoot: 'none' }],
  ])('ESP32 w0 %i w6 %i', async (word0, word6, expected) => {
    const { fake, loader, run } = await meet();
    fake.registers.set(0x3ff5_a000, word0);
    fake.registers.set(0x3ff5_a018, word6);
    expect(await run(loader.readSecurity())).toMatchObject(expected);
  });

  it('ESP8266 has none', async () => {
    const { loader, run } = await meet({ chip: 'esp8266' });
    expect(await run(loader.readSecurity())).toMatchObject({ flashEncryption: false, secureBoot: 'none' });
  });
});

describe('replies', () => {
  it.each([0x0a, 0x13, 0x0d])(
    'a ROM that calls a damaged request unknown, under the op of its answer before (%i), is asked again',
    async (echoedOp) => {
      const { fake, loader, run } = await meet();
      const damaged = new Set([0x0d, 0x0a, 0x0b, 0x13]);
      fake.script = ({ op }) => (damaged.delete(op) ? { op: echoedOp, status: [1, 5] } : undefined);
      expect((await run(loader.attachFlash())).id).toBe('c84016');
      expect(await run(loader.md5(0, 0x1000))).toMatch(/^[0-9a-f]{32}$/);
      expect(fake.count(0x13)).toBe(2);
    },
  );

  it('a ROM that says so twice does not know the command', async () => {
    const { fake, loader, run } = await meet();
    fake.script = ({ op }) => (op === 0x13 ? { op: 0x0a, status: [1, 5] } : undefined);
    await expect(run(loader.md5(0, 0x1000))).rejects.toMatchObject({ code: 'LOADER_UNSUPPORTED' });
    expect(fake.count(0x13)).toBe(2);
  });

  it('flash that begins like a refusal is no refusal', async () => {
    const { fake, loader, run } = await meet();
    fake.flash.set([0x01, 0x05], 0x40);
    const read: number[] = [];
    await run(loader.readFlash(0, 0x1000, { onChunk: (bytes) => void read.push(...bytes) }));
    expect(read.slice(0x40, 0x42)).toEqual([1, 5]);
    expect(fake.count(0x0e)).toBe(64);
  });

  it('values left over by the ESP32 ROM and late replies of other commands mislead nobody', async () => {
    const { fake, loader, run } = await meet();
    fake.script = ({ op }) => {
      if (op !== 0x0b) return undefined;
      for (let copy = 0; copy < 7; copy++) fake.reply(0x08, [0], undefined, 0x2012_0707);
      return undefined;
    };
    expect((await run(loader.attachFlash())).id).toBe('c84016');
  });

  it('the MD5 is 32 hex digits from a ROM and 16 bytes from a stub', async () => {
    const rom = await meet();
    const stub = await meet({ mode: 'stub' });
    const fromRom = await rom.run(rom.loader.md5(0, 0x1000));
    expect(fromRom).toMatch(/^[0-9a-f]{32}$/);
    expect(await stub.run(stub.loader.md5(0, 0x1000))).toBe(fromRom);
  });

  it('a lost answer to a question is asked again', async () => {
    const { fake, loader, run } = await meet({ mode: 'stub' });
    fake.script = ({ op }, count) => (op === 0x13 && count === 0 ? 'silence' : undefined);
    await run(loader.md5(0, 0x1000));
    expect(fake.count(0x13)).toBe(2);
  });

  it('a crash report instead of an answer is in the message', async () => {
    const { fake, loader, port, run } = await meet({ mode: 'stub' });
    fake.script = ({ op }) => {
      if (op !== 0xd0) return undefined;
      fake.powered = false;
      port.deliverSoon(latin1('Guru Meditation Error: Core 0 panicked'));
      return 'silence';
    };
    await expect(run(loader.eraseChip())).rejects.toThrow(/Guru Meditation Error: Core 0 panicked/);
  });

  it('erasing covers whole sectors and needs the stub', async () => {
    const stub = await meet({ mode: 'stub' });
    await expect(stub.loader.eraseRegion(0, 100)).rejects.toThrow(RangeError);
    await stub.run(stub.loader.eraseRegion(0x9000, 0x5000));
    const erase = stub.fake.heard.find((request) => request.op === 0xd1)!;
    expect([word(erase, 0), word(erase, 1)]).toEqual([0x9000, 0x5000]);
    const rom = await meet();
    await expect(rom.loader.eraseRegion(0, 0x1000)).rejects.toMatchObject({ code: 'LOADER_UNSUPPORTED' });
    await expect(rom.loader.eraseChip()).rejects.toMatchObject({ code: 'LOADER_UNSUPPORTED' });
  });
});

describe('finding the unit again', () => {
  it('sets stub, flash size and rate up as they were when the unit was power-cycled', async () => {
    const { fake, loader, run } = await meet();
    await run(loader.startStub());
    await run(loader.attachFlash());
    await run(loader.changeBaud([460_800]));
    fake.mode = 'rom';
    fake.baudRate = 115_200;
    await run(loader.resync());
    expect([loader.mode, loader.baudRate, fake.mode, fake.baudRate]).toEqual([
      'stub',
      460_800,
      'stub',
      460_800,
    ]);
    expect(fake.count(0x0b)).toBeGreaterThan(1);
  });

  it('looks at every rate for a stub that lost its rate', async () => {
    const { fake, loader, run } = await meet({ mode: 'stub' });
    fake.baudRate = 230_400;
    await run(loader.resync());
    expect(loader.baudRate).toBe(230_400);
  });

  it('refuses another unit, and another chip', async () => {
    const swapped = await meet({ mode: 'stub' });
    swapped.fake.setMac('24:6f:28:10:aa:99');
    await expect(swapped.run(swapped.loader.resync())).rejects.toMatchObject({ code: 'UNIT_SWAPPED' });
    const other = await meet({ mode: 'stub' });
    other.fake.registers.set(0x4000_1000, 0xfff0_c101);
    await expect(other.run(other.loader.isAlive())).rejects.toMatchObject({ code: 'UNIT_SWAPPED' });
  });

  it('knows whether the unit is still there', async () => {
    const { fake, loader, run } = await meet({ mode: 'stub' });
    expect(await run(loader.isAlive())).toBe(true);
    fake.powered = false;
    expect(await run(loader.isAlive())).toBe(false);
    await expect(run(loader.resync())).rejects.toMatchObject({ code: 'LOADER_SILENT' });
  });

  it('leaves the port unheard when closed', async () => {
    const { loader, port } = await meet();
    expect(port.listeners).toBeGreaterThan(0);
    loader.close();
    loader.close();
    expect(port.listeners).toBe(0);
  });

  it('writes and reads on after a power cycle in mid-write', async () => {
    const { fake, loader, run } = await meet();
    await run(loader.startStub());
    const bytes = noise(0x1_0000);
    fake.script = ({ op }, count) => {
      if (op !== 0x03 || count !== 2) return undefined;
      fake.mode = 'rom';
      return 'silence';
    };
    await run(loader.writeRegion({ offset: 0x1000, bytes }));
    expect(Buffer.compare(fake.flash.subarray(0x1000, 0x1_1000), bytes)).toBe(0);
    expect(loader.mode).toBe('stub');
  });
});
