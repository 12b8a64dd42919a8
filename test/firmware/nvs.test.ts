import { concatUint8Arrays } from 'uint8array-extras';
import { describe, expect, it } from 'vitest';
import { hexBytes } from '../../src/firmware/bytes.ts';
import { parseNvs, type NvsItem } from '../../src/firmware/nvs.ts';
import { findWifiInNvs, findWifiInText, readSdkSector } from '../../src/firmware/wifi-credentials.ts';
import { filled, noise, text, u32le } from './build-images.ts';
import { NvsBuilder, wifiPasswordBlob, wifiSsidBlob } from './build-nvs.ts';

const decode = (item: NvsItem | undefined): string => new TextDecoder().decode(item?.value);
const wifiOf = (...pages: readonly NvsBuilder[]) =>
  findWifiInNvs(parseNvs(concatUint8Arrays(pages.map((page) => page.build()))));

describe('an NVS partition', () => {
  it('has the CRCs of the reference vectors', () => {
    const page = new NvsBuilder().namespace(1, 'nvs.net80211').build();
    expect(hexBytes(page.subarray(28, 32))).toBe('842dbab9');
    expect(hexBytes(page.subarray(64, 72))).toBe('000101ff71d3af04');
    expect(parseNvs(page)).toMatchObject({ state: 'read', pages: 1 });
  });

  it('gives its values with their namespaces', () => {
    const page = new NvsBuilder()
      .namespace(1, 'settings')
      .number(1, 'count', 7)
      .string(1, 'name', 'bench')
      .blobV1(1, 'old', noise(40))
      .build();
    const { items } = parseNvs(page);
    expect(items.map(({ namespace, key, type, live }) => [namespace, key, type, live])).toEqual([
      ['settings', 'count', 'number', true],
      ['settings', 'name', 'string', true],
      ['settings', 'old', 'blob', true],
    ]);
    expect(decode(items[1])).toBe('bench');
    expect(items[2]?.value).toEqual(noise(40));
  });

  it('puts blobs together across chunks and pages', () => {
    const content = noise(5000, 3);
    const first = new NvsBuilder(0).namespace(1, 'a').chunk(1, 'big', 0, content.subarray(0, 3000));
    const second = new NvsBuilder(1).chunk(1, 'big', 1, content.subarray(3000)).index(1, 'big', 5000, 2);
    const { items } = parseNvs(concatUint8Arrays([first.build(), second.build()]));
    expect(items).toHaveLength(1);
    expect(items[0]).toMatchObject({ key: 'big', intact: true, live: true });
    expect(items[0]?.value).toEqual(content);
  });

  it('says when a chunk of a blob is missing', () => {
    const page = new NvsBuilder().namespace(1, 'a').chunk(1, 'big', 0, noise(100)).index(1, 'big', 200, 2);
    expect(parseNvs(page.build()).items[0]).toMatchObject({ intact: false, live: true });
  });

  it('gives erased values too, marked as such', () => {
    const page = new NvsBuilder()
      .namespace(1, 'a')
      .string(1, 'name', 'old', false)
      .blob(1, 'data', noise(64), { live: false })
      .string(1, 'name', 'new');
    expect(
      parseNvs(page.build())
        .items.filter(({ type }) => type === 'string')
        .map((item) => [decode(item), item.live]),
    ).toEqual([
      ['old', false],
      ['new', true],
    ]);
    expect(parseNvs(page.build()).items.some(({ key, live }) => key === 'data' && !live)).toBe(true);
  });

  it('passes over a page with a damaged header and an entry with a wrong CRC', () => {
    const good = new NvsBuilder().namespace(1, 'a').number(1, 'one', 1).number(1, 'two', 2).build();
    const hurt = good.slice();
    hurt[64 + 32 + 10] = 0x7a;
    expect(parseNvs(hurt).items.map(({ key }) => key)).toEqual(['two']);
    hurt[4] = 0x99;
    expect(parseNvs(hurt).state).toBe('not nvs');
  });

  it('that is blank, encrypted or something else says so', () => {
    expect(parseNvs(filled(0x3000, 0xff)).state).toBe('blank');
    expect(parseNvs(noise(0x3000)).state).toBe('not nvs');
    const encrypted = new NvsBuilder().namespace(1, 'a').number(1, 'one', 1).build();
    encrypted.set(noise(64), 64);
    expect(parseNvs(encrypted).state).toBe('unreadable');
  });
});

