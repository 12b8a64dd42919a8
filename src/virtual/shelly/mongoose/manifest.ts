import { z } from 'zod';
import { UpdateRefused } from './zip-stream.ts';

const PLATFORM = 'esp8266';

const partSchema = z.object({
  src: z.string(),
  cs_sha1: z.string().optional(),
  update: z.boolean().optional(),
});

export type ManifestPart = z.infer<typeof partSchema>;

export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly build_id: string;
  readonly parts: Readonly<Record<string, ManifestPart>>;
}

/** Throws UpdateRefused in the words of Mongoose OS. */
export function parseManifest(text: string): Manifest {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new UpdateRefused('Failed to parse manifest');
  }
  if (typeof value !== 'object' || value == null) throw new UpdateRefused('Failed to parse manifest');
  const { name, platform, version, build_id, parts } = value as Record<string, unknown>;
  if ([name, platform, version, build_id].some((each) => typeof each !== 'string') || parts == null)
    throw new UpdateRefused('Required manifest field missing');
  if (platform !== PLATFORM) throw new UpdateRefused('Wrong platform');
  const read = z.record(z.string(), partSchema).safeParse(parts);
  if (!read.success) throw new UpdateRefused('Invalid manifest');
  for (const kind of ['fw', 'fs'])
    if (read.data[kind] == null) throw new UpdateRefused(`Missing ${kind} part`);
  for (const { cs_sha1 } of Object.values(read.data))
    if (cs_sha1 != null && !/^[0-9a-f]{40}$/i.test(cs_sha1))
      throw new UpdateRefused('Invalid checksum format');
  return { name: String(name), version: String(version), build_id: String(build_id), parts: read.data };
}
