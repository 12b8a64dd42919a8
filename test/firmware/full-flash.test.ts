import { concatUint8Arrays } from 'uint8array-extras';
import { describe, expect, it } from 'vitest';
import { inspectBytes } from '../../src/firmware/inspect.ts';
import {
  arduinoEsp8266,
  esp32App,
  esp32Bootloader,
  filled,
  flash,
  noise,
  otadata,
  partitionTable,
  text,
  u32le,
  USUAL_ROWS,
  type BuildPartition,
} from './build-images.ts';
import { NvsBuilder, wifiPasswordBlob, wifiSsidBlob } from './build-nvs.ts';

const MIB = 0x10_0000;
const SECRET = 'streng-geheim';

const inspect = (bytes: Uint8Array) => inspectBytes('dump.bin', bytes);
const factValue = (file: Awaited<ReturnType<typeof inspect>>, label: string) =>
  file.facts.find((fact) => fact.label === label)?.value;

const credentials = new NvsBuilder()
  .namespace(1, 'nvs.net80211')
  .blob(1, 'sta.ssid', wifiSsidBlob('Werkbank'))
  .blob(1, 'sta.pswd', wifiPasswordBlob(SECRET))
  .build();

type Pieces = readonly (readonly [number, Uint8Array])[];
const basic: Pieces = [
  [0x1000, esp32Bootloader()],
  [0x8000, partitionTable(USUAL_ROWS)],
  [0xe000, otadata(1, 2)],
  [0x1_0000, esp32App({ project: 'first', version: '1' })],
  [0x1d_0000, esp32App({ project: 'second', version: '2' })],
];
const dump = (...more: Pieces) => flash([...basic, ...more], 4 * MIB);

