import { DOUT, SIZE_1MB, twoPartImage } from '../../esp/images/plug-images.ts';

const UPLOAD_ERRORS = [
  'No file selected',
  'Not enough space',
  'Invalid file signature',
  'Program flash size is larger than real flash size',
  'Upload buffer miscompare',
  'Upload failed. Enable logging 3',
  'Upload aborted',
  'File invalid',
  'File too large',
];
/** Builds before 9.2 say so of a missing compatibility marker; error 3 had other words then. */
const OLD_UPLOAD_ERRORS = UPLOAD_ERRORS.map((text, index) => (index === 2 ? 'Magic byte is not 0xE9' : text));

interface PracticeBuild {
  /** As it stands in the image: 0x09020000 is 9.2.0. */
  readonly version: number;
  readonly variant: string;
  readonly core: string;
  readonly builtOn: string;
  readonly seed: number;
  readonly codeBytes: number;
  /** More texts by which a build is told to have something. */
  readonly texts?: readonly string[];
}

const MARKER = [0x5aa5_5aa5, 0xa55a_a55a] as const;

function practiceBuild(build: PracticeBuild): Uint8Array {
  const major = build.version >>> 24;
  const errors = major < 9 ? OLD_UPLOAD_ERRORS : UPLOAD_ERRORS;
  return twoPartImage({
    mode: DOUT,
    sizeId: SIZE_1MB,
    seed: build.seed,
    codeBytes: build.codeBytes,
    texts: [
      `Project %s %s Version %s%s-${build.core}(%s)`,
      'Tasmota',
      'tasmota_%06X',
      `12:00:00\0${build.builtOn}`,
      errors.join('|'),
      build.variant,
      'http://ota.practice.invalid/tasmota/release/tasmota.bin.gz',
      ...(build.texts ?? []),
    ],
    codeWords: [MARKER[0], build.version, MARKER[1], build.version],
    log: [],
  });
}

const INFORMATION = 'Program Version}2%s%s';

/** Stands for tasmota-lite 9.2.0, with its size. */
export const practiceLite9 = (): Uint8Array =>
  practiceBuild({
    version: 0x0902_0000,
    variant: 'lite',
    core: '2_7_4_9',
    builtOn: 'Jan 21 2021',
    seed: 71,
    codeBytes: 454_656,
    texts: [INFORMATION],
  });

/** Before the first compatibility check, before gzip. */
export const practiceTasmota67 = (): Uint8Array =>
  practiceBuild({
    version: 0x0607_0100,
    variant: 'sensors',
    core: '2_3_0',
    builtOn: 'Oct 26 2019',
    seed: 72,
    codeBytes: 425_984,
    texts: [INFORMATION],
  });

/** With the compatibility check. */
export const practiceTasmota85 = (): Uint8Array =>
  practiceBuild({
    version: 0x0805_0100,
    variant: 'lite',
    core: '2_7_4_1',
    builtOn: 'Oct  2 2020',
    seed: 73,
    codeBytes: 442_368,
    texts: [INFORMATION, 'Not compatible'],
  });

const CURRENT = { version: 0x0f05_0000, core: '2_7_8', builtOn: 'Sep 10 2026' } as const;

/** The newest one, which fits beside what a plug of 1 MB runs; its Referer check is on. */
export const practiceLite15 = (): Uint8Array =>
  practiceBuild({
    ...CURRENT,
    variant: 'lite',
    seed: 74,
    codeBytes: 462_848,
    texts: [INFORMATION, 'x-ESP8266-Chip-ID'],
  });

/** The newest one with everything: fits only through a minimal build. */
export const practiceFull15 = (): Uint8Array =>
  practiceBuild({
    ...CURRENT,
    variant: 'tasmota',
    seed: 75,
    codeBytes: 589_824,
    texts: [INFORMATION, 'x-ESP8266-Chip-ID'],
  });

/** On the way to a larger one only: it keeps no settings and has no Wi-Fi page. */
export const practiceMinimal = (): Uint8Array =>
  practiceBuild({
    ...CURRENT,
    variant: 'minimal',
    seed: 76,
    codeBytes: 348_160,
    texts: [INFORMATION, 'x-ESP8266-Chip-ID'],
  });
