import { createHash } from 'node:crypto';
import { z } from 'zod';
import { sanitize } from '../core/text.ts';
import { hex, hexBytes, sha256, sizeText } from './bytes.ts';
import type { Archive, ArchiveEntry, ArchiveFault } from './mongoose-zip.ts';
import { shellyModelOfApp } from './shelly-models.ts';

export const MANIFEST_NAME = 'manifest.json';
/** Without a model in the table: the largest flash of any Shelly of the first generation, bytes. */
const LARGEST_FLASH_BYTES = 0x40_0000;
/** Texts of an archive are untrusted and get shown. */
const MAX_TEXT = 100;

const text = z
  .string()
  .min(1)
  .transform((value) => sanitize(value).slice(0, MAX_TEXT));
const address = z.number().int().nonnegative();
const partSchema = z.looseObject({
  src: z.string().optional(),
  addr: address.optional(),
  size: address.optional(),
  fill: z.number().optional(),
  cs_sha1: z.unknown().optional(),
  cs_sha256: z.unknown().optional(),
  update: z.boolean().optional(),
});
const manifestSchema = z.looseObject({
  name: text,
  platform: text,
  version: text,
  build_id: text,
  parts: z.record(z.string(), partSchema),
});

export interface ManifestPart {
  /** `boot`, `fw`, `fs`, `rboot_cfg`, `sys_params`. */
  readonly name: string;
  /** In flash; undefined where the unit's own slots tell. */
  readonly address: number | undefined;
  readonly sizeBytes: number;
  /** Undefined for an area that is only filled with one byte. */
  readonly entry: ArchiveEntry | undefined;
  /** Lower-case hex as the manifest says it. */
  readonly sha1: string | undefined;
  /** False for what a unit that runs does not replace: its boot loader. */
  readonly isUpdated: boolean;
}

export interface Manifest {
  readonly app: string;
  readonly platform: string;
  readonly version: string;
  readonly buildId: string;
  readonly entry: ArchiveEntry;
  readonly parts: readonly ManifestPart[];
}

export interface ManifestReading {
  /** Undefined when there is none that can be read. */
  readonly manifest?: Manifest;
  readonly faults: readonly ArchiveFault[];
}

/** Reads the manifest and holds it against what the archive has; the order of the faults is that of the unit. */
export function readManifest(archive: Archive): ManifestReading {
  const entry = archive.entries.find(({ name }) => name === MANIFEST_NAME);
  if (entry == null) return fault('Failed to parse manifest', 'There is no manifest.json in the archive.');
  const order: ArchiveFault[] =
    archive.entries[0] === entry
      ? []
      : [{ message: 'Invalid manifest', text: 'manifest.json is not the first entry of the archive.' }];
  const json = parseJson(entry.bytes);
  if (json == null) return fault('Failed to parse manifest', 'manifest.json is no valid JSON object.', order);
  const parsed = manifestSchema.safeParse(json);
  if (!parsed.success) {
    const field = parsed.error.issues[0]?.path.join('.') ?? '';
    return field.startsWith('parts.')
      ? fault(
          'Invalid manifest',
          `In manifest.json the field ${sanitize(field)} is not what it must be.`,
          order,
        )
      : fault('Required manifest field missing', `manifest.json lacks the field ${sanitize(field)}.`, order);
  }
  const { name, platform, version, build_id: buildId, parts } = parsed.data;
  const manifest: Manifest = {
    app: name,
    platform,
    version,
    buildId,
    entry,
    parts: Object.entries(parts).map(([part, data]) =>
      toPart(sanitize(part).slice(0, MAX_TEXT), data, archive),
    ),
  };
  return {
    manifest,
    faults: [
      ...order,
      ...checkPlatform(manifest),
      ...checkRequired(manifest),
      ...Object.entries(parts).flatMap(([part, data]) =>
        checkPart(sanitize(part).slice(0, MAX_TEXT), data, manifest),
      ),
      ...checkPlaces(manifest),
      ...checkDuplicates(archive),
    ],
  };
}

const fault = (
  message: ArchiveFault['message'],
  words: string,
  before: readonly ArchiveFault[] = [],
): ManifestReading => ({ faults: [...before, { message, text: words }] });

function parseJson(bytes: Uint8Array): unknown {
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    return typeof value === 'object' && !Array.isArray(value) ? (value ?? undefined) : undefined;
  } catch {
    return undefined;
  }
}

type PartData = z.infer<typeof partSchema>;