describe('a full-flash backup of an ESP32', () => {
  it('says what runs in it, its partitions, and where the MAC is not', async () => {
    const file = await inspect(dump([0x9000, credentials]));
    expect(file).toMatchObject({
      kind: 'esp32-full-flash',
      chip: 'ESP32',
      title: 'ESP32 full flash, 4 MiB, runs ESP32 application second 2',
      problems: [],
    });
    expect(file.backup).toMatchObject({ runs: 'ESP32 application second 2', blankData: false });
    expect(file.starts).toMatchObject({ partition: 'app1', descriptor: { project: 'second' } });
    expect(factValue(file, 'Partition app1')).toBe(
      'app1 (app ota_1) 0x1D0000, 1792 KiB: ESP32 application second 2 (starts)',
    );
    expect(factValue(file, 'MAC')).toBe('not in flash: it is burned into the chip');
  });

  it('tells the Wi-Fi name and hides the password everywhere', async () => {
    const file = await inspect(dump([0x9000, credentials]));
    expect(file.backup).toMatchObject({ wifiCredentials: 'found', ssids: ['Werkbank'] });
    expect(factValue(file, 'Wi-Fi credentials')).toBe(
      'found: SSID "Werkbank", password (hidden), in NVS nvs.net80211',
    );
    expect(JSON.stringify({ ...file, content: undefined, parts: undefined })).not.toContain(SECRET);
  });

  it('without settings has no credentials', async () => {
    const file = await inspect(dump());
    expect(file.backup).toMatchObject({ wifiCredentials: 'none', ssids: [], blankData: true });
    expect((await inspect(dump([0x9000, new NvsBuilder().build()]))).backup).toMatchObject({
      wifiCredentials: 'none',
      blankData: false,
    });
  });

  it.each([
    ['NVS that cannot be read', [0x9000, noise(0x5000)] as const],
    [
      'the settings blob of Tasmota',
      [0x9000, new NvsBuilder().namespace(1, 'main').blob(1, 'Settings', noise(200)).build()] as const,
    ],
    [
      'an ESPHome application',
      [0x1d_0000, esp32App({ strings: 'ESPHome version 2024.6.0 compiled on %s' })] as const,
    ],
  ])('with %s does not know about credentials', async (_, piece) => {
    const file = await inspect(dump(piece));
    expect(file.backup?.wifiCredentials).toBe('unknown');
    expect(factValue(file, 'Wi-Fi credentials')).toMatch(/^unknown: .*Treat them as inside\.$/);
  });

  it('finds credentials in text of a file system', async () => {
    const file = await inspect(dump([0x39_0000, text('{"ssid":"Flur","password":"streng-geheim"}')]));
    expect(file.backup).toMatchObject({ wifiCredentials: 'found', ssids: ['Flur'] });
  });

  it('names vendor keys as secret: listed as a partition, or lying outside of all', async () => {
    const rows: BuildPartition[] = [
      ...USUAL_ROWS.slice(0, 4),
      { label: 'minvs', type: 0x40, subtype: 1, offset: 0x3f_8000, size: 0x4000 },
    ];
    const listed = await inspect(
      flash([...basic, [0x8000, partitionTable(rows)], [0x3f_8000, noise(64)]], 4 * MIB),
    );
    expect(listed.backup?.secrets).toEqual(['Partition minvs at 0x3F8000: vendor keys inside, secret.']);
    const unlisted = await inspect(dump([0x3f_8000, noise(64)]));
    expect(unlisted.backup?.secrets).toEqual(['Unlisted data at 0x3F8000: vendor keys inside, secret.']);
    const tokens = new NvsBuilder().namespace(1, 'miio').string(1, 'token', SECRET).build();
    expect((await inspect(dump([0x9000, tokens]))).backup?.secrets).toEqual([
      'Partition nvs: keys or tokens in NVS, secret.',
    ]);
  });

  it('with a damaged slot that does not start is only warned about', async () => {
    const hurt = dump();
    hurt[0x1_0200] = (hurt[0x1_0200] ?? 0) ^ 1;
    const file = await inspect(hurt);
    expect(file.problems.map(({ severity }) => severity)).toEqual(['warning', 'warning']);
    hurt[0x1d_0200] = (hurt[0x1d_0200] ?? 0) ^ 1;
    const dead = await inspect(hurt);
    expect(dead.problems.filter(({ severity }) => severity === 'error')).toHaveLength(2);
    expect(dead.title).toBe('ESP32 full flash, 4 MiB, runs a damaged ESP32 application second 2');
    expect(dead.backup?.runs).toBeUndefined();
    expect(dead.starts).toBeUndefined();
  });

  it('whose table reaches beyond the flash says so', async () => {
    const file = await inspect(flash([...basic], 2 * MIB));
    expect(file.problems.map(({ text: words }) => words)).toContain(
      'The partition table reaches to 0x3F0000, beyond the 2 MiB of this flash.',
    );
  });

  it('without a readable boot loader says so', async () => {
    const file = await inspect(flash([[0x1000, noise(0x4000)], ...basic.slice(1)], 4 * MIB));
    expect(file).toMatchObject({ kind: 'esp32-full-flash', chip: 'ESP32' });
    expect(file.problems[0]?.text).toMatch(/^There is no readable boot loader/);
  });

  it('whose partitions overlap is cut once', async () => {
    const rows = [...USUAL_ROWS, { label: 'twice', type: 1, subtype: 2, offset: 0x9000, size: 0x5000 }];
    const file = await inspect(flash([...basic, [0x8000, partitionTable(rows)]], 4 * MIB));
    expect(file.parts.filter(({ flashOffset }) => flashOffset === 0x9000)).toHaveLength(1);
    expect(file.problems.map(({ text: words }) => words)).toContain(
      'Partitions nvs and twice overlap at 0x9000.',
    );
  });
});

