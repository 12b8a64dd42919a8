import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { tasmota } from '../../../src/virtual/plug/tasmota/tasmota.ts';
import {
  practiceFull15,
  practiceLite15,
  practiceLite9,
  practiceTasmota67,
  practiceTasmota85,
} from '../../../src/virtual/plug/tasmota/tasmota-images.ts';
import { LonePlug, type LonePlugOptions } from './harness/lone-plug.ts';
import { ask, upload } from './harness/raw-http.ts';

const SHARED = join(import.meta.dirname, '../../../../shared/data/plugs');
const MIB = 1_048_576;
const plugs: LonePlug[] = [];
afterEach(() => plugs.splice(0).forEach((plug) => plug.close()));

function plugWith(image: Uint8Array, options: Partial<LonePlugOptions> = {}): LonePlug {
  const flash = new Uint8Array(MIB).fill(0xff);
  flash.set(image);
  const plug = new LonePlug({ firmwares: [tasmota], flash, ...options });
  plugs.push(plug);
  return plug;
}

/** Set up through the Wi-Fi page, as a person would. */
async function joined(image: Uint8Array, options: Partial<LonePlugOptions> = {}): Promise<LonePlug> {
  const plug = plugWith(image, options);
  const before = plug.starts;
  await ask(await plug.port(80), '/wi?s1=practice-net&p1=practice-key&save=');
  await plug.started(before + 1);
  await plug.until(() => plug.station != null);
  return plug;
}

type Group = 'Status' | 'StatusFWR' | 'StatusMEM' | 'StatusPRM' | 'StatusNET' | 'StatusSTS';
type Answer = Readonly<Record<Group, Record<string, unknown>>> & Record<string, unknown>;

const command = async (plug: LonePlug, line: string, headers = {}) =>
  JSON.parse(
    (await ask(await plug.port(80), `/cm?cmnd=${encodeURIComponent(line)}`, { headers })).body.toString(),
  ) as Answer;

const referer = { Referer: 'http://10.77.0.11/up' };

describe('a new Tasmota', () => {
  it('opens its access point and takes a Wi-Fi network from its page', async () => {
    const plug = plugWith(practiceLite9());
    await plug.until(() => plug.accessPoint != null);
    // 0xa1b2c3 & 0x1fff
    expect(plug.accessPoint).toEqual({ ssid: 'tasmota_A1B2C3-4803', address: '192.168.4.1' });
    const page = await ask(await plug.port(80), '/');
    expect(page.body.toString()).toContain("name='s1'");
    expect(page.headers.server).toBe('Tasmota/9.2.0 (ESP8285)');
    const saved = await ask(await plug.port(80), '/wi?s1=practice-net&p1=practice-key&save=');
    expect(saved.text).toContain('Configuration saved');
    await plug.started(2);
    await plug.until(() => plug.station != null);
    expect(plug.accessPoint).toBeUndefined();
    expect((await command(plug, 'Status 5')).StatusNET).toMatchObject({
      IPAddress: '10.77.0.11',
      Mac: 'A4:CF:12:A1:B2:C3',
      Hostname: 'tasmota_A1B2C3-4803',
    });
  });

  it('comes back with its access point after a wrong password', async () => {
    const plug = plugWith(practiceLite9());
    await ask(await plug.port(80), '/wi?s1=practice-net&p1=wrong-password&save=');
    await plug.started(2);
    await plug.until(() => plug.accessPoint != null);
    expect(plug.station).toBeUndefined();
  });
});

