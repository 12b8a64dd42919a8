import { describe, expect, it } from 'vitest';
import { contactLoader, type ContactOptions, type LineFinding } from '../../../src/protocols/esp/index.ts';
import { ManualClock } from '../../harness/manual-clock.ts';
import { ScriptedPort, type ScriptedPortOptions } from '../../harness/scripted-port.ts';
import { FakeLoader, latin1 } from './fake-loader.ts';

const FLASH_BOOT =
  'ets Jun  8 2016 00:22:57\r\n\r\nrst:0x1 (POWERON_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)\r\nconfigsip: 0, SPIWP:0xee\r\n';
const DOWNLOAD =
  'rst:0x1 (POWERON_RESET),boot:0x3 (DOWNLOAD_BOOT(UART0/UART1/SDIO_REI_REO_V2))\r\nwaiting for download\r\n';

function bench(
  portOptions: ScriptedPortOptions = {},
  loaderOptions: ConstructorParameters<typeof FakeLoader>[1] = {},
) {
  const port = new ScriptedPort(portOptions);
  const clock = new ManualClock();
  const loader = new FakeLoader(port, loaderOptions);
  const controller = new AbortController();
  const heard: LineFinding[] = [];
  const contact = (options: Partial<ContactOptions> = {}) =>
    contactLoader(port, {
      clock,
      signal: controller.signal,
      resetBy: 'hands',
      limitMs: 5_000,
      onHeard: (finding) => heard.push(finding),
      ...options,
    });
  return { port, clock, loader, controller, heard, contact };
}