describe('a full-flash backup of an ESP8266', () => {
  const sdkSector = (ssid: string) =>
    flash([
      [0x0c, u32le(ssid.length)],
      [0x10, text(ssid, 32)],
      [0x37, text(SECRET, 64)],
    ]);

  it.each([1, 2, 4])('of %d MiB finds the network in the SDK parameters', async (size) => {
    const bytes = flash(
      [
        [0, arduinoEsp8266()],
        [size * MIB - 0x3000, sdkSector('Garage')],
      ],
      size * MIB,
    );
    const file = await inspect(bytes);
    expect(file).toMatchObject({ kind: 'esp8266-full-flash', chip: 'ESP8266', problems: [] });
    expect(file.backup).toMatchObject({ wifiCredentials: 'found', ssids: ['Garage'] });
    expect(JSON.stringify({ ...file, content: undefined, parts: undefined })).not.toContain(SECRET);
  });

  it('of a larger chip finds them at the end of the flash its header speaks of', async () => {
    const bytes = flash(
      [
        [0, arduinoEsp8266()],
        [MIB - 0x2000, sdkSector('Garage')],
      ],
      4 * MIB,
    );
    expect((await inspect(bytes)).backup?.ssids).toEqual(['Garage']);
  });

  it('finds the configuration of Mongoose OS', async () => {
    const conf = text('{"wifi":{"sta":{"enable":true,"ssid":"Flur","pass":"streng-geheim"}}}');
    const bytes = flash(
      [
        [0, arduinoEsp8266()],
        [0x8_0000, conf],
      ],
      2 * MIB,
    );
    expect((await inspect(bytes)).backup).toMatchObject({ wifiCredentials: 'found', ssids: ['Flur'] });
  });

  it('of Tasmota with settings does not know', async () => {
    const image = arduinoEsp8266('Tasmota\0lite\0tasmota');
    const bytes = flash(
      [
        [0, image],
        [0xf_4000, noise(0x1000)],
      ],
      MIB,
    );
    const file = await inspect(bytes);
    expect(file.product).toMatchObject({ name: 'Tasmota', variant: 'lite' });
    expect(file.backup).toMatchObject({ wifiCredentials: 'unknown', runs: 'Tasmota (lite)' });
    expect(factValue(file, 'Wi-Fi credentials')).toContain('Tasmota keeps them in its own settings area');
  });

  it('that a failed conversion left without its boot loader is still a backup', async () => {
    const bricked = flash(
      [
        [0, arduinoEsp8266('ESPURNA 1.13.5')],
        [MIB - 0x3000, sdkSector('Garage')],
      ],
      MIB,
    ).fill(0xff, 0, 0x1000);
    const file = await inspect(bricked);
    expect(file).toMatchObject({
      kind: 'esp8266-full-flash',
      title: 'ESP8266 full flash, 1 MiB, without its boot loader',
      backup: { runs: undefined, ssids: ['Garage'] },
    });
    expect(file.problems[0]).toMatchObject({ severity: 'error' });
    expect(factValue(file, 'Left in it')).toBe('ESPurna 1.13.5 at 0x1000');
  });

  it('whose SDK parameters have another form does not know', async () => {
    const sector = flash([
      [0x08, u32le(6)],
      [0x0c, text('Garage', 32)],
    ]);
    const bytes = flash(
      [
        [0, arduinoEsp8266()],
        [MIB - 0x3000, sector],
      ],
      MIB,
    );
    const file = await inspect(bytes);
    expect(file.backup).toMatchObject({ wifiCredentials: 'unknown' });
    expect(factValue(file, 'Wi-Fi credentials')).toContain('SDK parameters have a form that is not known');
  });

  it('with nothing but the firmware has none', async () => {
    expect((await inspect(flash([[0, arduinoEsp8266()]], MIB))).backup).toMatchObject({
      wifiCredentials: 'none',
      blankData: true,
    });
  });

  it('of unknown data does not know', async () => {
    const bytes = flash(
      [
        [0, arduinoEsp8266()],
        [0x8_0000, noise(500)],
      ],
      MIB,
    );
    expect((await inspect(bytes)).backup?.wifiCredentials).toBe('unknown');
  });
});

describe('what is as large as a flash', () => {
  it('is no backup when it is blank or ciphertext', async () => {
    expect((await inspect(filled(4 * MIB, 0xff))).foreign).toBe('blank');
    const noisy = await inspect(concatUint8Arrays(Array.from({ length: 4 }, () => noise(MIB))));
    expect(noisy.problems[0]?.text).toContain('an encrypted flash, or another kind of chip');
  });
});