describe('status', () => {
  it('tells version, variant, memory, boots and signal', async () => {
    const plug = await joined(practiceLite9());
    const status = await command(plug, 'Status 0');
    expect(status.StatusFWR).toMatchObject({
      Version: '9.2.0(lite)',
      Core: '2_7_4_9',
      BuildDateTime: '2021-01-21T12:00:00',
    });
    expect(status.StatusMEM).toMatchObject({ FlashSize: 1024, ProgramFlashSize: 1024, FlashMode: 3 });
    const program = Math.ceil(practiceLite9().length / 4096) * 4;
    expect(status.StatusMEM.Free).toBe(0xfb000 / 1024 - program);
    expect(status.StatusPRM).toMatchObject({ BootCount: 2, RestartReason: 'Software/System restart' });
    expect(status.StatusPRM.Uptime).toMatch(/^0T00:00:\d\d$/);
    expect(status.StatusSTS.Wifi).toMatchObject({ SSId: 'practice-net', Signal: -58, RSSI: 84 });
    expect(Object.keys(status)).toHaveLength(10);
  });

  it.skipIf(!existsSync(SHARED))('is told by the real images too', async () => {
    const real = (name: string) => new Uint8Array(readFileSync(join(SHARED, name)));
    const lite = await joined(real('tasmota-lite-9.2.0.bin'));
    expect((await command(lite, 'Status 2')).StatusFWR).toMatchObject({
      Version: '9.2.0(lite)',
      Core: '2_7_4_9',
      SDK: '2.2.2-dev(38a443e)',
    });
    expect((await command(lite, 'Status 4')).StatusMEM.ProgramSize).toBe(Math.floor(487_824 / 1024));
    const staged = await upload(await lite.port(80), '/u2?fsz=388096', real('tasmota-minimal-9.2.0.bin'));
    expect(staged.text).toContain('Upload Successful');
    await lite.started(3);
    await lite.until(() => lite.station != null);
    expect((await command(lite, 'Status 2')).StatusFWR.Version).toBe('9.2.0(minimal)');
    const answers = await Promise.all(
      ['/dl', '/rs', '/wi', '/in', '/up'].map(async (path) => (await ask(await lite.port(80), path)).status),
    );
    expect(answers).toEqual([404, 404, 404, 404, 200]);
  });
});

describe('an upload', () => {
  it('is staged below the file system, copied by the boot loader, and the settings are kept', async () => {
    const plug = await joined(practiceLite9());
    await command(plug, 'DeviceName Plug 7');
    const image = practiceLite15();
    expect((await ask(await plug.port(80), '/up')).status).toBe(200);
    const answer = await upload(await plug.port(80), `/u2?fsz=${image.length}`, image, {
      headers: { Referer: 'http://10.77.0.11/up' },
    });
    expect(answer.status).toBe(200);
    expect(answer.text).toContain('Upload Successful');
    const room = (0xfb000 - Math.ceil(practiceLite9().length / 4096) * 4096 - 0x1000) & ~0xfff;
    const start = (0xfb000 - room).toString(16);
    expect(plug.lines).toContain(`staged ${image.length} bytes at 0x${start} for the boot loader`);
    await plug.started(3);
    expect(Buffer.from(plug.flash.subarray(0, image.length)).equals(Buffer.from(image))).toBe(true);
    await plug.until(() => plug.station != null);
    const status = await command(plug, 'Status 0');
    expect(status.StatusFWR.Version).toBe('15.5.0(lite)');
    expect(status.Status.DeviceName).toBe('Plug 7');
  });

  it('of gzip runs what is in it', async () => {
    const plug = await joined(practiceLite9());
    const answer = await upload(await plug.port(80), '/u2', gzipSync(practiceFull15()));
    expect(answer.text).toContain('Upload Successful');
    await plug.started(3);
    await plug.until(() => plug.station != null);
    expect((await command(plug, 'Status 2')).StatusFWR.Version).toBe('15.5.0(tasmota)');
  });

  it.each([
    [1, '', practiceLite15()],
    [2, 'a.bin', practiceFull15()],
    [3, 'a.bin', Buffer.from('<!DOCTYPE html>'.repeat(100))],
    [4, 'a.bin', withByte(practiceLite15(), 3, 0x40)],
  ])('is refused with error %i and status 200', async (error, fileName, file) => {
    const plug = await joined(practiceLite9());
    const answer = await upload(await plug.port(80), '/u2', file, { fileName });
    expect(answer.status).toBe(200);
    const texts = [
      'No file selected',
      // The image is larger than what was reserved, which shows with the block that does not fit any more.
      'Upload buffer miscompare',
      'Invalid file signature',
      'Program flash size is larger than real flash size',
    ];
    expect(answer.text).toContain(`Upload Failed${texts[error - 1]}`);
    expect(plug.rtc.command).toBeUndefined();
    // The error does not stick once it was shown.
    expect((await upload(await plug.port(80), '/u2', practiceLite15())).text).toContain('Successful');
  });

  it.each([1, 2, 3, 4, 5, 6, 7, 8, 9, 14])('shows error %i of its fault', async (error) => {
    const plug = await joined(practiceLite9(), { faults: [`upload-error-${error}-once`] });
    const answer = await upload(await plug.port(80), '/u2', practiceLite15());
    expect(answer.status).toBe(200);
    expect(answer.text).toContain(error === 14 ? 'Upload Failed' + 'Upload error code 14' : 'Upload Failed');
    expect(plug.rtc.command).toBeUndefined();
    plug.powerCycle();
    await plug.until(() => plug.station != null);
    expect((await upload(await plug.port(80), '/u2', practiceLite15())).text).toContain('Successful');
  });

  it('after the restore page is taken for settings until the upload page was asked for', async () => {
    const plug = await joined(practiceLite9());
    await ask(await plug.port(80), '/rs');
    expect((await upload(await plug.port(80), '/u2', practiceLite15())).text).toContain('File too large');
    expect((await upload(await plug.port(80), '/u2', new Uint8Array(4096))).text).toContain('File invalid');
    await ask(await plug.port(80), '/up');
    expect((await upload(await plug.port(80), '/u2', practiceLite15())).text).toContain('Successful');
  });

  it('that breaks off leaves error 7 and the old firmware', async () => {
    const plug = await joined(practiceLite9(), { faults: ['drops-upload-once'] });
    await expect(upload(await plug.port(80), '/u2', practiceLite15())).rejects.toThrow();
    expect((await ask(await plug.port(80), '/u3')).text).toContain('Upload aborted');
    expect(plug.rtc.command).toBeUndefined();
  });
});

