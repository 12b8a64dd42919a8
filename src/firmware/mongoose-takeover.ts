import { BenchError } from '../core/errors.ts';
import { hexBytes, indexOf, putU32, sha256 } from './bytes.ts';
import { crc32 } from './esp-crc.ts';
import { parseEspImage, v2Crc, verifies } from './esp-image.ts';
import { readMongooseArchive, targetParts } from './mongoose-file.ts';
import { digest } from './mongoose-manifest.ts';
import { findTargets, putTarget, speaksOfTakeover } from './mongoose-target.ts';
import { CENTRAL_CRC_OFFSET, LOCAL_CRC_OFFSET, type ArchiveEntry } from './mongoose-zip.ts';

export interface PatchedTakeover {
  readonly bytes: Uint8Array;
  /** Of `bytes`, lower-case hex. */
  readonly sha256: string;
  /** What the intermediate would have fetched. */
  readonly was: string;
  /** What was changed, one sentence each. */
  readonly changes: readonly string[];
}

const refused = (reason: string): BenchError =>
  new BenchError('FIRMWARE_REFUSED', {
    message: `The takeover archive cannot be given another target: ${reason}.`,
  });

/**
 * A copy of a takeover archive whose intermediate firmware fetches `url` by itself. The URL is compiled in as a
 * default, or stands in the settings of the file system; every such place is changed, nothing grows or moves, and
 * checksums, SHA-1 and CRC-32 are made anew. The archives of Shelly's first generation are not signed.
 *
 * Throws FIRMWARE_REFUSED when the archive has a fault of its own, when no target or more than one is found, when the
 * firmware's checksum could not be made anew, and when `url` is too long (`mongoose.targetRoomBytes` of the inspected
 * file tells how long it may be) or no plain `http://`.
 */
export function withTakeoverUrl(zip: Uint8Array, url: string): PatchedTakeover {
  if (!/^http:\/\/[\w.-]+(?::\d{1,5})?\/[\w./-]+\.bin$/.test(url))
    throw refused(`${url} is no plain http:// URL of a .bin file`);
  const { archive, manifest, faults } = readMongooseArchive(zip);
  if (faults[0] != null || manifest == null)
    throw refused(`it has a fault: ${faults[0]?.text ?? 'no manifest'}`);
  const parts = targetParts(manifest);
  const found = parts.map((part) => ({
    part,
    bytes: part.entry?.bytes ?? new Uint8Array(),
    places: findTargets(part.entry?.bytes ?? new Uint8Array()),
  }));
  const urls = [...new Set(found.flatMap(({ places }) => places.map((place) => place.url)))];
  const [was] = urls;
  if (was == null) throw refused('no URL of a target stands alone in its firmware or its settings');
  if (urls.length > 1) throw refused(`more than one URL could be the target (${urls.join(', ')})`);
  const settings = found.find(({ part }) => part.name === 'fs');
  // The file system cuts files into pages; a URL that lies across two is not seen, and would win over the firmware's.
  if (settings != null && settings.places.length === 0 && speaksOfTakeover(settings.bytes))
    throw refused('its settings name a target that cannot be read in one piece');

  const copy = Uint8Array.from(zip);
  const changes: string[] = [];
  const hashes = new Map<string, string>();
  for (const { part, bytes, places } of found) {
    const { entry } = part;
    if (entry == null || places.length === 0) continue;
    const changed = copy.subarray(entry.dataOffset, entry.dataOffset + entry.bytes.length);
    for (const place of places) {
      if (url.length > place.roomBytes)
        throw refused(
          `${url} has ${url.length} characters, but in the part ${part.name} there is room for ${place.roomBytes}`,
        );
      putTarget(changed, place, url);
    }
    changes.push(`Part ${part.name}: ${was} became ${url}.`);
    if (part.name === 'fw' && renewChecksum(bytes, changed))
      changes.push('Part fw: its checksum was made anew.');
    for (const kind of ['sha1', 'sha256'] as const) hashes.set(digest(kind, bytes), digest(kind, changed));
    renewCrc(copy, archive.entries, entry.headerOffset);
  }
  renewHashes(copy, manifest.entry, hashes);
  renewCrc(copy, archive.entries, manifest.entry.headerOffset);
  changes.push('manifest.json: the hashes of the changed parts; the archive: their CRC-32.');
  return { bytes: copy, sha256: hexBytes(sha256(copy)), was, changes };
}

/** True when there was something to renew. Code in flash is covered by no checksum of a v2 image without CRC-32. */
function renewChecksum(before: Uint8Array, changed: Uint8Array): boolean {
  const image = parseEspImage(before);
  if (image == null) throw refused('its part fw is no ESP8266 image whose checksum could be made anew');
  if (!verifies(image)) throw refused(`its part fw does not verify: ${image.problems[0]?.text ?? ''}`);
  const after = parseEspImage(changed);
  const sum = after?.checksum;
  if (sum == null) throw refused('the place of its checksum was not found again');
  let renewed = false;
  if (sum.stored !== sum.computed) {
    changed[sum.offset] = sum.computed;
    renewed = true;
  }
  if (image.hasCrc32) {
    putU32(changed, sum.offset + 1, v2Crc(changed.subarray(0, sum.offset + 1)));
    renewed = true;
  }
  return renewed;
}

function renewHashes(copy: Uint8Array, manifest: ArchiveEntry, hashes: ReadonlyMap<string, string>): void {
  const area = copy.subarray(manifest.dataOffset, manifest.dataOffset + manifest.bytes.length);
  const lower = area.map((byte) => (byte >= 0x41 && byte <= 0x46 ? byte + 0x20 : byte));
  for (const [before, after] of hashes)
    for (let at = indexOf(lower, before); at >= 0; at = indexOf(lower, before, at + 1))
      area.set(new TextEncoder().encode(after), at);
}

function renewCrc(copy: Uint8Array, entries: readonly ArchiveEntry[], headerOffset: number): void {
  const entry = entries.find((candidate) => candidate.headerOffset === headerOffset);
  if (entry?.centralOffset == null) throw refused('an entry is missing in its directory');
  const crc = crc32(copy.subarray(entry.dataOffset, entry.dataOffset + entry.bytes.length));
  putU32(copy, entry.headerOffset + LOCAL_CRC_OFFSET, crc);
  putU32(copy, entry.centralOffset + CENTRAL_CRC_OFFSET, crc);
}