describe('contact by hand', () => {
  it('meets an ESP32 in its ROM and reads who it is', async () => {
    const { clock, contact, loader } = bench({ hasControlLines: false });
    const met = await clock.run(contact());
    expect(met.mode).toBe('rom');
    expect(met.identity).toMatchObject({
      chip: 'ESP32',
      description: 'ESP32-D0WD (revision v1.0)',
      mac: '24:6f:28:10:aa:03',
      macCrc: 'ok',
      singleCore: false,
      crystalMhz: 40,
    });
    // The magic word is asked first: GET_SECURITY_INFO would raise the storm of refusals.
    expect(loader.ops()).not.toContain(0x14);
  });

  it('meets an ESP8266', async () => {
    const { clock, contact } = bench({}, { chip: 'esp8266' });
    const met = await clock.run(contact());
    expect(met.identity).toMatchObject({ chip: 'ESP8266', mac: 'a0:20:a6:12:34:56', macCrc: 'none' });
  });

  it('keeps asking while the operator takes his time, and finds the unit when power comes', async () => {
    const { clock, contact, loader, port } = bench();
    loader.powered = false;
    const meeting = contact({ limitMs: Infinity });
    await clock.advance(60_000);
    expect(port.written.length).toBeGreaterThan(350);
    loader.powered = true;
    expect((await clock.run(meeting)).identity.chip).toBe('ESP32');
  });

  it('recognises a stub that runs already by value 0', async () => {
    const { clock, contact } = bench({}, { mode: 'stub' });
    expect((await clock.run(contact())).mode).toBe('stub');
  });

  it('finds a stub that was left at another rate', async () => {
    const { clock, contact, loader } = bench({}, { mode: 'stub' });
    loader.baudRate = 460_800;
    const met = await clock.run(contact({ baudRates: [115_200, 921_600, 460_800] }));
    expect([met.mode, met.baudRate]).toEqual(['stub', 460_800]);
  });

  it('works over raw TCP, where neither lines nor rate exist', async () => {
    const { clock, contact, port } = bench({ hasControlLines: false, hasBaudRate: false });
    await clock.run(contact({ baudRates: [115_200, 921_600] }));
    expect(port.bauds).toEqual([]);
  });

  it('takes a late answer of a slow ROM, replies to earlier SYNCs and all', async () => {
    const { clock, contact, loader, port } = bench();
    loader.script = ({ op }) => {
      if (op !== 0x08) return undefined;
      const reply = loader.response(op, [0], undefined, 0x2012_0707);
      clock.after(240, () => {
        for (let copy = 0; copy < 8; copy++) loader.send(reply);
      });
      return 'silence';
    };
    expect((await clock.run(contact())).identity.mac).toBe('24:6f:28:10:aa:03');
    expect(port.written.length).toBeGreaterThan(2);
  });

  it('stops at once when cancelled, and leaves the port unheard', async () => {
    const { clock, contact, controller, loader, port } = bench();
    loader.powered = false;
    const meeting = contact({ limitMs: Infinity });
    meeting.catch(() => {});
    await clock.advance(1_000);
    controller.abort();
    await expect(clock.run(meeting)).rejects.toThrow();
    expect(port.listeners).toBe(0);
  });

  it('ends with the link when it is lost', async () => {
    const { clock, contact, loader, port } = bench();
    loader.powered = false;
    const meeting = contact({ limitMs: Infinity });
    meeting.catch(() => {});
    await clock.advance(500);
    port.lose();
    await expect(clock.run(meeting)).rejects.toMatchObject({ code: 'LINK_LOST' });
  });

  it('refuses a chip without a MAC as NO_IDENTITY: the CRC of six zeros is right', async () => {
    for (const mac of ['00:00:00:00:00:00', 'ff:ff:ff:ff:ff:ff']) {
      const { clock, contact, loader } = bench();
      loader.setMac(mac);
      await expect(clock.run(contact())).rejects.toMatchObject({ code: 'NO_IDENTITY' });
    }
  });

  it('refuses an ESP8266 with blank efuses too', async () => {
    const { clock, contact, loader } = bench({}, { chip: 'esp8266' });
    for (const address of [0x3ff0_0050, 0x3ff0_0054, 0x3ff0_005c]) loader.registers.set(address, 0);
    const failure: unknown = await clock.run(contact()).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'NO_IDENTITY' });
  });

  it('does not call a loader that answered once and fell silent garbage', async () => {
    const { clock, contact, loader } = bench();
    loader.script = ({ op }, count) => (op === 0x08 && count === 0 ? undefined : 'silence');
    await expect(clock.run(contact())).rejects.toMatchObject({ code: 'LOADER_SILENT' });
  });

  it('says that a chip is unknown, after asking for its id and draining the storm', async () => {
    const { clock, contact, loader } = bench();
    loader.registers.set(0x4000_1000, 0x1234_5678);
    loader.script = ({ op }) => {
      if (op !== 0x14) return undefined;
      // Eight refusals, each with another op byte than the one asked.
      for (let copy = 0; copy < 8; copy++) loader.send(loader.response(0x0b, [1, 5]));
      return 'silence';
    };
    await expect(clock.run(contact())).rejects.toMatchObject({ code: 'UNKNOWN_CHIP' });
    // Asked twice, as a damaged question gets the same answer; drained, not left for the next command.
    expect(loader.count(0x14)).toBe(2);
  });

  it('finds S2 and later by the id of GET_SECURITY_INFO', async () => {
    const { clock, contact, loader } = bench();
    loader.registers.set(0x4000_1000, 0xdead_beef);
    const info = new Uint8Array(20);
    info[12] = 5; // chip id of the ESP32-C3
    loader.registers.set(0x6000_8844, 0x1234_5678);
    loader.registers.set(0x6000_8848, 0xa0b1);
    loader.script = ({ op }) => {
      if (op !== 0x14) return undefined;
      loader.reply(op, [0], info);
      return 'silence';
    };
    expect((await clock.run(contact())).identity).toMatchObject({
      chip: 'ESP32-C3',
      mac: 'a0:b1:12:34:56:78',
    });
  });

  it('refuses secure download mode, where no register can be read', async () => {
    const { clock, contact, loader } = bench();
    const info = new Uint8Array(20);
    info[0] = 4;
    info[12] = 9;
    loader.script = ({ op }) => {
      if (op === 0x0a) return { status: [1, 5] };
      if (op !== 0x14) return undefined;
      loader.reply(op, [0], info);
      return 'silence';
    };
    await expect(clock.run(contact())).rejects.toMatchObject({ code: 'SECURE_DOWNLOAD' });
  });

  it('does not believe a MAC that was read only once', async () => {
    const { clock, contact, loader } = bench();
    let damaged = false;
    loader.script = ({ op, data }) => {
      if (op !== 0x0a || damaged || data[0] !== 0x04 || data[1] !== 0xa0) return undefined;
      damaged = true;
      loader.reply(op, [0], undefined, 0xffff_ffff);
      return 'silence';
    };
    expect((await clock.run(contact())).identity.mac).toBe('24:6f:28:10:aa:03');
    expect(damaged).toBe(true);
  });
});