describe('older versions', () => {
  it('6.7 take no gzip and know no marker', async () => {
    const plug = await joined(practiceTasmota67());
    expect((await command(plug, 'Status 2')).StatusFWR.Version).toBe('6.7.1(sensors)');
    const zipped = await upload(await plug.port(80), '/u2', gzipSync(practiceLite9()));
    expect(zipped.text).toContain('Magic byte is not 0xE9');
    expect((await upload(await plug.port(80), '/u2', practiceLite9())).text).toContain('Successful');
    await plug.started(3);
    // Settings of before version 8 are carried over.
    await plug.until(() => plug.station != null);
    expect((await command(plug, 'Status 2')).StatusFWR.Version).toBe('9.2.0(lite)');
  });

  it('8.5 want the marker, on a word, and let go of it with SetOption78', async () => {
    const plug = await joined(practiceTasmota85());
    const image = practiceLite9();
    const at = Buffer.from(image).indexOf(Buffer.from([0xa5, 0x5a, 0xa5, 0x5a]));
    const without = withByte(image, at, 0);
    const refused = await upload(await plug.port(80), '/u2', withChecksum(without, image, at));
    expect(refused.text).toContain('Upload FailedNot compatible');
    expect(plug.rtc.command).toBeUndefined();
    expect(await command(plug, 'SetOption78 1')).toEqual({ SetOption78: 'ON' });
    const taken = await upload(await plug.port(80), '/u2', withChecksum(without, image, at));
    expect(taken.text).toContain('Upload Successful');
  });

  it('lose settings that come from a newer version', async () => {
    const plug = await joined(practiceLite9());
    await upload(await plug.port(80), '/u2', practiceTasmota67());
    await plug.started(3);
    await plug.until(() => plug.accessPoint != null);
    expect(plug.lines.join('\n')).toContain('newer version that it cannot read');
  });

  it('are no target of the Upgrade command', async () => {
    const plug = await joined(practiceLite9());
    expect(await command(plug, 'Upgrade 9.1.0')).toEqual({ Upgrade: '1 or >9.2.0 to upgrade' });
  });
});

