import {
  esp32App,
  esp32Bootloader,
  esp32Image,
  filled,
  flash,
  noise,
  partitionTable,
  text,
} from './build-images.ts';
import { NvsBuilder } from './build-nvs.ts';

const MIB = 0x10_0000;

export const repeated = (piece: Uint8Array, length: number): Uint8Array => {
  const bytes = filled(length, 0);
  for (let at = 0; at < length; at += piece.length) bytes.set(piece.subarray(0, length - at), at);
  return bytes;
};

const wholeFlash = (...pieces: (readonly [number, Uint8Array])[]): Uint8Array =>
  flash([[0x1000, esp32Bootloader()], ...pieces], 16 * MIB);

const nvsOf = (page: Uint8Array): Uint8Array =>
  wholeFlash(
    [0x8000, partitionTable([{ label: 'nvs', type: 1, subtype: 2, offset: 0x9000, size: 0xff_7000 }])],
    [0x9000, repeated(page, 0xff_7000)],
  );

function crowdedPage(fill: (page: NvsBuilder, index: number) => unknown): Uint8Array {
  const page = new NvsBuilder().namespace(1, 'nvs.net80211');
  for (let index = 0; index < 60; index++) fill(page, index);
  return page.build();
}

/** Files of 16 MiB made to keep a recogniser busy: what it looks for, over and over. */
export const WORST_CASES: readonly (readonly [name: string, build: () => Uint8Array])[] = [
  ['nothing but E9', () => filled(16 * MIB, 0xe9)],
  ['nothing but EA', () => filled(16 * MIB, 0xea)],
  ['nothing but AA 50', () => repeated(Uint8Array.of(0xaa, 0x50), 16 * MIB)],
  ['nothing but zero', () => filled(16 * MIB, 0)],
  ['noise', () => repeated(noise(65_521), 16 * MIB)],
  ['image headers every 16 bytes', () => repeated(esp32Image([]).subarray(0, 16), 16 * MIB)],
  [
    'one image of 16 segments',
    () =>
      esp32Image(Array.from({ length: 16 }, () => ({ address: 0x3f40_0020, data: filled(MIB - 8, 0xe9) }))),
  ],
  ['table rows in every sector', () => wholeFlash([0x8000, repeated(tableOfApps(1), 16 * MIB - 0x8000)])],
  [
    'applications that overlap',
    () => wholeFlash([0x8000, tableOfApps(0x1_0000)], [0x1_0000, repeated(esp32App(), 8 * MIB)]),
  ],
  ['NVS pages of numbers', () => nvsOf(crowdedPage((page, index) => page.number(1, `k${index}`, index)))],
  ['NVS pages of one key', () => nvsOf(crowdedPage((page) => page.string(1, 'ssid', 'x')))],
  ['NVS pages of Wi-Fi names', () => nvsOf(crowdedPage((page, n) => page.string(1, `ssid${n}`, `net${n}`)))],
  [
    'NVS pages of blobs with many chunks',
    () =>
      nvsOf(
        crowdedPage((page, n) => (n < 30 ? page.chunk(1, 'b', n, noise(8)) : page.index(1, 'b', 9, 255))),
      ),
  ],
  ['NVS pages of erased entries', () => nvsOf(crowdedPage((page, n) => page.number(1, `k${n}`, n, false)))],
  [
    'configuration text',
    () => wholeFlash([0x8000, tableOfApps(1)], [0x10_0000, repeated(text('"ssid":"a","pass":"b"'), 8 * MIB)]),
  ],
  ...['ESPHome version ', 'ESPURNA ', 'Tasmota(lite)1.1.1(', 'Mongoose OS"app": "', '\xa5Z\xa5Z'].map(
    (lead) =>
      [
        `an application full of ${JSON.stringify(lead)}`,
        () =>
          esp32Image([
            { address: 0x3f40_0020, data: repeated(latin1Bytes(`${lead}\0`), 15 * MIB) },
            { address: 0x4008_0000, data: filled(64, 1) },
          ]),
      ] as const,
  ),
];

const latin1Bytes = (value: string): Uint8Array => Uint8Array.from(value, (char) => char.charCodeAt(0));

function tableOfApps(step: number): Uint8Array {
  return partitionTable(
    Array.from({ length: 90 }, (_, index) => ({
      label: `app${index}`,
      type: 0,
      subtype: 0x10 + (index % 16),
      offset: 0x1_0000 + index * step,
      size: 0xff_0000,
    })),
    false,
  );
}