describe('what is heard while nobody answers', () => {
  it.each([
    ['nothing', '', 'NOTHING_HEARD'],
    ['normal-boot', FLASH_BOOT, 'GPIO0_HIGH'],
    ['download-deaf', DOWNLOAD, 'HOST_TX_NOT_HEARD'],
    ['garbage', '\xe3\x9f\x02\xf1\x8c\x00\xfe\xd2\x83', 'GARBAGE_HEARD'],
    [
      'boot-loop',
      'rst:0x10 (RTCWDT_RTC_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)\r\ninvalid header: 0xffffffff\r\n'.repeat(
        4,
      ),
      'BOOT_LOOP_HEARD',
    ],
  ])('%s', async (kind, text, code) => {
    const { clock, contact, heard, loader, port } = bench();
    loader.powered = false;
    const meeting = contact();
    meeting.catch(() => {});
    await clock.advance(400);
    port.deliver(latin1(text));
    await expect(clock.run(meeting)).rejects.toMatchObject({ code });
    expect(heard.map((finding) => finding.kind)).toEqual(kind === 'nothing' ? [] : [kind]);
  });

  it('reports each change once', async () => {
    const { clock, contact, heard, loader, port } = bench();
    loader.powered = false;
    const meeting = contact({ limitMs: Infinity });
    await clock.advance(300);
    port.deliver(latin1(FLASH_BOOT));
    await clock.advance(500);
    port.deliver(latin1('I (31) boot: more of the same\r\n'));
    await clock.advance(500);
    port.deliver(latin1(DOWNLOAD));
    await clock.advance(1_000);
    loader.powered = true;
    await clock.run(meeting);
    expect(heard.map((finding) => finding.kind)).toEqual(['normal-boot', 'download-deaf']);
  });

  it('says nothing of the download text of a unit that answers a moment later', async () => {
    const { clock, contact, heard, loader, port } = bench();
    loader.powered = false;
    const meeting = contact();
    await clock.advance(300);
    port.deliver(latin1(DOWNLOAD));
    await clock.advance(200);
    loader.powered = true;
    await clock.run(meeting);
    expect(heard).toEqual([]);
  });

  it('listens at 74880 for the next boot text of an ESP8266 when 115200 gives garbage', async () => {
    const { clock, contact, heard, loader, port } = bench({}, { chip: 'esp8266' });
    loader.powered = false;
    const meeting = contact({ limitMs: 10_000 });
    meeting.catch(() => {});
    await clock.advance(300);
    port.deliver(latin1('\xe3\x9f\x02\xf1\x8c\x00\xfe\xd2\x83'));
    while (port.baudRate !== 74_880) await clock.advance(100);
    port.deliver(
      latin1(' ets Jan  8 2013,rst cause:2, boot mode:(3,6)\r\n\r\nload 0x4010f000, len 3584, room 16 \r\n'),
    );
    await expect(clock.run(meeting)).rejects.toMatchObject({ code: 'GPIO0_HIGH' });
    expect(heard.at(-1)?.kind).toBe('normal-boot');
  });

  it('hears its own requests: TX and RX are joined', async () => {
    const { clock, contact, port } = bench();
    port.onWrite = (bytes) => port.deliver(bytes);
    await expect(clock.run(contact())).rejects.toMatchObject({
      code: 'NOTHING_HEARD',
      detail: { heard: 'echo' },
    });
  });
});

describe('contact by the lines', () => {
  it('resets with GPIO0 low and meets the ROM', async () => {
    const { clock, contact, loader, port } = bench();
    loader.powered = false;
    // EN low with GPIO0 high, then EN high with GPIO0 low: the ROM starts.
    port.onLines = ({ dtr, rts }) => {
      if (dtr && !rts) loader.powered = true;
    };
    const met = await clock.run(contact({ resetBy: 'lines' }));
    expect(met.mode).toBe('rom');
    expect(port.lines.at(-1)).toEqual({ dtr: false, rts: false });
  });

  it('goes through the strategies in turn: tight, tight and long, classic, classic and long', async () => {
    const { clock, contact, loader, port } = bench();
    loader.powered = false;
    await expect(clock.run(contact({ resetBy: 'lines', limitMs: 6_000 }))).rejects.toMatchObject({
      code: 'NOTHING_HEARD',
    });
    const bothOff = { dtr: false, rts: false };
    const enLow = { dtr: false, rts: true };
    const gpio0Low = { dtr: true, rts: false };
    const both = { dtr: true, rts: true };
    expect(port.lines.slice(0, 5)).toEqual([bothOff, both, enLow, gpio0Low, bothOff]);
    expect(port.lines.slice(10, 15)).toEqual([bothOff, enLow, both, gpio0Low, bothOff]);
  });

  it('says so when the port has no lines', async () => {
    const { clock, contact } = bench({ hasControlLines: false });
    await expect(clock.run(contact({ resetBy: 'lines' }))).rejects.toMatchObject({
      code: 'NO_CONTROL_LINES',
    });
  });
});
