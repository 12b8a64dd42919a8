import { hex, latin1 } from './bytes.ts';
import { parseEspImage, verifies } from './esp-image.ts';
import type { FirmwareProblem } from './firmware-file.ts';
import { isSignedByHaa, readHaaSignature } from './haa-signature.ts';
import { recognizeProduct } from './products.ts';

/** Images of a mirror for the ESP8266, with the room each has in flash, in bytes. */
const IMAGES = [
  // Slot 1, until the HomeKit data at 0xF2000.
  { name: 'otamain.bin', roomBytes: 0xf_2000 - 0x9_1000 },
  // Slot 0, until slot 1.
  { name: 'haaboot.bin', roomBytes: 0x9_1000 - 0x2000 },
  { name: 'haamain.bin', roomBytes: 0x9_1000 - 0x2000 },
] as const;
const VERSION_FILES = ['otaversion', 'haaversion'] as const;
/** VERSIONSTRINGLEN of the installer: more is cut, and then never equal. */
const MAX_VERSION = 15;

/** Everything that a folder must hold for an installation of HAA to come to its end. */
export const HAA_MIRROR_FILES: readonly string[] = [
  ...IMAGES.flatMap(({ name }) => [name, `${name}.sec`]),
  ...VERSION_FILES,
];

export interface HaaMirror {
  /** With an error a unit would be stranded in the middle: nothing may be offered. */
  readonly problems: readonly FirmwareProblem[];
  /** Of the installer (HAABOOT, OTAMAIN), e.g. `7.14.0`. */
  readonly otaVersion: string | undefined;
  /** Of the firmware that runs at the end, e.g. `12.18.0`. */
  readonly haaVersion: string | undefined;
}

const error = (text: string): FirmwareProblem => ({ severity: 'error', text });

/**
 * Checks that a mirror is complete and of one piece: every file of every stage, each image whole, in its place, and
 * signed by HAA. `files`: content by name; others may be there. `publicKey`: PEM, for a mirror that is
 * signed by somebody else, as the devices would have to be.
 */
export function checkHaaMirror(files: ReadonlyMap<string, Uint8Array>, publicKey?: string): HaaMirror {
  const missing = HAA_MIRROR_FILES.filter((name) => !files.has(name));
  const problems: FirmwareProblem[] =
    missing.length === 0
      ? []
      : [error(`The folder lacks ${missing.join(', ')}: a unit would be stranded when it asks for it.`)];
  for (const { name, roomBytes } of IMAGES) problems.push(...checkImage(name, roomBytes, files, publicKey));
  const [otaVersion, haaVersion] = VERSION_FILES.map((name) => readVersion(files.get(name)));
  for (const [index, version] of [otaVersion, haaVersion].entries()) {
    const name = VERSION_FILES[index] ?? '';
    if (files.has(name) && version == null)
      problems.push(error(`${name} holds no version of at most ${MAX_VERSION} characters, such as 12.18.0.`));
  }
  problems.push(
    ...checkVersion(otaVersion, 'otaversion', 'otamain.bin', files),
    ...checkVersion(otaVersion, 'otaversion', 'haaboot.bin', files),
    ...checkVersion(haaVersion, 'haaversion', 'haamain.bin', files),
  );
  return { problems, otaVersion, haaVersion };
}

function checkImage(
  name: string,
  roomBytes: number,
  files: ReadonlyMap<string, Uint8Array>,
  publicKey: string | undefined,
): FirmwareProblem[] {
  const bytes = files.get(name);
  if (bytes == null) return [];
  const image = parseEspImage(bytes);
  if (image == null || image.form !== 'v2')
    return [error(`${name} is no ESP8266 application as rboot starts it (EA at 0x0).`)];
  if (!verifies(image) || !image.hasCrc32)
    return [error(`${name}: ${image.problems[0]?.text ?? 'its CRC-32 does not fit, the image is damaged.'}`)];
  if (bytes.length > roomBytes)
    return [
      error(`${name} has ${bytes.length} bytes, its place in flash holds ${hex(roomBytes)} (${roomBytes}).`),
    ];
  return checkSignature(name, bytes, files.get(`${name}.sec`), publicKey);
}

function checkSignature(
  name: string,
  bytes: Uint8Array,
  signature: Uint8Array | undefined,
  publicKey: string | undefined,
): FirmwareProblem[] {
  if (signature == null) return [];
  if (readHaaSignature(signature) == null) return [error(`${name}.sec is no signature as HAA makes them.`)];
  if (isSignedByHaa(bytes, signature, publicKey)) return [];
  return [
    error(
      `${name}.sec is not the signature of this ${name}: the unit would download it again and again. Take both from one release.`,
    ),
  ];
}

function readVersion(bytes: Uint8Array | undefined): string | undefined {
  if (bytes == null || bytes.length > 64) return undefined;
  const text = latin1(bytes).trim();
  return /^\d+(\.\d+){1,3}$/.test(text) && text.length <= MAX_VERSION ? text : undefined;
}

/** Another version text in the file than in the image: the unit would never find itself up to date. */
function checkVersion(
  version: string | undefined,
  versionName: string,
  imageName: string,
  files: ReadonlyMap<string, Uint8Array>,
): FirmwareProblem[] {
  const bytes = files.get(imageName);
  const said = bytes == null ? undefined : recognizeProduct(bytes)?.version;
  if (version == null || said == null || said === version) return [];
  return [
    error(`${versionName} says ${version}, but ${imageName} is ${said}. Take all files from one release.`),
  ];
}
