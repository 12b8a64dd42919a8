import { latin1 } from '../../bytes.ts';

/**
 * Files in a region of flash, as these models keep them: a mark, then name and content, each ended by a zero byte. The
 * real SPIFFS is read by nobody here; what a client may look for in a dump (JSON settings) stands in it as text.
 */
const MARK = 'practice fs\n';

export type Files = ReadonlyMap<string, string>;

/** Undefined where it is not formatted, or not by us. */
export function readFiles(region: Uint8Array): Map<string, string> | undefined {
  const text = Buffer.from(region.buffer, region.byteOffset, region.length).toString('latin1');
  if (!text.startsWith(MARK)) return undefined;
  const parts = text.slice(MARK.length).split('\0');
  const files = new Map<string, string>();
  for (let at = 0; at + 1 < parts.length; at += 2) {
    const [name = '', content = ''] = [parts[at], parts[at + 1]];
    if (!/^[\x21-\x7e]{1,50}$/.test(name)) break;
    files.set(name, content);
  }
  return files;
}

/** Text files only, of Latin-1. */
export function packFiles(files: Files): Uint8Array {
  return latin1(`${MARK}${[...files].map(([name, content]) => `${name}\0${content}\0`).join('')}`);
}

/** The region with these files in it, erased where nothing stands. */
export function filesRegion(files: Files, bytes: number): Uint8Array {
  const region = new Uint8Array(bytes).fill(0xff);
  region.set(packFiles(files));
  return region;
}
