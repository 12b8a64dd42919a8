import { hex, includes, startsWith } from './bytes.ts';
import { parseEspImage, verifies } from './esp-image.ts';
import type { Findings } from './findings.ts';
import type { FirmwareProblem, MongooseFacts } from './firmware-file.ts';
import type { Fact } from './image-report.ts';
import { MANIFEST_NAME, readManifest, type Manifest, type ManifestPart } from './mongoose-manifest.ts';
import { findTargets, speaksOfTakeover, type TargetPlace } from './mongoose-target.ts';
import { readMongooseZip, type Archive, type ArchiveFault } from './mongoose-zip.ts';
import { modelText, shellyModelOfApp } from './shelly-models.ts';

/** Stock firmware talks to servers of this domain. */
const STOCK_SIGN = 'shelly.cloud';

/** Everything that is known of an update archive; `manifest` is undefined where it cannot be read. */
export interface MongooseArchive {
  readonly archive: Archive;
  readonly manifest: Manifest | undefined;
  readonly faults: readonly ArchiveFault[];
}

export function readMongooseArchive(content: Uint8Array): MongooseArchive {
  const archive = readMongooseZip(content);
  // What comes after a fault of the archive itself was not read, and would only be missed.
  const reading =
    archive.faults.length > 0 && archive.entries.length === 0 ? undefined : readManifest(archive);
  const isCut = archive.faults.some(({ message }) => message !== 'Invalid CRC');
  return {
    archive,
    manifest: reading?.manifest,
    faults: isCut ? archive.faults : [...archive.faults, ...(reading?.faults ?? [])],
  };
}

/** Undefined when this is no zip archive with a manifest in it. */
export function describeMongooseZip(content: Uint8Array): Findings | undefined {
  if (!startsWith(content, [0x50, 0x4b, 3, 4]) || !includes(content.subarray(0, 0x2000), MANIFEST_NAME))
    return undefined;
  const { manifest, faults } = readMongooseArchive(content);
  const problems: FirmwareProblem[] = faults.map(({ message, text }) => ({
    severity: 'error',
    text: `${text} A unit would answer "${message}".`,
  }));
  if (manifest == null)
    return {
      kind: 'mongoose-zip',
      chip: undefined,
      title: 'Mongoose OS update archive that cannot be read',
      facts: [],
      problems,
      parts: [],
    };
  const fw = partOf(manifest, 'fw');
  const facts = mongooseFacts(manifest);
  const all = [...problems, ...imageProblems(fw), ...groupProblems(manifest, facts)];
  return {
    kind: 'mongoose-zip',
    chip: manifest.platform === 'esp8266' ? 'ESP8266' : undefined,
    title: titleOf(manifest, facts),
    facts: factRows(manifest, facts),
    problems: all,
    parts: [],
    mongoose: facts,
  };
}

/** The bytes of a part; none when the archive lacks it. */
export const partOf = (manifest: Manifest, name: string): ManifestPart | undefined =>
  manifest.parts.find((part) => part.name === name);

function mongooseFacts(manifest: Manifest): MongooseFacts {
  const { app, version, buildId, platform } = manifest;
  const model = shellyModelOfApp(app);
  const bootConfigOffset = partOf(manifest, 'rboot_cfg')?.address ?? model?.bootConfigOffset;
  const places = targetPlaces(manifest);
  const urls = [...new Set(places.map(({ url }) => url))];
  const role = roleOf(manifest, urls);
  return {
    app,
    version,
    buildId,
    platform,
    role,
    ...(model != null && { model }),
    ...(bootConfigOffset != null && { bootConfigOffset }),
    ...(role === 'takeover' &&
      urls.length === 1 && {
        targetUrl: urls[0],
        targetRoomBytes: Math.min(...places.map(({ roomBytes }) => roomBytes)),
      }),
  };
}

