import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa, execaSync } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseNvs } from '../../../src/firmware/nvs.ts';
import { findWifiInNvs } from '../../../src/firmware/wifi-credentials.ts';

const PACKAGE = 'esp_idf_nvs_partition_gen';
const venv = process.env.BENCHFLASH_PEER_VENV;
const python = venv == null || venv === '' ? 'python3' : join(venv, 'bin', 'python');
const hasPackage = !execaSync(python, ['-c', `import ${PACKAGE}`], { reject: false }).failed;
const missing = hasPackage ? undefined : 'the Python package esp-idf-nvs-partition-gen is not installed';

const SSID_BLOB = Buffer.concat([Buffer.from([9, 0, 0, 0]), Buffer.from('Werkstatt'.padEnd(32, '\0'))]);
const PASSWORD_BLOB = Buffer.from('streng-geheim'.padEnd(65, '\0'));
const LARGE = Buffer.from(Array.from({ length: 9000 }, (_, index) => (index * 7) & 0xff));

describe.skipIf(missing)(`esp-idf-nvs-partition-gen${missing ? ` (${missing})` : ''}`, () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'benchflash-nvs-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  async function generate(
    command: 'generate' | 'encrypt',
    rows: readonly string[],
    ...options: string[]
  ): Promise<Uint8Array> {
    const csv = join(folder, 'in.csv');
    const binary = join(folder, 'out.bin');
    writeFileSync(csv, ['key,type,encoding,value', ...rows, ''].join('\n'));
    const size = '0x8000';
    const args = ['-m', PACKAGE, command, csv, 'out.bin', size, '--outdir', folder, ...options];
    await execa(python, args);
    return readFileSync(binary);
  }

  const wifiRows = [
    'nvs.net80211,namespace,,',
    `sta.ssid,data,hex2bin,${SSID_BLOB.toString('hex')}`,
    `sta.pswd,data,hex2bin,${PASSWORD_BLOB.toString('hex')}`,
  ];

  it.each(['1', '2'])('values of every kind are read (format %s)', async (version) => {
    const bytes = await generate(
      'generate',
      [
        'settings,namespace,,',
        'small,data,u8,7',
        'signed,data,i32,-5',
        'large,data,u64,1234567890123',
        'name,data,string,Halle 3',
        `blob,data,hex2bin,${'00ff10'.repeat(30)}`,
        ...wifiRows,
      ],
      '--version',
      version,
    );
    const nvs = parseNvs(bytes);
    expect(nvs).toMatchObject({ state: 'read', partial: false });
    expect(nvs.items.every(({ intact, live }) => intact && live)).toBe(true);
    const named = (key: string) => nvs.items.find((item) => item.key === key);
    // The generator adds what else the Wi-Fi driver keeps beside a network's name.
    expect(
      nvs.items
        .map(({ key }) => key)
        .filter((key) => !/^sta\.(ap|pmk)/.test(key))
        .sort(),
    ).toEqual(['blob', 'large', 'name', 'signed', 'small', 'sta.pswd', 'sta.ssid']);
    expect(named('small')).toMatchObject({ namespace: 'settings', type: 'number' });
    expect(named('small')?.value[0]).toBe(7);
    expect(Buffer.from(named('signed')?.value ?? []).readInt32LE()).toBe(-5);
    expect(Buffer.from(named('large')?.value ?? []).readBigUInt64LE()).toBe(1_234_567_890_123n);
    expect(Buffer.from(named('name')?.value ?? []).toString()).toBe('Halle 3');
    expect(Buffer.from(named('blob')?.value ?? []).toString('hex')).toBe('00ff10'.repeat(30));
    expect(Buffer.from(named('sta.pswd')?.value ?? [])).toEqual(PASSWORD_BLOB);
    expect(findWifiInNvs(nvs)).toEqual([
      { where: 'NVS nvs.net80211', ssid: 'Werkstatt', hasPassword: true, live: true },
    ]);
  });

  it('a blob over several pages is put together', async () => {
    const bytes = await generate('generate', [
      'first,namespace,,',
      'before,data,string,abc',
      `big,data,hex2bin,${LARGE.toString('hex')}`,
      'second,namespace,,',
      'after,data,u16,9',
    ]);
    const { items, pages } = parseNvs(bytes);
    expect(pages).toBeGreaterThan(2);
    const big = items.filter(({ key }) => key === 'big');
    expect(big).toHaveLength(1);
    expect(big[0]).toMatchObject({ namespace: 'first', intact: true, live: true });
    expect(Buffer.from(big[0]?.value ?? [])).toEqual(LARGE);
    expect(items.find(({ key }) => key === 'after')?.namespace).toBe('second');
  });

  it('strings of an application are found as credentials', async () => {
    const bytes = await generate('generate', [
      'app,namespace,,',
      'wifi_ssid,data,string,Keller',
      'wifi_pass,data,string,streng-geheim',
    ]);
    expect(findWifiInNvs(parseNvs(bytes))).toEqual([
      { where: 'NVS app', ssid: 'Keller', hasPassword: true, live: true },
    ]);
  });

  it('an encrypted partition is called unreadable, not empty', async () => {
    const bytes = await generate('encrypt', wifiRows, '--keygen');
    expect(parseNvs(bytes)).toMatchObject({ state: 'unreadable', items: [] });
  });

  it('a partition without values holds nothing', async () => {
    const nvs = parseNvs(await generate('generate', ['settings,namespace,,']));
    expect(nvs).toMatchObject({ state: 'read', items: [] });
    expect(findWifiInNvs(nvs)).toEqual([]);
  });
});