describe('access', () => {
  it('with a web password asks for it, and stages an upload all the same', async () => {
    const plug = await joined(practiceLite9());
    await command(plug, 'WebPassword secret');
    const port = await plug.port(80);
    plug.powerCycle();
    await plug.until(() => plug.station != null);
    const again = await plug.port(80);
    expect(port).not.toBe(again);
    const refused = await ask(again, '/cm?cmnd=Status');
    expect(refused.status).toBe(401);
    expect(JSON.parse(refused.body.toString())).toEqual({
      WARNING: 'Need user=<username>&password=<password>',
    });
    expect((await ask(again, '/cm?cmnd=Power&user=admin&password=secret')).status).toBe(200);
    const basic = { Authorization: 'Basic YWRtaW46c2VjcmV0' };
    expect((await ask(again, '/up', { headers: basic })).status).toBe(200);
    expect((await ask(again, '/up')).headers['www-authenticate']).toContain('Basic realm=');
    const image = practiceLite15();
    expect((await upload(again, '/u2', image)).status).toBe(401);
    expect(plug.rtc.command?.size).toBe(image.length);
    expect(plug.starts).toBe(3);
    await ask(again, '/?rst=', { headers: basic });
    await plug.started(4);
    expect(Buffer.from(plug.flash.subarray(0, image.length)).equals(Buffer.from(image))).toBe(true);
  });

  it('without the right Referer is silent from 15.5 on, and stages an upload all the same', async () => {
    const plug = await joined(practiceLite15());
    const port = await plug.port(80);
    await expect(ask(port, '/cm?cmnd=Status%202')).rejects.toThrow();
    await expect(ask(port, '/up', { headers: { Referer: 'http://10.77.0.99/' } })).rejects.toThrow();
    expect((await command(plug, 'Status 2', referer)).StatusFWR.Version).toBe('15.5.0(lite)');
    const image = practiceLite9();
    await expect(upload(port, '/u2', image)).rejects.toThrow();
    expect(plug.rtc.command?.size).toBe(image.length);
    expect(await command(plug, 'SetOption128 1', referer)).toEqual({ SetOption128: 'ON' });
    expect((await command(plug, 'Status 2')).StatusFWR.Version).toBe('15.5.0(lite)');
  });

  it('is silent after staging with the fault', async () => {
    const plug = await joined(practiceLite9(), { faults: ['referer-silent-after-staging-once'] });
    await expect(upload(await plug.port(80), '/u2', practiceLite15())).rejects.toThrow();
    expect(plug.starts).toBe(2);
    plug.restart();
    await plug.started(3);
    await plug.until(() => plug.station != null);
    expect((await command(plug, 'Status 2', referer)).StatusFWR.Version).toBe('15.5.0(lite)');
  });
});

describe('settings', () => {
  it('as /dl gives them can be read by the reference and restored', async () => {
    const plug = await joined(practiceLite9());
    await command(plug, 'FriendlyName Kitchen');
    const answer = await ask(await plug.port(80), '/dl');
    expect(answer.headers['content-disposition']).toBe(
      'attachment; filename=Config_tasmota_A1B2C3_4803_9.2.0.dmp',
    );
    const plain = answer.body.map((byte, index) => (index < 2 ? byte : byte ^ ((0x5a + index) & 0xff)));
    expect(plain).toHaveLength(4096);
    const view = new DataView(plain.buffer, plain.byteOffset);
    expect(view.getUint16(2, true)).toBe(4096);
    expect(view.getUint32(8, true)).toBe(0x09020000);
    expect(plain[0xf36]).toBe(0);
    let crc = 0;
    for (const byte of plain.subarray(0, 4092)) {
      crc ^= byte;
      for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
    }
    expect(view.getUint32(4092, true)).toBe(~crc >>> 0);

    await command(plug, 'FriendlyName Cellar');
    await ask(await plug.port(80), '/rs');
    expect((await upload(await plug.port(80), '/u2', answer.body)).text).toContain('Upload Successful');
    await plug.started(3);
    await plug.until(() => plug.station != null);
    expect((await command(plug, 'Status')).Status.FriendlyName).toEqual(['Kitchen']);
    const broken = Buffer.from(answer.body);
    broken[100]! ^= 1;
    await ask(await plug.port(80), '/rs');
    expect((await upload(await plug.port(80), '/u2', broken)).text).toContain('File invalid');
  });

  it('are gone after Reset 1, not after Reset 5, and after seven quick power cycles', async () => {
    const plug = await joined(practiceLite9());
    await command(plug, 'Reset 5');
    await plug.started(3);
    await plug.until(() => plug.station != null);
    await command(plug, 'Reset 1');
    await plug.started(4);
    await plug.until(() => plug.accessPoint != null);
    await ask(await plug.port(80), '/wi?s1=practice-net&p1=practice-key&save=');
    await plug.started(5);
    // The first start of this unit was one with power, too.
    for (let cycle = 0; cycle < 6; cycle++) {
      await plug.until(() => plug.station != null);
      plug.powerCycle();
      await plug.port(80).catch(() => {});
    }
    await plug.until(() => plug.accessPoint != null);
  });

  it('hold a template, a module and a backlog', async () => {
    const plug = await joined(practiceLite9());
    const gpios = [0, 0, 0, 0, 224, 0, 0, 0, 32, 0, 0, 0, 0, 0];
    const template = { NAME: 'Practice Plug', GPIO: gpios, FLAG: 0, BASE: 45 };
    expect(await command(plug, `Template ${JSON.stringify(template)}`)).toEqual(template);
    expect(await command(plug, 'Module 0')).toEqual({ Module: { 0: 'Practice Plug' } });
    await plug.started(3);
    await plug.until(() => plug.station != null);
    expect(await command(plug, 'Template')).toEqual(template);
    expect(await command(plug, 'Backlog DeviceName One; SetOption65 1')).toEqual({ Backlog: 'Appended' });
    await ask(await plug.port(80), '/cs?c2=0&c1=Power');
    for (;;) if ((await command(plug, 'SetOption65')).SetOption65 === 'ON') break;
    expect((await command(plug, 'Status')).Status).toMatchObject({ DeviceName: 'One', Module: 0 });
    expect(await command(plug, 'Nonsense 1')).toEqual({ Command: 'Unknown' });
    const log = await ask(await plug.port(80), '/cs?c2=0&c1=');
    expect(log.body.toString()).toMatch(/^\d+\}11\}1[\s\S]*CMD: Power[\s\S]*\}1$/);
  });
});