/** The parts that can hold the URL of a takeover's target. */
export const targetParts = (manifest: Manifest): ManifestPart[] =>
  ['fw', 'fs'].map((name) => partOf(manifest, name)).filter((part) => part?.entry != null) as ManifestPart[];

const targetPlaces = (manifest: Manifest): TargetPlace[] =>
  targetParts(manifest).flatMap(({ entry }) => findTargets(entry?.bytes ?? new Uint8Array()));

function roleOf(manifest: Manifest, urls: readonly string[]): MongooseFacts['role'] {
  const parts = targetParts(manifest).map(({ entry }) => entry?.bytes ?? new Uint8Array());
  if (parts.some(speaksOfTakeover)) return 'takeover';
  if (parts.some((part) => includes(part, STOCK_SIGN))) return 'stock';
  return urls.length > 0 ? 'takeover' : 'unknown';
}

function imageProblems(fw: ManifestPart | undefined): FirmwareProblem[] {
  const bytes = fw?.entry?.bytes;
  if (bytes == null) return [];
  const image = parseEspImage(bytes);
  if (image == null)
    return [
      {
        severity: 'warning',
        text: 'The part fw is no ESP8266 image that can be checked: only its SHA-1 says that it is whole.',
      },
    ];
  if (image.chip != null && image.chip.name !== 'ESP8266')
    return [{ severity: 'error', text: `The part fw is an image for ${image.chip.name}, not for ESP8266.` }];
  return verifies(image)
    ? []
    : image.problems.map((problem) => ({ ...problem, text: `Part fw: ${problem.text}` }));
}

function groupProblems({ app }: Manifest, { model, bootConfigOffset }: MongooseFacts): FirmwareProblem[] {
  if (model == null)
    return [
      {
        severity: 'warning',
        text: `No Shelly model of the first generation is known to take an archive named ${app}.`,
      },
    ];
  if (bootConfigOffset === model.bootConfigOffset || bootConfigOffset == null) return [];
  return [
    {
      severity: 'error',
      text: `The archive keeps its boot configuration at ${hex(bootConfigOffset)}, but ${model.title} has it at ${hex(model.bootConfigOffset)}: it would brick the unit.`,
    },
  ];
}

function titleOf({ app, version }: Manifest, { model, role }: MongooseFacts): string {
  const what = { takeover: 'Takeover archive', stock: 'Stock firmware', unknown: 'Mongoose OS update' }[role];
  return `${what} ${app} ${version} for ${model == null ? 'an unknown model' : modelText(model)}`;
}

const ROLE_TEXT = {
  takeover: 'takeover: an intermediate firmware that downloads the target',
  stock: 'stock firmware of Shelly',
  unknown: 'cannot be told: neither the strings of a takeover nor of stock firmware are in it',
} as const;

function factRows({ parts, platform, app, version, buildId }: Manifest, facts: MongooseFacts): Fact[] {
  const { model, bootConfigOffset, role, targetUrl, targetRoomBytes } = facts;
  return [
    { label: 'Application', value: app },
    { label: 'Version', value: version },
    { label: 'Build', value: buildId },
    { label: 'Platform', value: platform },
    { label: 'Fits', value: model == null ? 'no model that is known' : `${modelText(model)} only` },
    { label: 'Kind', value: ROLE_TEXT[role] },
    ...(bootConfigOffset == null ? [] : [{ label: 'Boot config', value: hex(bootConfigOffset) }]),
    ...(role === 'takeover'
      ? [
          {
            label: 'Target',
            value:
              targetUrl == null
                ? 'cannot be told: no URL, or more than one'
                : `${targetUrl} (another may have ${targetRoomBytes ?? 0} characters)`,
          },
        ]
      : []),
    ...parts.map(({ name, address, sizeBytes, isUpdated }) => ({
      label: `Part ${name}`,
      value: `${sizeBytes} bytes${address == null ? '' : ` at ${hex(address)}`}${isUpdated ? '' : ', not updated'}`,
    })),
  ];
}
