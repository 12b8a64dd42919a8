import { joinBytes, latin1 } from '../../bytes.ts';
import { idfApp, idfBootloader } from './idf-app.ts';
import { NvsPage } from './nvs-maker.ts';
import { otadata, partitionTable, type PartitionRow } from './partition-maker.ts';
import { unitSecrets } from './unit-secrets.ts';

export const LAMP_FLASH_BYTES = 4_194_304;
const DIO = 2;
const DOUT = 3;

const FACTORY_ROWS: readonly PartitionRow[] = [
  { label: 'nvs', type: 1, subtype: 0x02, offset: 0x9000, size: 0x4000 },
  { label: 'otadata', type: 1, subtype: 0x00, offset: 0xd000, size: 0x2000 },
  { label: 'phy_init', type: 1, subtype: 0x01, offset: 0xf000, size: 0x1000 },
  { label: 'miio_fw1', type: 0, subtype: 0x10, offset: 0x10000, size: 0x1e0000 },
  { label: 'miio_fw2', type: 0, subtype: 0x11, offset: 0x1f0000, size: 0x1e0000 },
  { label: 'test', type: 1, subtype: 0x06, offset: 0x3d0000, size: 0x28000 },
  { label: 'minvs', type: 1, subtype: 0xfe, offset: 0x3f8000, size: 0x4000 },
  { label: 'coredump', type: 1, subtype: 0x03, offset: 0x3fc000, size: 0x4000 },
];
const MINVS_OFFSET = 0x3f8000;
const NVS_OFFSET = 0x9000;

const ESPHOME_ROWS: readonly PartitionRow[] = [
  { label: 'otadata', type: 1, subtype: 0x00, offset: 0x9000, size: 0x2000 },
  { label: 'phy_init', type: 1, subtype: 0x01, offset: 0xb000, size: 0x1000 },
  { label: 'app0', type: 0, subtype: 0x10, offset: 0x10000, size: 0x1c0000 },
  { label: 'app1', type: 0, subtype: 0x11, offset: 0x1d0000, size: 0x1c0000 },
  { label: 'nvs', type: 1, subtype: 0x02, offset: 0x390000, size: 0x6d000 },
];

const DOUT_ROWS: readonly PartitionRow[] = [
  { label: 'nvs', type: 1, subtype: 0x02, offset: 0x9000, size: 0x5000 },
  { label: 'otadata', type: 1, subtype: 0x00, offset: 0xe000, size: 0x2000 },
  { label: 'app0', type: 0, subtype: 0x10, offset: 0x10000, size: 0x1e0000 },
  { label: 'app1', type: 0, subtype: 0x11, offset: 0x1f0000, size: 0x1e0000 },
  { label: 'spiffs', type: 1, subtype: 0x82, offset: 0x3d0000, size: 0x30000 },
];

/** What the maker's firmware stands for: another app than any practice image, with its own log. */
const factoryApp = () =>
  idfApp({
    descriptor: {
      project: 'practice-lamp-factory',
      version: '2.0.6_0065',
      time: '10:12:31',
      date: 'Mar 18 2020',
      idf: 'v3.3-practice',
    },
    mode: DIO,
    seed: 11,
    codeBytes: 655_360,
    log: ['MINVS partition @ 3f8000 16384 bytes', 'model: yeelink.light.bslamp2', 'wlan: connecting'],
    coloured: true,
    newerIdf: false,
  });

const factoryBootloader = () => idfBootloader('v3.3-practice', 'Mar 18 2020 10:10:02', DIO, true);

/** Application only, for whichever app partition the unit has. */
export const esphomeApp = () =>
  idfApp({
    descriptor: {
      project: 'practice-lamp',
      version: '2026.10.1',
      time: '08:30:00',
      date: 'Oct 20 2026',
      idf: 'v5.1.6',
    },
    mode: DIO,
    seed: 21,
    codeBytes: 393_216,
    texts: ['ESPHome version 2026.10.1 compiled on %s'],
    log: ['[C][wifi:400]: Starting WiFi...', '[C][light:103]: Light practice-lamp'],
    coloured: false,
    newerIdf: false,
  });

/** Boot loader, partition table, otadata and application in one file for 0x0. */
export function esphomeFactory(): Uint8Array {
  const app = esphomeApp();
  const merged = new Uint8Array(0x10000 + app.length).fill(0xff);
  merged.set(idfBootloader('v5.1.6', 'Oct 20 2026 08:29:31', DIO, false), 0x1000);
  merged.set(partitionTable(ESPHOME_ROWS), 0x8000);
  merged.set(otadata(1), 0x9000);
  merged.set(app, 0x10000);
  return merged;
}

export const doutBootloader = () => idfBootloader('v5.3.2', 'Sep  1 2026 12:00:00', DOUT, false);
export const doutPartitions = () => partitionTable(DOUT_ROWS);
export const doutOtadata = () => otadata(1);
export const doutApp = () =>
  idfApp({
    descriptor: {
      project: 'practice-dout',
      version: 'v14.3.0',
      time: '12:00:00',
      date: 'Sep  1 2026',
      idf: 'v5.3.2',
    },
    mode: DOUT,
    seed: 31,
    codeBytes: 327_680,
    log: ['00:00:00.012 Practice firmware with the DOUT boot set is up'],
    coloured: false,
    newerIdf: true,
  });

let template: Uint8Array | undefined;

/** The whole flash of a new lamp. */
export function lampFactoryFlash(unit: number): Uint8Array {
  template ??= factoryTemplate();
  const flash = template.slice();
  const { ssid, password, formerPassword, token, deviceId } = unitSecrets(unit);
  const nvs = new NvsPage(0);
  nvs.put('nvs.net80211', 'sta.pswd', padded(latin1(formerPassword), 65), true);
  nvs.put('nvs.net80211', 'opmode', 1);
  nvs.put('nvs.net80211', 'sta.ssid', ssidBlob(ssid));
  nvs.put('nvs.net80211', 'sta.pswd', padded(latin1(password), 65));
  nvs.put('miio', 'lang', 'en');
  flash.set(nvs.bytes(), NVS_OFFSET);
  const miio = `did=${deviceId}\0model=yeelink.light.bslamp2\0token=${token}\0ssid=${ssid}\0passwd=${password}\0`;
  flash.set(latin1(miio), MINVS_OFFSET);
  return flash;
}

/** A lamp that runs the practice ESPHome image already, from its own partition table. */
export function lampEsphomeFlash(unit: number): Uint8Array {
  const flash = lampFactoryFlash(unit);
  flash.fill(0xff, 0x10000, 0x1f0000);
  flash.set(esphomeApp(), 0x10000);
  return flash;
}

/** A conversion broke off: half of the application is there. */
export function lampHalfWrittenFlash(unit: number): Uint8Array {
  const flash = lampEsphomeFlash(unit);
  flash.fill(0xff, 0x10000 + 0x30000, 0x1f0000);
  return flash;
}

function factoryTemplate(): Uint8Array {
  const flash = new Uint8Array(LAMP_FLASH_BYTES).fill(0xff);
  flash.set(factoryBootloader(), 0x1000);
  flash.set(partitionTable(FACTORY_ROWS), 0x8000);
  flash.set(otadata(1), 0xd000);
  flash.set(factoryApp(), 0x10000);
  return flash;
}

function ssidBlob(ssid: string): Uint8Array {
  return joinBytes(Uint8Array.of(ssid.length, 0, 0, 0), padded(latin1(ssid), 32));
}

function padded(bytes: Uint8Array, length: number): Uint8Array {
  const whole = new Uint8Array(length);
  whole.set(bytes);
  return whole;
}
