import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isBenchError } from '../../src/core/errors.ts';
import { parseLinks } from '../../src/core/link.ts';

const texts = (value: string) => parseLinks(value).map(({ text }) => text);
const refused = (value: string) => {
  try {
    parseLinks(value);
    return undefined;
  } catch (error) {
    return isBenchError(error, 'USAGE') ? error.message : String(error);
  }
};

describe('a link', () => {
  it.each([
    ['/dev/ttyUSB0', 'serial', '/dev/ttyUSB0'],
    ['COM3', 'serial', 'COM3'],
    ['usb:1-2.4', 'serial', 'usb:1-2.4'],
    ['socket://10.0.0.5:2000', 'socket', 'socket://10.0.0.5:2000'],
    ['rfc2217://[::1]:2217', 'rfc2217', 'rfc2217://[::1]:2217'],
    ['BLE:A4:C1:38:00:11:22', 'ble', 'ble:a4:c1:38:00:11:22'],
    ['http://plug.local/', 'http', 'http://plug.local'],
    ['HTTP://192.168.1.41:8080', 'http', 'http://192.168.1.41:8080'],
    ['esphome://kitchen.local', 'esphome', 'esphome://kitchen.local'],
    ['flashrom:ch341a_spi', 'flashrom', 'flashrom:ch341a_spi'],
  ])('%s is %s', (value, kind, text) => {
    expect(parseLinks(value)).toEqual([{ kind, text }]);
  });

  it('to a unit on the network is its host alone: a password in it would be shown and recorded', () => {
    for (const value of [
      'http://admin:geheim@10.0.0.5',
      'http://10.0.0.5/update',
      'esphome://a?b',
      'http://',
    ]) {
      const message = refused(value);
      expect(message, value).toMatch(/wants a host alone|not a valid address/);
      expect(message).not.toContain('geheim');
    }
  });

  it('to a programmer takes what flashrom takes, but never the flash of this computer', () => {
    const remote = 'flashrom:serprog:ip=127.0.0.1:7431,spispeed=2M';
    expect(texts(remote)).toEqual([remote]);
    for (const value of ['flashrom:', 'flashrom:internal', 'flashrom:linux_mtd:dev=0', 'flashrom: -x'])
      expect(() => parseLinks(value), value).toThrow();
  });

  it('to the practice bench may stand for many slots', () => {
    expect(texts('virtual:lamp?n=3')).toEqual(['virtual:lamp#1', 'virtual:lamp#2', 'virtual:lamp#3']);
    expect(texts('virtual:lamp?unit=7')).toEqual(['virtual:lamp#7']);
    expect(texts('virtual:lamp#7')).toEqual(['virtual:lamp#7']);
    expect(texts('virtual:lamp?n=5&jig')).toEqual(['virtual:lamp#jig']);
  });

  it('gives each virtual unit its own faults', () => {
    const [first, second, third] = parseLinks(
      'virtual:lamp?n=3&fault=drops-bytes,2:dies-at-50%&fault=3:no-power&pace=460800&fresh',
    );
    expect(first!.virtual).toMatchObject({ faults: ['drops-bytes'], paceBaud: 460_800, fresh: true });
    expect(parseLinks('virtual:dafang?sd=/tmp/my%20demo.bin')[0]!.virtual!.card).toBe('/tmp/my demo.bin');
    expect(second!.virtual!.faults).toEqual(['drops-bytes', 'dies-at-50%']);
    expect(third!.virtual!.faults).toEqual(['drops-bytes', 'no-power']);
    expect(parseLinks('virtual:lamp?jig&n=2&fault=2:no-power')[0]!.virtual!.unitFaults).toEqual({
      1: [],
      2: ['no-power'],
    });
  });

  it.each([
    ['', 'empty'],
    ['socket://host', 'host:port'],
    ['rfc2217://:2217', ''],
    ['ble:12', 'address'],
    ['gopher://x', 'no such kind'],
    ['virtual:', 'name of a virtual device'],
    ['virtual:lamp?n=0', 'whole number'],
    ['virtual:lamp?n=4000', 'at most'],
    ['virtual:lamp?unit=1&n=2', 'not both'],
    ['virtual:lamp?speed=9', 'no parameter "speed"'],
  ])('%s is refused', (value, reason) => {
    expect(refused(value)).toContain(reason);
  });

  it('is read or refused, whatever is written', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.string().map((text) => `virtual:lamp?${text}`),
          fc.webUrl(),
        ),
        (value) => {
          const reason = refused(value);
          if (reason === undefined) expect(parseLinks(value).length).toBeGreaterThan(0);
          else expect(reason).not.toContain('TypeError');
        },
      ),
    );
  });
});