describe('faults after an update', () => {
  const update = async (fault: string) => {
    const plug = await joined(practiceLite9(), { faults: [fault] });
    const sent = upload(await plug.port(80), '/u2', practiceLite15());
    return { plug, sent };
  };
  const version = async (plug: LonePlug) => {
    await plug.until(() => plug.station != null);
    return (await command(plug, 'Status 2', referer)).StatusFWR.Version as string;
  };

  it.each([
    ['comes-back-minimal', '15.5.0(minimal)'],
    ['comes-back-old', '9.2.0(lite)'],
  ])('%s', async (fault, expected) => {
    const { plug, sent } = await update(fault);
    expect((await sent).text).toContain('Successful');
    await plug.started(3);
    expect(await version(plug)).toBe(expected);
  });

  it('reset-at-last-byte runs the new firmware', async () => {
    const { plug, sent } = await update('reset-at-last-byte');
    await expect(sent).rejects.toThrow();
    await plug.started(3);
    expect(await version(plug)).toBe('15.5.0(lite)');
  });

  it('power-loss-in-copy leaves a brick', async () => {
    const { plug, sent } = await update('power-loss-in-copy');
    await sent;
    await expect(plug.started(3)).rejects.toThrow('power failed while the boot loader copied');
    expect(tasmota.recognizes(plug.flash, plug.chip)).toBe(false);
  });

  it('power that fails before the copy leaves the old firmware', async () => {
    const plug = await joined(practiceLite9(), { faults: ['referer-silent-after-staging'] });
    await upload(await plug.port(80), '/u2', practiceLite15()).catch(() => {});
    expect(plug.rtc.command).toBeDefined();
    plug.powerCycle();
    expect(await version(plug)).toBe('9.2.0(lite)');
  });

  it('never-comes-back until power was off; new-address has another one', async () => {
    const { plug, sent } = await update('never-comes-back-once');
    await sent;
    await plug.started(3);
    await new Promise((resolve) => setImmediate(resolve));
    expect(plug.station).toBeUndefined();
    plug.powerCycle();
    expect(await version(plug)).toBe('15.5.0(lite)');

    const other = await update('new-address');
    await other.sent;
    await other.plug.started(3);
    await other.plug.until(() => other.plug.station != null);
    expect(other.plug.station).toBe('10.77.0.13');
  });
});

function withByte(image: Uint8Array, at: number, value: number): Uint8Array {
  const copy = image.slice();
  copy[at] = value;
  return copy;
}

/** Keeps the sum of the application right after one of its bytes was changed. */
function withChecksum(changed: Uint8Array, original: Uint8Array, at: number): Uint8Array {
  changed[changed.length - 1]! ^= original[at]! ^ changed[at]!;
  return changed;
}