function toPart(name: string, data: PartData, archive: Archive): ManifestPart {
  const entry =
    data.src == null ? undefined : archive.entries.find((candidate) => candidate.name === data.src);
  return {
    name,
    address: data.addr,
    // The file system of real archives gives its size, the application leaves it to the archive.
    sizeBytes: Math.max(data.size ?? 0, entry?.bytes.length ?? 0),
    entry,
    sha1: typeof data.cs_sha1 === 'string' ? data.cs_sha1.toLowerCase() : undefined,
    isUpdated: data.update !== false,
  };
}

function checkPlatform({ platform }: Manifest): ArchiveFault[] {
  if (platform === 'esp8266') return [];
  return [{ message: 'Wrong platform', text: `The archive is for ${platform}, not for esp8266.` }];
}

function checkRequired({ parts }: Manifest): ArchiveFault[] {
  const faults: ArchiveFault[] = [];
  if (!parts.some(({ name }) => name === 'fw'))
    faults.push({
      message: 'Missing fw part',
      text: 'The manifest has no part fw: the application is missing.',
    });
  if (!parts.some(({ name }) => name === 'fs'))
    faults.push({
      message: 'Missing fs part',
      text: 'The manifest has no part fs: the file system is missing.',
    });
  return faults;
}

function checkPart(name: string, data: PartData, { parts }: Manifest): ArchiveFault[] {
  const part = parts.find((candidate) => candidate.name === name);
  if (part == null) return [];
  if (data.src == null) {
    if (data.fill != null && name !== 'fw' && name !== 'fs') return [];
    return [{ message: 'Invalid manifest', text: `The part ${name} names no file.` }];
  }
  const { entry } = part;
  const file = sanitize(data.src).slice(0, MAX_TEXT);
  if (entry == null)
    return [
      {
        message: 'Incomplete update package',
        text: `The part ${name} is to be ${file}, which the archive lacks.`,
      },
    ];
  if (entry.bytes.length === 0)
    return [{ message: 'Incomplete update package', text: `${file}, the part ${name}, is empty.` }];
  if (data.size != null && entry.bytes.length > data.size)
    return [
      {
        message: 'Image too big',
        text: `${file} has ${entry.bytes.length} bytes, but the part ${name} has room for ${data.size}.`,
      },
    ];
  return [
    ...checkHash(name, data.cs_sha1, 'sha1', entry),
    ...checkHash(name, data.cs_sha256, 'sha256', entry),
  ];
}

function checkHash(
  name: string,
  said: unknown,
  kind: 'sha1' | 'sha256',
  { bytes }: ArchiveEntry,
): ArchiveFault[] {
  const title = kind === 'sha1' ? 'SHA-1' : 'SHA-256';
  // The unit wants the SHA-1; the other is an extra of newer build tools.
  if (said === undefined && kind === 'sha256') return [];
  const digits = kind === 'sha1' ? 40 : 64;
  if (typeof said !== 'string' || said.length !== digits || !/^[0-9a-f]+$/i.test(said))
    return [
      {
        message: 'Invalid checksum format',
        text: `The ${title} of the part ${name} is not ${digits} hex digits.`,
      },
    ];
  return said.toLowerCase() === digest(kind, bytes)
    ? []
    : [{ message: 'Invalid checksum', text: `The part ${name} does not fit its ${title} in the manifest.` }];
}

/** Lower-case hex. */
export const digest = (kind: 'sha1' | 'sha256', bytes: Uint8Array): string =>
  kind === 'sha256' ? hexBytes(sha256(bytes)) : createHash('sha1').update(bytes).digest('hex');

function checkPlaces({ app, parts }: Manifest): ArchiveFault[] {
  const flashBytes = shellyModelOfApp(app)?.flashBytes ?? LARGEST_FLASH_BYTES;
  const placed = parts
    .flatMap(({ name, address: start, sizeBytes }) =>
      start == null ? [] : [{ name, start, end: start + sizeBytes }],
    )
    .toSorted((a, b) => a.start - b.start);
  const beyond = placed.find(({ end }) => end > flashBytes);
  if (beyond != null)
    return [
      {
        message: 'Image too big',
        text: `The part ${beyond.name} would end at ${hex(beyond.end)}, beyond the ${sizeText(flashBytes)} of flash.`,
      },
    ];
  for (const [index, part] of placed.entries()) {
    const next = placed[index + 1];
    if (next != null && part.end > next.start)
      return [
        {
          message: 'Invalid manifest',
          text: `The parts ${part.name} and ${next.name} overlap at ${hex(next.start)}.`,
        },
      ];
  }
  return [];
}

function checkDuplicates({ entries }: Archive): ArchiveFault[] {
  const names = entries.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  return twice == null
    ? []
    : [{ message: 'Invalid manifest', text: `The archive has two entries ${twice}.` }];
}