describe('Wi-Fi credentials', () => {
  const driver = (ssid: string, password: string, live = true) =>
    new NvsBuilder()
      .namespace(1, 'nvs.net80211')
      .blob(1, 'sta.ssid', wifiSsidBlob(ssid), { live })
      .blob(1, 'sta.pswd', wifiPasswordBlob(password), { live });

  it('of the Wi-Fi driver are found, the password without its text', () => {
    const findings = wifiOf(driver('Werkbank', 'streng-geheim'));
    expect(findings).toEqual([
      { where: 'NVS nvs.net80211', ssid: 'Werkbank', hasPassword: true, live: true },
    ]);
    expect(JSON.stringify(findings)).not.toContain('geheim');
  });

  it('in erased entries are found', () => {
    expect(wifiOf(driver('Old', 'secret123', false))).toEqual([
      { where: 'NVS nvs.net80211', ssid: 'Old', hasPassword: true, live: false },
    ]);
  });

  it('that were never set are not found', () => {
    const unset = new NvsBuilder()
      .namespace(1, 'nvs.net80211')
      .blob(1, 'sta.ssid', filled(36, 0xff))
      .blob(1, 'sta.pswd', filled(65, 0xff))
      .blob(1, 'ap.ssid', wifiSsidBlob('yeelink-light'));
    expect(wifiOf(unset)).toEqual([]);
    expect(wifiOf(driver('', ''))).toEqual([]);
  });

  it('of ESPHome are found in its blob of 98 bytes', () => {
    const saved = concatUint8Arrays([text('Halle', 33), text('geheim-geheim', 65)]);
    const page = new NvsBuilder().namespace(1, 'esphome').blob(1, '88491487', saved).blob(1, '1', noise(98));
    expect(wifiOf(page)).toEqual([{ where: 'NVS esphome', ssid: 'Halle', hasPassword: true, live: true }]);
  });

  it('of an application with strings of its own are found', () => {
    const page = new NvsBuilder()
      .namespace(1, 'config')
      .string(1, 'wifi_ssid', 'Keller')
      .string(1, 'wifi_pass', 'geheim-geheim');
    expect(wifiOf(page)).toEqual([{ where: 'NVS config', ssid: 'Keller', hasPassword: true, live: true }]);
  });

  it('are not seen in the password of a web page', () => {
    expect(wifiOf(new NvsBuilder().namespace(1, 'web').string(1, 'password', 'admin'))).toEqual([]);
  });

  it('without a name count where Wi-Fi is meant', () => {
    const page = new NvsBuilder()
      .namespace(1, 'nvs.net80211')
      .blob(1, 'sta.pswd', wifiPasswordBlob('geheim-geheim'));
    expect(wifiOf(page)).toEqual([{ where: 'NVS nvs.net80211', ssid: '', hasPassword: true, live: true }]);
  });

  it('left only in what the driver remembers of access points are found, none of it shown', () => {
    const remembered = concatUint8Arrays([filled(8, 0xff), text('Werkbank', 36), text('streng-geheim', 96)]);
    for (const [key, value] of [
      ['sta.apinfo', remembered],
      ['sta.pmk', noise(32)],
    ] as const)
      expect(wifiOf(new NvsBuilder().namespace(1, 'nvs.net80211').blob(1, key, value))).toEqual([
        { where: 'NVS nvs.net80211', ssid: '', hasPassword: true, live: true },
      ]);
    const unset = new NvsBuilder()
      .namespace(1, 'nvs.net80211')
      .blob(1, 'sta.apinfo', filled(140, 0xff))
      .blob(1, 'sta.pmk', filled(32, 0));
    expect(wifiOf(unset)).toEqual([]);
  });

  it('have control characters of a hostile network name removed', () => {
    const page = new NvsBuilder().namespace(1, 'nvs.net80211').string(1, 'ssid', 'a\u202ebc');
    expect(wifiOf(page)[0]?.ssid).toBe('abc');
  });

  it('in the SDK parameters of an ESP8266 are found', () => {
    const sector = filled(0x1000, 0xff);
    sector.set(u32le(6), 0x0c);
    sector.set(text('Garage', 32), 0x10);
    sector.set(text('geheim-geheim', 64), 0x37);
    expect(readSdkSector(sector)).toMatchObject({ ssid: 'Garage', hasPassword: true });
    expect(readSdkSector(filled(0x1000, 0xff))).toBe('unset');
    expect(readSdkSector(filled(0x1000, 0))).toBe('unset');
    sector.set(filled(4, 0xff), 0x0c);
    expect(readSdkSector(sector)).toBe('unset');
    sector.set(u32le(77), 0x0c);
    expect(readSdkSector(sector)).toBe('unknown');
  });

  it('in JSON text are found, patterns and the own access point are not', () => {
    const conf = '{"wifi":{"ap":{"ssid":"Plug_??????","pass":"x"},"sta":{"ssid": "Flur", "pass": "geheim"}}}';
    expect(findWifiInText(text(conf))).toEqual([
      { where: 'JSON text', ssid: 'Flur', hasPassword: true, live: true },
    ]);
    expect(findWifiInText(text('{"ssid":"%s","pass":"%s"}'))).toEqual([]);
    expect(findWifiInText(text('"ap":{"ssid":"own"}'))).toEqual([]);
  });
});
