import fc from 'fast-check';
import { expect, it } from 'vitest';
import { CodecError } from '../../../src/core/codec-error.ts';
import { parseAnswer, wantsLogin } from '../../../src/protocols/tasmota/answer.ts';
import { parseStatus } from '../../../src/protocols/tasmota/status.ts';

/** Groups and keys as the reference lists them (JSON-Status-Responses). */
const STATUS_0 = {
  Status: { Module: 45, DeviceName: 'Plug 7', FriendlyName: ['Plug 7'], Topic: 'plug7' },
  StatusPRM: {
    Baudrate: 115200,
    OtaUrl: 'http://ota.tasmota.com/tasmota/release/tasmota.bin.gz',
    RestartReason: 'Software/System restart',
    Uptime: '1T00:01:30',
    BootCount: 8,
  },
  StatusFWR: {
    Version: '9.2.0(lite)',
    BuildDateTime: '2020-12-21T14:29:25',
    Core: '2_7_4_9',
    SDK: '2.2.2-dev(38a443e)',
    Hardware: 'ESP8266EX',
  },
  StatusMEM: { ProgramSize: 477, Free: 524, Heap: 27, ProgramFlashSize: 1024, FlashSize: 2048, FlashMode: 3 },
  StatusNET: { Hostname: 'plug7-1234', IPAddress: '10.1.0.41', Mac: 'A1:B2:C3:D4:E5:F6' },
  StatusSTS: { UptimeSec: 86490, Wifi: { AP: 1, SSId: 'bench', RSSI: 74, Signal: -63 } },
};
const EXPECTED = {
  version: { numbers: [9, 2, 0], text: '9.2.0', variant: 'lite' },
  versionText: '9.2.0(lite)',
  mac: 'a1:b2:c3:d4:e5:f6',
  hostname: 'plug7-1234',
  address: '10.1.0.41',
  deviceName: 'Plug 7',
  module: 45,
  hardware: 'ESP8266EX',
  builtAt: '2020-12-21T14:29:25',
  programKiB: 477,
  freeKiB: 524,
  flashKiB: 2048,
  programFlashKiB: 1024,
  uptimeSeconds: 86490,
  bootCount: 8,
  restartReason: 'Software/System restart',
  otaUrl: 'http://ota.tasmota.com/tasmota/release/tasmota.bin.gz',
  rssiPercent: 74,
  signalDbm: -63,
  ssid: 'bench',
};

it('reads what a unit says of itself', () => {
  expect(parseStatus(parseAnswer(JSON.stringify(STATUS_0)))).toEqual(EXPECTED);
});

it('reads the lines of versions before 6, one object each', () => {
  const lines = Object.entries(STATUS_0).map(
    ([name, group], index) => `STATUS${index === 0 ? '' : index} = ${JSON.stringify({ [name]: group })}`,
  );
  expect(parseStatus(parseAnswer(lines.join('\n')))).toEqual(EXPECTED);
});

it('does without what an old unit does not say', () => {
  const { StatusFWR, StatusNET } = STATUS_0;
  const old = { StatusFWR: { Version: '5.14.0a' }, StatusNET, StatusPRM: { Uptime: 3 } };
  expect(parseStatus(old)).toEqual({
    version: { numbers: [5, 14, 0], text: '5.14.0' },
    versionText: '5.14.0a',
    mac: 'a1:b2:c3:d4:e5:f6',
    hostname: 'plug7-1234',
    address: '10.1.0.41',
    uptimeSeconds: 10_800,
  });
  expect(() => parseStatus({ StatusFWR })).toThrow(CodecError);
});

it('takes no control characters, no foreign MAC and no other JSON', () => {
  const hostile = { ...STATUS_0, Status: { DeviceName: '\u001b[31mplug\u0000\u202e' } };
  expect(parseStatus(parseAnswer(JSON.stringify(hostile))).deviceName).toBe('plug');
  for (const mac of ['', 'A1:B2', '../../etc', 7])
    expect(() => parseStatus({ ...STATUS_0, StatusNET: { Mac: mac } })).toThrow(CodecError);
  for (const text of ['', 'ok', '{', '{"a":', '{]}', '[1]', `${'{'.repeat(50_000)}`, '{"WARNING":"x"}'])
    expect(() => parseStatus(parseAnswer(text))).toThrow(CodecError);
  expect({}).not.toHaveProperty('StatusFWR');
  parseAnswer('{"__proto__":{"StatusFWR":1}}');
  expect({}).not.toHaveProperty('StatusFWR');
});

it('throws nothing but CodecError, whatever is answered', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
      try {
        parseStatus(parseAnswer(text));
      } catch (error) {
        expect(error).toBeInstanceOf(CodecError);
      }
    }),
  );
});

it('knows a refusal of the login, translated and with either status', () => {
  expect(wantsLogin(401, '')).toBe(true);
  expect(wantsLogin(200, '{"WARNING":"Need user=<username>&password=<password>"}')).toBe(true);
  expect(wantsLogin(200, '{"WARNUNG":"Benötige user=<Benutzername>&password=<Passwort>"}')).toBe(true);
  expect(wantsLogin(200, '{"POWER":"ON"}')).toBe(false);
});
