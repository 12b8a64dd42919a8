import CRC32 from 'crc-32';
import { joinBytes, latin1, words } from '../../bytes.ts';
import { esp8266Image, wordPadded } from '../../esp/images/image-maker.ts';
import { codeLike, Random } from '../../esp/images/random.ts';
import type { PracticeImage } from '../../virtual-device.ts';
import { SLOT_0 } from './layout.ts';
import { practicePublicKey, practiceSignature } from './signatures.ts';

/** Versions that the practice images name; those of the real ones in public at the time of writing. */
export const PRACTICE_INSTALLER_VERSION = '7.14.0';
export const PRACTICE_MAIN_VERSION = '12.18.0';
const OLD_INSTALLER_VERSION = '4.7.4';

const DOUT = 3;
const SIZE_1MB = 2;
const HEADER = { mode: DOUT, sizeId: SIZE_1MB, frequencyId: 0 } as const;
const RAM = 0x4010_0000;
const ENTRY = 0x4010_00b8;
const SECOND_FORMAT = Uint8Array.of(0xea, 4, DOUT, SIZE_1MB << 4);

interface PracticeApp {
  readonly seed: number;
  readonly codeBytes: number;
  /** What it says of itself, and by which it is told from the others. */
  readonly texts: readonly string[];
}

/**
 * An application as rboot starts it (second format of the SDK, `EA`): the part that is mapped comes first and is
 * covered by no checksum but the CRC-32 at the end; then an image of its own for the RAM (esptool, `elf2image -v 2`).
 */
function practiceApp({ seed, codeBytes, texts }: PracticeApp): Uint8Array {
  const random = new Random(seed);
  const textBytes = latin1(`\0benchflash practice image\0${texts.join('\0')}\0`);
  const mapped = joinBytes(wordPadded(practicePublicKey), codeLike(random, codeBytes));
  const padded = new Uint8Array(Math.ceil(mapped.length / 16) * 16);
  padded.set(mapped);
  const ram = esp8266Image({ ...HEADER, entry: ENTRY }, [
    { address: RAM, data: codeLike(random, 16_384) },
    { address: 0x3ffe_8000, data: wordPadded(textBytes) },
  ]);
  const app = joinBytes(SECOND_FORMAT, words(ENTRY, 0, padded.length), padded, ram);
  return joinBytes(app, words(sdkCrc(app)));
}

/** Its sign decides whether it is inverted or one is added (esptool, `esp8266_crc32`). */
function sdkCrc(bytes: Uint8Array): number {
  const crc = CRC32.buf(bytes) >>> 0;
  return (crc > 0x7fff_ffff ? ~crc : crc + 1) >>> 0;
}

const installerTexts = (version: string, form: string): readonly string[] => [
  `HAA Installer ${version}`,
  'github.com/RavenSystem/haa/releases/latest/download',
  form,
];

const practiceHaaboot = (): Uint8Array =>
  practiceApp({
    seed: 71,
    codeBytes: 98_304,
    texts: [...installerTexts(PRACTICE_INSTALLER_VERSION, '/sn'), '* OTAMAIN installed'],
  });

const practiceOtamain = (): Uint8Array =>
  practiceApp({
    seed: 72,
    codeBytes: 98_304,
    texts: [...installerTexts(PRACTICE_INSTALLER_VERSION, '/sn'), '* HAAMAIN %s installed'],
  });

const practiceHaamain = (): Uint8Array =>
  practiceApp({
    seed: 73,
    codeBytes: 196_608,
    texts: [`\nHome Accessory Architect ${PRACTICE_MAIN_VERSION}\n`],
  });

const practiceOldHaaboot = (): Uint8Array =>
  practiceApp({
    seed: 74,
    codeBytes: 98_304,
    texts: [...installerTexts(OLD_INSTALLER_VERSION, '/settings'), '* OTAMAIN installed'],
  });

/** rboot in its two sectors, the second of which (its settings) is empty, and one application behind. */
export function withRboot(app: Uint8Array): Uint8Array {
  const random = new Random(70);
  const rboot = esp8266Image({ ...HEADER, entry: 0x4010_08dc }, [
    { address: RAM, data: codeLike(random, 2292) },
    { address: 0x3ffe_8000, data: codeLike(random, 772) },
  ]);
  const whole = new Uint8Array(SLOT_0 + app.length);
  whole.set(rboot);
  whole.set(app, SLOT_0);
  return whole;
}

/** rboot and an installer, for 0x0: what brings HAA onto a plug. */
export const practiceFullHaaboot = (): Uint8Array => withRboot(practiceHaaboot());
/** The same of the generation of 2021. */
export const practiceOldFullHaaboot = (): Uint8Array => withRboot(practiceOldHaaboot());
/** A plug with HAA on it, without its settings. */
export const practiceInstalledHaa = (): Uint8Array => withRboot(practiceHaamain());

const images = [
  { name: 'otamain', title: 'practice OTAMAIN, the second installer', make: practiceOtamain },
  { name: 'haaboot', title: 'practice HAABOOT, the first installer', make: practiceHaaboot },
  { name: 'haamain', title: 'practice HAA itself', make: practiceHaamain },
] as const;

/** The files that an update server of HAA has in its folder, by name. */
export const mirrorFiles: readonly PracticeImage[] = [
  ...images.flatMap(({ name, title, make }) => [
    { file: `${name}.bin`, title, make },
    { file: `${name}.bin.sec`, title: `signature of ${name}.bin`, make: () => practiceSignature(make()) },
  ]),
  {
    file: 'otaversion',
    title: 'version of the practice installer',
    make: () => latin1(PRACTICE_INSTALLER_VERSION),
  },
  { file: 'haaversion', title: 'version of the practice HAA', make: () => latin1(PRACTICE_MAIN_VERSION) },
];

export const haaPracticeImages: readonly PracticeImage[] = [
  {
    file: 'haa-fullhaaboot.bin',
    title: 'practice rboot and HAABOOT for 1 MB, DOUT',
    flashOffset: 0x0,
    make: practiceFullHaaboot,
  },
  ...mirrorFiles.map((image) => ({ ...image, file: `haa-mirror/${image.file}` })),
  {
    file: 'haa-mirror-key.pem',
    title: 'public key by which the practice mirror is signed, in place of that of HAA',
    make: () => latin1(practiceKeyPem()),
  },
];

function practiceKeyPem(): string {
  const lines =
    Buffer.from(practicePublicKey)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return ['-----BEGIN PUBLIC KEY-----', ...lines, '-----END PUBLIC KEY-----', ''].join('\n');
}
